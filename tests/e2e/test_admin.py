"""The admin server: probes, metrics, and what it lives with."""
import socket
import unittest

from harness import Case, service


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
        metrics = dict(line.split() for line in server.admin("/metrics")[1].splitlines()
                       if not line.startswith("#"))
        self.assertEqual(metrics["mesh_dns_udp_queries_total"], "5")
        self.assertEqual(metrics["mesh_dns_names"], "1")
        self.assertEqual(metrics["mesh_dns_table_age_seconds"], "0")

    def test_an_address_that_is_taken_keeps_no_name_from_being_served(self):
        first = self.serve()
        second = self.serve("--admin", f"127.0.0.1:{self.port(first)}",
                            "--state", str(self.folder / "second.db"))
        self.assertTrue(second.addresses("redis.svc.mesh.local"))
        second.wait_for("there is no admin server")

    def test_what_is_no_request(self):
        server = self.serve()
        self.assertEqual(self.raw(server, b"hello\r\n\r\n"), "")
        self.assertEqual(self.raw(server, b"GET / HTTP/1.1\r\nX: " + b"y" * 20000), "")
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
