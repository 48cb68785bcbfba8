"""mesh-dns as the only nameserver of a host, as the stub resolvers of C, Go, Java and Node see it.

All of it runs in a network and mount namespace, where mesh-dns has port 53 and resolv.conf is ours.
"""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

from harness import DEADLINE, Case, generator, service
from upstream import Upstream

CLIENTS = pathlib.Path(__file__).resolve().parent / "clients"
RESOLV_CONF = "MESH_DNS_TEST_RESOLV_CONF"
OWN, ELSEWHERE = "redis.svc.mesh.local", "www.example.org"
BIG = 60


def script(question):
    if question.name == f"{ELSEWHERE}.":
        return question.address("192.0.2.80") if question.qtype == "A" else question.soa()
    if question.name == "big.example.org.":
        if question.qtype != "A":
            return question.soa()
        if not question.tcp:
            return question.reply(flags=0x8380)
        return question.reply(*((None, "A", 60, f"192.0.2.{i}") for i in range(BIG)))
    return question.soa("NXDOMAIN")


def compiled(folder, compiler, *flags):
    program = folder / compiler
    subprocess.run([compiler, *flags, "-o", program, CLIENTS / "lookup.c"], check=True)
    return [program]


def go_program(folder):
    program = folder / "lookup-go"
    subprocess.run(["go", "build", "-o", program, CLIENTS / "lookup.go"], check=True,
                   env={**os.environ, "HOME": str(folder), "GO111MODULE": "off", "CGO_ENABLED": "0"})
    return [program]


def java_program(folder):
    subprocess.run(["javac", "-d", folder, CLIENTS / "Lookup.java"], check=True)
    return ["java", "-cp", folder, "Lookup"]


STUBS = {
    "glibc": ("cc", lambda folder: compiled(folder, "cc")),
    "musl": ("musl-gcc", lambda folder: compiled(folder, "musl-gcc", "-static")),
    "go": ("go", go_program),
    "java": ("javac", java_program),
    "node": ("node", lambda folder: ["node", CLIENTS / "lookup.js"]),
}


