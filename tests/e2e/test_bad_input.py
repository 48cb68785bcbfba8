"""Bad input: each gets a clear message with the remedy, and what is good is served."""
import json
import os
import socket
import sqlite3
import unittest

from harness import Case, run, service


class Sources(Case):
    def test_an_empty_directory_starts_warns_and_is_ready(self):
        server = self.serve()
        self.assertTrue(any(line.get("level") == "warning" and "no resources" in line["message"]
                            for line in server.log()))
        self.assertEqual(server.ask("redis.svc.mesh.local").rcode, "NXDOMAIN")

    def test_no_directory_ends_with_1(self):
        said = self.refuse_to_serve(resources=self.folder / "nowhere")
        self.assertIn("nowhere", said)
        self.assertIn("--resources", said)

    def test_what_cannot_be_read_leaves_the_rest(self):
        self.write("good.yaml", service("redis"))
        os.mkfifo(self.resources / "pipe.yaml")
        (self.resources / "dangling.yaml").symlink_to("nowhere")
        server = self.serve()
        self.assertEqual(server.ask("redis.svc.mesh.local").rcode, "NOERROR")
        text = json.dumps(server.log())
        self.assertIn("pipe.yaml", text)
        self.assertIn("dangling.yaml", text)

    def test_cyclic_symlinks_end(self):
        self.write("a/good.yaml", service("redis"))
        (self.resources / "a" / "loop").symlink_to(self.resources)
        server = self.serve()
        self.assertEqual(server.ask("redis.svc.mesh.local").rcode, "NOERROR")
        self.assertIn("loop", json.dumps(server.log()))

    def test_a_file_of_100_mb_is_refused_by_name(self):
        self.write("good.yaml", service("redis"))
        with open(self.resources / "big.yaml", "wb") as big:
            big.truncate(100 << 20)
        server = self.serve()
        self.assertEqual(server.ask("redis.svc.mesh.local").rcode, "NOERROR")
        line = [m["message"] for m in server.log() if "big.yaml" in m["message"]][0]
        self.assertIn("limits.fileSize", line)

    def test_a_million_documents_are_refused_by_name(self):
        self.write("good.yaml", service("redis"))
        (self.resources / "many.yaml").write_text("---\na: 1\n" * 1_000_000)
        done = run("validate", self.resources)
        self.assertEqual(done.returncode, 1)
        self.assertIn("limits.documents", done.stdout)
        self.assertLess(len(done.stdout), 10_000)

    def test_two_services_with_one_name(self):
        path = self.write("a.yaml", service("redis"), service("redis"))
        done = run("validate", self.resources)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"already used at {path}:3:", done.stdout)

    def test_garbage(self):
        self.write("good.yaml", service("redis"))
        for name, content in (("nul.yaml", b"type: Mesh\0Service\n"), ("utf8.yaml", b"a: \xff\n"),
                              ("deep.yaml", b"[" * 100_000), ("tab.yaml", b"a:\n\tb: 1\n"),
                              ("anchor.yaml", b"a: &x 1\nb: *x\n"), ("dup.yaml", b"a: 1\na: 2\n"),
                              ("json.json", b'{"type": "MeshService", '), ("kind.yaml", b"kind: Pod\n")):
            (self.resources / name).write_bytes(content)
        server = self.serve()
        self.assertEqual(server.ask("redis.svc.mesh.local").rcode, "NOERROR")
        text = json.dumps(server.log())
        for name in ("nul", "utf8", "deep", "tab", "anchor", "dup", "json", "kind"):
            self.assertIn(f"{name}.", text, name)


class State(Case):
    def test_a_state_file_of_another_version(self):
        self.write("a.yaml", service("redis"))
        self.serve().stop()
        with sqlite3.connect(self.folder / "state.db") as database:
            database.execute("PRAGMA user_version = 99")
        database.close()
        said = self.refuse_to_serve()
        for text in ("state.db", "99", "--reset-state"):
            self.assertIn(text, said)

    def test_a_damaged_state_file_is_set_aside_only_on_demand(self):
        self.write("a.yaml", service("redis"))
        (self.folder / "state.db").write_bytes(b"not a database" * 1000)
        self.assertIn("--reset-state", self.refuse_to_serve())
        self.assertTrue((self.folder / "state.db").read_bytes().startswith(b"not a"))
        self.serve("--reset-state")
        aside = list(self.folder.glob("state.db.corrupt-*"))
        self.assertEqual([p.read_bytes()[:5] for p in aside], [b"not a"])

    def test_an_empty_state_file(self):
        self.write("a.yaml", service("redis"))
        state = self.folder / "state.db"
        state.touch()
        server = self.serve()
        self.assertEqual([line["level"] for line in server.logged("state file is empty")], ["warning"])
        self.assertEqual(server.logged("state file is empty")[0]["state"], str(state))
        server.stop()
        again = self.serve()  # now it isn't
        self.assertEqual(again.logged("state file is empty"), [])
        again.stop()
        state.unlink()
        self.assertEqual(self.serve().logged("state file is empty"), [])

    def test_a_second_instance_on_the_same_state(self):
        self.write("a.yaml", service("redis"))
        first = self.serve()
        self.assertIn(str(first.process.pid), self.refuse_to_serve())

    def test_a_state_in_a_folder_that_cannot_be_entered(self):
        loop = self.folder / "loop"
        loop.symlink_to(loop)  # which nobody can enter, not even root
        self.write("a.yaml", service("redis"))
        said = "can't be looked at"
        self.assertIn(said, self.refuse_to_serve("--state", str(loop / "state.db")))
        for command in ("render", "plan"):
            done = run(command, "--state", loop / "state.db", self.resources)
            self.assertEqual(done.returncode, 1)
            self.assertIn(said, done.stderr)

    def test_a_state_that_is_a_directory(self):
        self.write("a.yaml", service("redis"))
        (self.folder / "state.db").mkdir()
        self.assertIn("state.db", self.refuse_to_serve())


class Addresses(Case):
    def test_a_port_in_use(self):
        self.write("a.yaml", service("redis"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            said = self.refuse_to_serve("--listen", f"127.0.0.1:{port}")
        self.assertIn(f"127.0.0.1:{port}", said)
        self.assertIn("in use", said)

    def test_an_instance_that_already_serves_the_port(self):
        self.write("a.yaml", service("redis"))
        first = self.serve()
        said = self.refuse_to_serve("--listen", f"127.0.0.1:{first.port}", "--state",
                                    str(self.folder / "other.db"))
        self.assertIn("in use", said)

    def test_an_address_that_is_not_ours(self):
        self.write("a.yaml", service("redis"))
        said = self.refuse_to_serve("--listen", "192.0.2.1:15053")
        self.assertIn("192.0.2.1", said)

    def test_a_pool_without_usable_addresses(self):
        self.write("a.yaml", service("redis"))
        said = self.refuse_to_serve(env={"MESH_DNS_VIP_MESH_SERVICE": "241.0.0.1/32"})
        self.assertIn("241.0.0.1/32", said)

    def test_an_exhausted_pool_leaves_the_others_served(self):
        self.write("a.yaml", *[service(f"s{i}") for i in range(4)])
        server = self.serve(env={"MESH_DNS_VIP_MESH_SERVICE": "241.0.0.0/30"})
        served = [server.addresses(f"s{i}.svc.mesh.local") for i in range(4)]
        self.assertEqual(sorted(len(s) for s in served), [0, 0, 1, 1])
        self.assertIn("241.0.0.0/30", json.dumps(server.log()))


if __name__ == "__main__":
    unittest.main()
