"""Queries as the log and dnstap tell them."""
import os
import shutil
import subprocess
import time
import unittest

from harness import DEADLINE, Case, Load, free_port, service, wait_until
from upstream import Upstream, answer


def answered(server):
    try:
        return server.ask("redis.svc.mesh.local", timeout=0.2).rcode == "NOERROR"
    except OSError:
        return False


class Queries(Case):
    def setUp(self):
        super().setUp()
        self.write("a.yaml", service("redis"))

    def lines(self, server, count):
        wait_until(lambda: len(server.logged("query")) >= count, f"{count} queries in the log")
        return [line for line in server.log() if line.get("message") == "query"]

    def test_off_by_default(self):
        server = self.serve()
        server.ask("redis.svc.mesh.local")
        self.assertEqual(server.stop(), 0)
        self.assertEqual(server.logged("query"), [])

    def test_each_with_what_it_was(self):
        server = self.serve(settings="log: {format: json, queries: on}\n")
        server.ask("REDIS.svc.mesh.local")
        server.ask("nope.svc.mesh.local", "AAAA", tcp=True)
        first, second = self.lines(server, 2)
        self.assertEqual((first["qname"], first["qtype"], first["rcode"], first["source"],
                          first["transport"]), ("redis.svc.mesh.local.", "A", "NOERROR", "mesh", "udp"))
        self.assertRegex(first["client"], r"^127\.0\.0\.1:\d+$")
        self.assertRegex(first["us"], r"^\d+$")
        self.assertEqual((second["qtype"], second["rcode"], second["transport"]),
                         ("AAAA", "NXDOMAIN", "tcp"))

    def test_the_slow_ones(self):
        def slow(question):
            time.sleep(2)
            return answer(question)
        upstream = Upstream(slow)
        self.addCleanup(upstream.stop)
        server = self.serve(settings="log: {format: json, queries: 1900ms}\n"
                                     f"upstream: {{servers: ['{upstream.text}'], timeout: 60s}}\n")
        server.ask("redis.svc.mesh.local")
        server.ask("www.example.org")
        server.ask("www.example.org")  # from the cache
        server.ask("later.example.org")
        lines = self.lines(server, 2)
        self.assertEqual([line["qname"] for line in lines],
                         ["www.example.org.", "later.example.org."])
        self.assertEqual(lines[0]["source"], "upstream")
        self.assertGreaterEqual(int(lines[0]["us"]), 1_900_000)

    def test_one_of_ten(self):
        server = self.serve(settings="workers: 1\nlog: {format: json, queries: 1/10}\n")
        for _ in range(100):
            server.ask("redis.svc.mesh.local")
        server.stop()
        self.assertEqual(len(server.logged("query")), 10)

    def test_a_log_that_nobody_reads_holds_up_no_answer(self):
        port = free_port()
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        server = self.serve("--listen", f"127.0.0.1:{port}", wait=False, stderr=writing,
                            settings="log: {format: json, queries: on}\n")
        os.close(writing)
        server.port = port
        wait_until(lambda: answered(server), "the first answer")
        load = Load(server, "redis.svc.mesh.local", lambda reply: reply.rcode == "NOERROR", 2000)
        # A line has 150 octets, a pipe holds 64 KiB.
        wait_until(lambda: load.sent >= 3000, "3,000 queries sent")
        load.stop()
        self.assertEqual((load.received, load.wrong), (load.sent, []))
        server.kill()


@unittest.skipUnless(shutil.which("fstrm_capture") and shutil.which("dnstap-read"),
                     "needs fstrm_capture and dnstap-read")
class Dnstap(Case):
    def capture(self):
        captured = self.folder / "captured"
        process = subprocess.Popen(
            ["fstrm_capture", "-t", "protobuf:dnstap.Dnstap", "-u", str(self.folder / "tap.sock"),
             "-w", str(captured)], stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, captured

    def read(self, process, captured):
        process.terminate()
        process.wait(DEADLINE)
        done = subprocess.run(["dnstap-read", str(captured)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def serve_tapped(self):
        self.write("a.yaml", service("redis"))
        return self.serve(settings="log: {format: json}\nworkers: 1\n"  # each has a queue of its own
                                   f"dnstap: {{socket: {self.folder}/tap.sock, identity: web-1}}\n")

    def test_queries_and_replies(self):
        process, captured = self.capture()
        wait_until((self.folder / "tap.sock").exists, "the collector's socket")
        server = self.serve_tapped()
        server.ask("redis.svc.mesh.local")
        server.ask("nope.svc.mesh.local", "AAAA", tcp=True)
        self.assertEqual(server.stop(), 0)  # sends what waits
        told = self.read(process, captured)
        self.assertEqual(len(told), 4, told)
        self.assertRegex(told[0], r" CQ .*UDP .*redis\.svc\.mesh\.local/IN/A$")
        self.assertRegex(told[1], r" CR .*UDP .*redis\.svc\.mesh\.local/IN/A$")
        self.assertRegex(told[3], r" CR .*TCP .*nope\.svc\.mesh\.local/IN/AAAA$")

    def test_a_collector_that_comes_later(self):
        server = self.serve_tapped()
        server.ask("redis.svc.mesh.local")
        process, captured = self.capture()

        def told():
            server.ask("redis.svc.mesh.local")
            return captured.exists() and captured.stat().st_size > 1000
        wait_until(told, "something captured")
        server.stop()
        self.assertTrue(self.read(process, captured))


if __name__ == "__main__":
    unittest.main()