class OnlyNameserver(Case):
    programs = {}

    @classmethod
    def setUpClass(cls):
        cls.programs_folder = tempfile.TemporaryDirectory(prefix="mesh-dns-clients-")
        cls.addClassCleanup(cls.programs_folder.cleanup)

    def setUp(self):
        super().setUp()
        self.upstream = Upstream(script)
        self.addCleanup(self.upstream.stop)
        self.write("a.yaml", service("redis"),
                   generator("local", "{{ .DisplayName }}.svc.mesh.local"))
        self.server = self.serve("--listen", "127.0.0.1:53", settings=(
            f'log: {{format: json}}\nupstream: {{servers: ["{self.upstream.text}"], timeout: 60s}}\n'))
        self.vip = self.server.addresses(OWN)[0]
        self.resolv_conf()

    def resolv_conf(self, *lines):
        pathlib.Path(os.environ[RESOLV_CONF]).write_text("\n".join(["nameserver 127.0.0.1", *lines, ""]))

    def lookup(self, stub, *names):
        program, make = STUBS[stub]
        if not shutil.which(program):
            self.skipTest(f"{program} is not on this machine")
        if stub not in self.programs:
            folder = pathlib.Path(self.programs_folder.name) / stub
            folder.mkdir()
            self.programs[stub] = make(folder)
        command = self.programs[stub]
        done = subprocess.run([*command, *names], capture_output=True, text=True,
                              timeout=10 * DEADLINE)
        return [sorted(line.split()) for line in done.stdout.splitlines()]

    def finds_all(self, stub, big=True):
        names = [OWN, "REDIS.svc.mesh.local", ELSEWHERE, "nope.svc.mesh.local", "nope.example.org"]
        self.assertEqual(self.lookup(stub, *names),
                         [[self.vip], [self.vip], ["192.0.2.80"], ["none"], ["none"]])
        if big:
            self.assertEqual(len(self.lookup(stub, "big.example.org")[0]), BIG)

    def test_glibc(self):
        self.finds_all("glibc")

    def test_musl(self):
        # It has no TCP (before 1.2.4), so it can't have the large answer.
        self.finds_all("musl", big=False)

    def test_go(self):
        self.finds_all("go")

    def test_java(self):
        self.finds_all("java")

    def test_node(self):
        self.finds_all("node")

    def test_glibc_with_its_options(self):
        for option in ("single-request", "single-request-reopen", "use-vc", "edns0", "rotate",
                       "no-aaaa", "trust-ad"):
            with self.subTest(option):
                self.resolv_conf(f"options {option}")
                self.finds_all("glibc")

    def test_glibc_finds_the_name_of_a_vip(self):
        for address, name in ((self.vip, OWN), ("241.255.255.254", "")):
            done = subprocess.run(["getent", "hosts", address], capture_output=True, text=True,
                                  timeout=DEADLINE)
            self.assertEqual(done.stdout.split()[1:], [name] if name else [])

    def test_a_search_list_finds_both_sorts_of_names(self):
        self.resolv_conf("search a.example.net svc.mesh.local example.org", "options ndots:5")
        for stub in ("glibc", "musl", "go"):
            with self.subTest(stub):
                self.assertEqual(self.lookup(stub, "redis", "www", OWN, "nope"),
                                 [[self.vip], ["192.0.2.80"], [self.vip], ["none"]])

    def test_names_of_the_mesh_need_no_upstream(self):
        self.upstream.script = lambda _: None
        for stub in ("glibc", "musl", "go"):
            with self.subTest(stub):
                self.assertEqual(self.lookup(stub, OWN), [[self.vip]])
        self.assertEqual(self.upstream.names(), [])

    def test_one_lookup_is_two_questions(self):
        self.assertEqual(self.lookup("glibc", f"{ELSEWHERE}."), [["192.0.2.80"]])
        self.assertEqual(sorted(q.qtype for q in self.upstream.seen), ["A", "AAAA"])
        self.lookup("glibc", f"{ELSEWHERE}.")
        self.assertEqual(len(self.upstream.seen), 2, "the second came from the cache")

    def test_curl_prefers_ipv6_and_falls_back_to_ipv4(self):
        if not shutil.which("curl"):
            self.skipTest("curl is not on this machine")
        self.server.stop()
        self.server = self.serve("--listen", "127.0.0.1:53", settings=(
            'log: {format: json}\nvip: {meshService: [241.0.0.0/8, "fd00:241::/64"]}\n'))
        listeners = {}
        for qtype, family in (("AAAA", socket.AF_INET6), ("A", socket.AF_INET)):
            vip = self.server.addresses(OWN, qtype)[0]
            subprocess.run(["ip", "address", "add", vip, "dev", "lo", *(
                ["nodad"] if family == socket.AF_INET6 else [])], check=True)
            listener = socket.socket(family)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((vip, 6379))
            listener.listen()
            self.addCleanup(listener.close)
            listeners[vip] = listener
        for vip, listener in listeners.items():
            curl = subprocess.Popen(
                ["curl", "-s", "-o", "/dev/null", "-w", "%{remote_ip}", f"http://{OWN}:6379/"],
                stdout=subprocess.PIPE, text=True)
            listener.settimeout(DEADLINE)
            stream, _ = listener.accept()
            with stream:
                stream.recv(4096)
                stream.sendall(b"HTTP/1.0 204 No Content\r\n\r\n")
            self.assertEqual(curl.communicate(timeout=DEADLINE)[0].strip("[]"), vip)
            listener.close()

    def test_java_without_a_cache_of_its_own_sees_a_name_move(self):
        if not shutil.which("javac"):
            self.skipTest("javac is not on this machine")
        def owner(name):
            self.write("b.yaml", generator("app", "app.mesh.test", {"front": "yes"}),
                       *(service(s, labels={"front": "yes" if s == name else "no"})
                         for s in ("blue", "green")))
            return self.server.wait_for_addresses(
                "app.mesh.test", self.server.wait_for_addresses(f"{name}.svc.mesh.local"))[0]
        first = owner("blue")
        program = java_program(self.folder)
        java = subprocess.Popen([*program[:1], "-Dsun.net.inetaddr.ttl=0", *program[1:], "-"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        def ask():
            java.stdin.write("app.mesh.test\n")
            java.stdin.flush()
            return java.stdout.readline().split()
        self.assertEqual(ask(), [first])
        second = owner("green")
        self.assertNotEqual(first, second)
        self.assertEqual(ask(), [second])
        java.communicate(timeout=DEADLINE)


def main():
    if RESOLV_CONF in os.environ:
        return unittest.main()
    unshare = ["unshare", "--net", "--mount"]
    if not shutil.which("ip") or subprocess.run([*unshare, "true"], capture_output=True,
                                                check=False).returncode != 0:
        print("namespaces can't be made here")
        return sys.exit(77)
    with tempfile.NamedTemporaryFile(prefix="resolv-", suffix=".conf") as conf:
        done = subprocess.run(
            [*unshare, "sh", CLIENTS / "namespace.sh", conf.name, sys.executable, __file__,
             *sys.argv[1:]],
            env={**os.environ, RESOLV_CONF: conf.name}, check=False)
        return sys.exit(done.returncode)


if __name__ == "__main__":
    main()
