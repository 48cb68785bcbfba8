"""Real servers on both sides: as our upstream, and as a client that forwards to us."""
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from harness import DEADLINE, Case, Reply, encode_query, free_port, service, wait_until
from upstream import Upstream

BIG = 100  # addresses: too many for a datagram
ZONE = {
    "www.example.org.": ("A", ["192.0.2.80"]),
    "v6.example.org.": ("AAAA", ["2001:db8::80"]),
    "alias.example.org.": ("CNAME", ["www.example.org."]),
    "big.example.org.": ("A", [f"192.0.2.{i}" for i in range(BIG)]),
    "text.example.org.": ("TXT", ['"some text"']),
}


def records():
    return [(name, rtype, rdata) for name, (rtype, all_) in ZONE.items() for rdata in all_]


def unbound(folder, port, forward):
    lines = ["server:", f"  interface: 127.0.0.1@{port}", "  do-daemonize: no", "  use-syslog: no",
             "  chroot: ''", "  username: ''", f"  directory: '{folder}'", "  pidfile: ''",
             "  module-config: iterator", "  do-not-query-localhost: no", "  num-threads: 1",
             "  use-caps-for-id: yes", "  do-ip6: no", "  local-zone: 241.in-addr.arpa transparent"]
    if forward:
        lines += ["forward-zone:", "  name: .", f"  forward-addr: 127.0.0.1@{forward}"]
    else:
        lines += ["  local-zone: example.org static",
                  "  local-data: 'example.org. 60 SOA ns.example.org. root.example.org. 1 2 3 4 60'"]
        lines += [f"  local-data: '{name} 60 {rtype} {rdata}'" for name, rtype, rdata in records()]
    (folder / "unbound.conf").write_text("\n".join(lines) + "\n")
    return ["unbound", "-d", "-c", folder / "unbound.conf"]


def dnsmasq(folder, port, forward):
    lines = [f"port={port}", "listen-address=127.0.0.1", "bind-interfaces", "no-resolv", "no-hosts",
             "keep-in-foreground", "log-facility=-", "local-ttl=60", f"pid-file={folder}/pid", "user="]
    if forward:
        lines += [f"server=127.0.0.1#{forward}"]
    else:
        lines += ["local=/example.org/"]
        for name, rtype, rdata in records():
            name = name.rstrip(".")
            if rtype in ("A", "AAAA"):
                lines.append(f"host-record={name},{rdata}")
            else:
                key = {"CNAME": "cname", "TXT": "txt-record"}[rtype]
                lines.append(f"{key}={name},{rdata.rstrip('.')}")
    (folder / "dnsmasq.conf").write_text("\n".join(lines) + "\n")
    return ["dnsmasq", "-C", folder / "dnsmasq.conf"]


def named(folder, port, forward):
    options = (f'options {{ directory "{folder}"; listen-on port {port} {{ 127.0.0.1; }}; '
               'listen-on-v6 { none; }; pid-file none; session-keyfile none; '
               'managed-keys-directory "."; dnssec-validation no; minimal-responses no; '
               'empty-zones-enable no; ')
    if forward:
        options += f"forward only; forwarders {{ 127.0.0.1 port {forward}; }}; }};\n"
    else:
        options += ('recursion yes; };\nzone "example.org" { type primary; file "zone"; };\n'
                    'zone "." { type primary; file "root"; };\n')
    soa = "$TTL 60\n@ SOA ns.example.org. root.example.org. 1 2 3 4 60\n@ NS ns.example.org.\n"
    text = soa + "ns.example.org. A 192.0.2.53\n"
    text += "".join(f"{name} {rtype} {rdata}\n" for name, rtype, rdata in records())
    (folder / "zone").write_text(text)
    (folder / "root").write_text(soa)
    (folder / "named.conf").write_text(options + "controls { };\n")
    return ["named", "-g", "-c", folder / "named.conf"]


PEERS = {"unbound": unbound, "dnsmasq": dnsmasq, "named": named}


def ask(port, name, qtype="A", tcp=False):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.connect(("127.0.0.1", port))
        sock.send(encode_query(name, qtype))
        return Reply(sock.recv(65535))


