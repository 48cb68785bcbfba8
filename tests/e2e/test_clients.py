"""What the resolvers of the languages make of the answers, each where it is on the machine."""
import os
import pathlib
import shutil
import subprocess
import unittest

from harness import DEADLINE, Case, service

CLIENTS = pathlib.Path(__file__).resolve().parent / "clients"
NAME = "redis.svc.mesh.local"


class Clients(Case):
    def start(self):
        self.write("a.yaml", service("redis"))
        server = self.serve()
        return server, server.addresses(NAME)[0]

    def run_client(self, *command, **options):
        if not shutil.which(command[0]):
            self.skipTest(f"{command[0]} is not on this machine")
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True,
                              timeout=10 * DEADLINE, **options)
        return done.stdout.splitlines() + done.stderr.splitlines()

    def test_go(self):
        server, vip = self.start()
        for network in ("udp", "tcp"):
            self.assertEqual(
                self.run_client("go", "run", CLIENTS / "resolve.go", server.port, network,
                                env={"HOME": str(self.folder)} | os.environ | {"GO111MODULE": "off"}),
                [f"A {vip}", f"SRV {NAME}. 6379 true", f"PTR {NAME}. true", "NXDOMAIN true"])

    def test_node(self):
        server, vip = self.start()
        self.assertEqual(self.run_client("node", CLIENTS / "resolve.js", server.port),
                         [f"A {vip}", f"SRV {NAME} 6379", f"PTR {NAME}", "NODATA ENODATA",
                          "NXDOMAIN ENOTFOUND"])

    def test_java(self):
        server, vip = self.start()
        self.assertEqual(self.run_client("java", CLIENTS / "Resolve.java", server.port),
                         [f"A {vip}", f"SRV 0 100 6379 {NAME}.", "NXDOMAIN"])


if __name__ == "__main__":
    unittest.main()
