"""An instance to which everything happens that is counted: queries of all kinds, upstreams that fail,
broken resources, limits."""
import socket

from harness import Case, Reply, documents, encode_query, generator, service, wait_until
from upstream import Upstream

SETTINGS = """\
log: {{format: json}}
workers: 2
vip: {{meshService: [241.0.0.0/29]}}
access: {{allow: [127.0.0.1/32]}}
tcp: {{maxConnections: 2}}
cache: {{staleAfter: 100ms}}
upstream:
  servers: ["{good}"]
  zones: {{silent.test: ["{silent}"], closed.test: ["{closed}"]}}
  timeout: 200ms
  maxInFlight: 4
"""
GENERATORS = documents(
    generator("names", "{{ .DisplayName }}.svc.mesh.local"),
    generator("shared", "shared.mesh.local", {"app": "shared"}),
    generator("teams", '{{ label "team" }}.mesh.local', {"app": "shared"}))
BROKEN = "type: MeshService\nmesh: default\nname: broken\nspec: {ports: 5}\n"


def service_of(name):
    return service(name, labels={"app": "shared"})


class Good:
    """A script for an upstream: it answers, but each name that begins with "once" one time only."""

    def __init__(self):
        self.answered = set()

    def __call__(self, question):
        label = question.name.split(".")[0]
        if label == "nx":
            return question.soa("NXDOMAIN")
        if label == "servfail":
            return question.reply(rcode="SERVFAIL")
        if label == "big" and not question.tcp:
            return question.reply(flags=0x8380)
        if label == "forged":
            return [question.address(ident=question.id ^ 1), question.address()]
        if label == "once" and label in self.answered:
            return None
        self.answered.add(label)
        return question.address(ttl=1 if label == "once" else 60)


class BusyCase(Case):
    def start(self):
        """The instance, with more services than it has addresses."""
        self.write("generators.yaml", GENERATORS)
        self.write("shared.yaml", service_of("first"), service_of("second"))
        self.write("more.yaml", *(service(f"s{i}") for i in range(6)))
        self.write("broken.yaml", service("broken"))
        good, silent = Upstream(Good()), Upstream(lambda _: None)
        closed = socket.socket(type=socket.SOCK_DGRAM)
        closed.bind(("127.0.0.1", 0))  # nobody else gets the port, and nobody listens: it is TCP's
        for used in (good, silent):
            self.addCleanup(used.stop)
        self.addCleanup(closed.close)
        nobody = "127.0.0.1:%d" % closed.getsockname()[1]
        closed.connect(("127.0.0.1", 9))  # from now on it takes what comes from there only
        self.rounds = 0
        return self.serve(settings=SETTINGS.format(good=good.text, silent=silent.text, closed=nobody))

    def spoil(self, server):
        """A file breaks. The service that has shared.mesh.local goes away, and the other gets it."""
        self.write("broken.yaml", BROKEN)
        wait_until(lambda: server.metrics()['mesh_dns_source_kept{source="files"}'] == "1", "a kept resource")
        before = server.addresses("shared.mesh.local")
        for name, other in (("first", "second"), ("second", "first")):
            if server.addresses(f"{name}.svc.mesh.local") == before:
                self.write("shared.yaml", service_of(other))
        wait_until(lambda: server.metrics()["mesh_dns_hostnames_moved_total"] == "1", "a name moved")

    def traffic(self, server):
        """One query of each kind."""
        self.rounds += 1
        for name, qtype in (("s1.svc.mesh.local", "A"), ("s1.svc.mesh.local", "AAAA"),
                            ("_main._tcp.s1.svc.mesh.local", "SRV"), ("nope.svc.mesh.local", "A"),
                            ("www.test", "A"), ("www.test", "A"), ("nx.test", "A"),
                            (f"new{self.rounds}.test", "A"), (f"servfail.n{self.rounds}.test", "A"),
                            (f"forged.n{self.rounds}.test", "A"), (f"big.n{self.rounds}.test", "A"),
                            ("once.test", "A"), (f"n{self.rounds}.closed.test", "A")):
            server.ask(name, qtype, timeout=20)
        wait_until(lambda: self.answered_over_tcp(server), "an answer over TCP")
        with socket.socket(type=socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.2", 0))
            stranger.settimeout(20)
            stranger.connect(("127.0.0.1", server.port))
            stranger.send(encode_query("s1.svc.mesh.local", "A"))
            self.assertEqual(Reply(stranger.recv(65535)).rcode, "REFUSED")
            stranger.send(b"hello")  # too short: dropped
        self.too_many_at_once(server)
        self.too_many_connections(server)

    def answered_over_tcp(self, server):
        try:
            return server.ask("s1.svc.mesh.local", tcp=True, timeout=20).answer
        except (EOFError, ConnectionError):
            return None  # connections of the round before may still count

    def too_many_at_once(self, server):
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            client.settimeout(20)
            client.connect(("127.0.0.1", server.port))
            for i in range(12):  # two ask the same
                client.send(encode_query(f"q{i // 2}n{self.rounds}.silent.test", "A"))
            for _ in range(12):
                self.assertEqual(Reply(client.recv(65535)).rcode, "SERVFAIL")

    def too_many_connections(self, server):
        streams = [socket.create_connection(("127.0.0.1", server.port), 20) for _ in range(4)]
        for stream in streams:
            stream.close()
