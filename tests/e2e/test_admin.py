"""The admin server: probes, metrics, and what it lives with."""
import json
import signal
import socket
import time
import unittest

from harness import DEADLINE, Case, run, service


class Admin(Case):
    def setUp(self):
        super().setUp()
        self.write("a.yaml", service("redis"))

    def port(self, server):
        return int(server.wait_for("admin server")["port"])

    def raw(self, server, octets):
        with socket.create_connection(("127.0.0.1", self.port(server)), 20) as stream:
            answer = b""
            try:
                stream.sendall(octets)
                while more := stream.recv(65536):
                    answer += more
            except ConnectionError:
                pass  # closed on us, as it may be
            return answer.decode()

    def test_pages(self):
        server = self.serve()
        self.assertEqual(server.admin("/healthz"), (200, "ok\n"))
        self.assertEqual(server.admin("/readyz?verbose"), (200, "ready\n"))
        self.assertEqual(server.admin("/nope")[0], 404)
        self.assertEqual(server.admin("/readyz", "HEAD"), (200, ""))
        self.assertEqual(server.admin("/readyz", "POST")[0], 405)

    def test_metrics_count(self):
        server = self.serve()
        for _ in range(5):
            server.ask("redis.svc.mesh.local")
        server.ask("nope.svc.mesh.local", "AAAA", tcp=True)
        metrics = server.metrics()
        self.assertEqual(metrics['mesh_dns_queries_total{transport="udp",qtype="A"}'], "5")
        self.assertEqual(metrics['mesh_dns_queries_total{transport="tcp",qtype="AAAA"}'], "1")
        self.assertEqual(metrics['mesh_dns_replies_total{source="mesh",rcode="NXDOMAIN"}'], "1")
        self.assertEqual(metrics['mesh_dns_reply_duration_seconds_count{source="mesh"}'], "6")
        self.assertEqual(metrics["mesh_dns_hostnames"], "1")
        self.assertEqual(metrics["mesh_dns_table_age_seconds"], "0")

    def test_status(self):
        self.write("broken.yaml", "type: MeshService\nmesh: default\nname: broken\nspec: {ports: 5}\n")
        server = self.serve()
        server.ask("redis.svc.mesh.local")
        status = json.loads(server.admin("/status")[1])
        self.assertEqual(status["table"]["names"], 1)
        self.assertTrue(status["table"]["confirmed"])
        self.assertEqual(status["queries"]["bySource"]["mesh"], 1)
        self.assertEqual(status["sources"][0]["figures"]["files"], 2)
        self.assertIn("spec.ports", [problem["path"] for problem in status["problems"]])
        pools = {pool["pool"]: pool["used"] for pool in status["pools"]}
        self.assertEqual(pools["241.0.0.0/8"], 1)

    def test_the_status_command(self):
        server = self.serve()
        address = f"127.0.0.1:{self.port(server)}"
        done = run("status", "--admin", address)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^mesh-dns \S+, up for \d+ s: ready\n")
        self.assertIn("1 hostname of 1 service,", done.stdout)
        done = run("status", "-o", "json", env={"MESH_DNS_ADMIN": address})
        self.assertEqual(json.loads(done.stdout)["table"]["names"], 1)

    def test_the_status_command_at_a_unix_socket(self):
        path = f"unix:{self.folder}/admin.sock"
        self.serve("--admin", path).wait_for("admin server")
        self.assertIn(": ready", run("status", "--admin", path).stdout)

    def test_the_status_command_where_nobody_is(self):
        with socket.socket() as other:  # bound, and not listening
            other.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{other.getsockname()[1]}"
            done = run("status", "--admin", address)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(f"no instance answers at {address}", done.stderr)
        for admin, said in (("off", "admin is off"), (f"unix:{self.folder}/no.sock", "No such file"),
                            ("unix:" + "x" * 200, "too long")):
            done = run("status", "--admin", admin)
            self.assertEqual(done.returncode, 1)
            self.assertIn(said, done.stderr)

    def test_the_status_command_where_somebody_hangs(self):
        server = self.serve()
        address = f"127.0.0.1:{self.port(server)}"
        server.signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            done = run("status", "--admin", address)
            took = time.monotonic() - began
        finally:
            server.signal(signal.SIGCONT)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(f"mesh-dns: what listens at {address} doesn't answer within 5 s", done.stderr)
        self.assertNotIn("is it running", done.stderr)
        self.assertTrue(4 < took < DEADLINE, took)

    def test_a_name_that_was_led_here_is_told_nothing(self):
        server = self.serve()
        for host, code in (("rebind.example.org", 421), ("localhost:15056", 200), ("[::1]", 200)):
            request = f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n"
            self.assertIn(f"HTTP/1.1 {code} ", self.raw(server, request.encode()))
        self.assertIn("HTTP/1.1 200 ", self.raw(server, b"GET /healthz HTTP/1.0\r\n\r\n"))

    def test_the_page_of_a_name(self):
        server = self.serve()
        code, html = server.admin("/?explain=redis.svc.mesh.local")
        self.assertEqual(code, 200)
        address = server.addresses("redis.svc.mesh.local")[0]
        self.assertIn(f"redis.svc.mesh.local is {address}\n", html)
        self.assertIn("There is no such resource", server.admin("/?explain=hg/nope")[1])

    def test_a_unix_socket(self):
        path = self.folder / "admin.sock"
        stale = socket.socket(socket.AF_UNIX)
        stale.bind(str(path))  # as a process that was killed leaves it
        stale.close()
        server = self.serve("--admin", f"unix:{path}")
        server.wait_for("admin server")
        self.assertEqual(path.stat().st_mode & 0o777, 0o660)
        with socket.socket(socket.AF_UNIX) as stream:
            stream.connect(str(path))
            stream.sendall(b"GET /healthz HTTP/1.1\r\nHost: whatever\r\n\r\n")
            answer = b""
            while more := stream.recv(4096):
                answer += more
        self.assertTrue(answer.endswith(b"ok\n"), answer)
        server.stop()
        self.assertFalse(path.exists())

    def test_a_file_that_is_no_socket_is_left_alone(self):
        path = self.folder / "admin.sock"
        path.write_text("precious")
        server = self.serve("--admin", f"unix:{path}")
        server.wait_for("there is no admin server")
        self.assertEqual(path.read_text(), "precious")

    def test_off(self):
        server = self.serve("--admin", "off")
        self.assertTrue(server.addresses("redis.svc.mesh.local"))
        self.assertFalse(server.logged("admin server"))

    def test_an_address_that_is_taken_keeps_no_name_from_being_served(self):
        first = self.serve()
        second = self.serve("--admin", f"127.0.0.1:{self.port(first)}",
                            "--state", str(self.folder / "second.db"))
        self.assertTrue(second.addresses("redis.svc.mesh.local"))
        second.wait_for("there is no admin server")

    def test_what_is_no_request(self):
        server = self.serve()
        self.assertRegex(self.raw(server, b"hello\r\n\r\n"), "^HTTP/1.1 400 ")
        self.assertRegex(self.raw(server, b"GET / HTTP/1.1\r\nX: " + b"y" * 20000), "^HTTP/1.1 431 ")
        self.assertEqual(self.raw(server, b"GET /healthz HTTP/1.1\r\n"), "")  # silent
        self.assertEqual(server.admin("/healthz"), (200, "ok\n"))

    def test_whoever_holds_connections_open_keeps_nobody_out(self):
        server = self.serve()
        held = [socket.create_connection(("127.0.0.1", self.port(server))) for _ in range(100)]
        self.assertEqual(server.admin("/healthz"), (200, "ok\n"))
        for stream in held:
            stream.close()


if __name__ == "__main__":
    unittest.main()