class Peers(Case):
    def peer(self, name, forward=None):
        if not shutil.which(name):
            self.skipTest(f"{name} is not on this machine")
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        port = free_port()
        self.log_path = folder / "log"
        with open(self.log_path, "wb") as log:
            process = subprocess.Popen(list(map(str, PEERS[name](folder, port, forward))), stdout=log,
                                       stderr=log, stdin=subprocess.DEVNULL)
        def end():
            process.send_signal(signal.SIGTERM)
            process.wait(DEADLINE)
        self.addCleanup(end)
        def answers():
            if process.poll() is not None:
                raise AssertionError(f"{name} ended:\n" + self.log_path.read_text())
            try:
                return ask(port, "www.example.org").addresses()
            except OSError:
                return None
        wait_until(answers, f"{name} to answer")
        return port

    def dig(self, port, *arguments):
        """The sections of the answer as sorted lines, and its status."""
        done = subprocess.run(
            ["dig", "@127.0.0.1", "-p", str(port), "+time=5", "+tries=2", "+noadditional",
             "+nocookie", *arguments], capture_output=True, text=True, timeout=DEADLINE)
        status = re.search(r"status: (\w+)", done.stdout)
        lines = [re.sub(r"\s+\d+\s+in\s+", "\tin\t", line.lower())
                 for line in done.stdout.splitlines() if line and not line.startswith(";")]
        return status and status[1], sorted(lines)

    def as_upstream(self, name):
        peer = self.peer(name)
        self.write("a.yaml", service("redis"))
        server = self.serve(
            settings=f'log: {{format: json}}\nupstream: {{servers: ["127.0.0.1:{peer}"], timeout: 60s}}\n')
        for arguments in (["www.example.org"], ["WWW.Example.ORG"], ["v6.example.org", "AAAA"],
                          ["v6.example.org", "A"], ["alias.example.org"], ["text.example.org", "TXT"],
                          ["nope.example.org"], ["big.example.org"], ["big.example.org", "+tcp"],
                          ["www.example.org", "+noedns"], ["www.example.org", "TYPE65280"]):
            with self.subTest(arguments):
                self.assertEqual(self.dig(server.port, *arguments), self.dig(peer, *arguments))
        self.assertEqual(len(self.dig(server.port, "big.example.org", "+noauthority")[1]), BIG)
        self.assertEqual(server.logged("upstream doesn't answer"), [])
        self.assertEqual(server.logged("upstream changes the case"), [])

    def test_unbound_as_upstream(self):
        self.as_upstream("unbound")

    def test_dnsmasq_as_upstream(self):
        self.as_upstream("dnsmasq")

    def test_bind_as_upstream(self):
        self.as_upstream("named")

    def as_client(self, name):
        def script(question):
            if question.name == "big.example.org." and question.qtype == "A":
                if not question.tcp:
                    return question.reply(flags=0x8380)
                return question.reply(*((None, "A", 60, f"192.0.2.{i}") for i in range(BIG)))
            if question.name.startswith("nope"):
                return question.soa("NXDOMAIN")
            return question.address() if question.qtype == "A" else question.soa()
        upstream = Upstream(script)
        self.addCleanup(upstream.stop)
        self.write("a.yaml", service("redis"))
        server = self.serve(
            settings=f'log: {{format: json}}\nupstream: {{servers: ["{upstream.text}"]}}\n')
        vip = server.addresses("redis.svc.mesh.local")[0]
        peer = self.peer(name, forward=server.port)
        for i in range(3):
            self.assertEqual(ask(peer, "redis.svc.mesh.local").addresses(), [vip])
            self.assertEqual(ask(peer, f"n{i}.example.org").addresses(), ["192.0.2.1"])
        rows = [
            ("NODATA", ["redis.svc.mesh.local", "AAAA"], "NOERROR", []),
            ("NXDOMAIN", ["nope.svc.mesh.local"], "NXDOMAIN", []),
            ("NXDOMAIN of the upstream", ["nope.example.org"], "NXDOMAIN", []),
            ("SRV", ["_main._tcp.redis.svc.mesh.local", "SRV"], "NOERROR",
             ["0 100 6379 redis.svc.mesh.local."]),
            ("PTR", ["-x", vip], "NOERROR", ["redis.svc.mesh.local."]),
        ]
        for why, arguments, rcode, expected in rows:
            with self.subTest(why):
                status, lines = self.dig(peer, *arguments, "+noauthority")
                self.assertEqual(status, rcode)
                self.assertEqual([line.split("\t")[-1] for line in lines], expected)
        self.assertEqual(len(self.dig(peer, "big.example.org")[1]), BIG)
        self.assertNotRegex(self.log_path.read_text().lower(), r"formerr|lame|format error")

    def test_unbound_as_client_with_0x20(self):
        self.as_client("unbound")

    def test_dnsmasq_as_client(self):
        self.as_client("dnsmasq")

    def test_bind_as_client(self):
        self.as_client("named")


if __name__ == "__main__":
    unittest.main()
