"""A start without a state file: from the first packet on, no name that could be ours is forwarded."""
import json
import socket
import unittest

from harness import Case, generator, service, wait_until
from upstream import Upstream

# What an upstream that knows nothing of the mesh would say, and stub resolvers would keep.
NXDOMAIN = "NXDOMAIN"


class ColdStart(Case):
    def upstream(self):
        def script(question):
            if question.name.endswith((".example.com.", ".cluster.local.")):
                return question.address("192.0.2.1")
            return question.soa(NXDOMAIN)
        upstream = Upstream(script)
        self.addCleanup(upstream.stop)
        return upstream

    def start(self, upstream, rest="", **options):
        settings = ("log: {format: json}\nworkers: 2\n"
                    f"upstream: {{servers: [\"{upstream.text}\"]}}\n{rest}")
        server = self.serve(settings=settings, wait=False, **options)
        server.port = int(server.wait_for("listening")["port"])
        return server

    def ask_until_there(self, server, name):
        """The rcodes until the name has an address."""
        rcodes = []

        def there():
            reply = server.ask(name)
            rcodes.append(reply.rcode)
            return reply.addresses()
        wait_until(there, f"{name} to have an address")
        return rcodes

    def check_nothing_leaked(self, upstream, zones):
        leaked = [name for name in upstream.names() if name.rstrip(".").endswith(tuple(zones))]
        self.assertEqual(leaked, [])

    def test_names_of_100_000_documents(self):
        for part in range(10):
            self.write(f"{part}.yaml", *(service(f"s{part}-{i}") for i in range(10_000)))
        upstream = self.upstream()
        server = self.start(upstream)
        rcodes = self.ask_until_there(server, "s9-9999.svc.mesh.local")
        self.assertLessEqual(set(rcodes), {"SERVFAIL", "NOERROR"})
        self.check_nothing_leaked(upstream, ["mesh.local"])

    def test_the_zones_of_the_files_generators(self):
        self.write("a.yaml", *(service(f"s{i}") for i in range(20_000)))
        self.write("z.yaml", service("last"), generator("own", "{{ .DisplayName }}.svc.example.org"))
        upstream = self.upstream()
        server = self.start(upstream)
        rcodes = self.ask_until_there(server, "last.svc.example.org")
        self.assertLessEqual(set(rcodes), {"SERVFAIL", "NOERROR"})
        self.assertEqual(server.ask("nobody.svc.example.org").rcode, NXDOMAIN)
        self.check_nothing_leaked(upstream, ["svc.example.org", "mesh.local"])

    def test_names_that_are_not_ours_do_not_wait(self):
        self.write("a.yaml", *(service(f"s{i}") for i in range(20_000)))
        upstream = self.upstream()
        server = self.start(upstream)
        self.assertEqual(server.addresses("www.example.com"), ["192.0.2.1"])
        server.wait_for("ready")

    def test_the_reverse_of_the_pools(self):
        self.write("a.yaml", *(service(f"s{i}") for i in range(20_000)))
        upstream = self.upstream()
        server = self.start(upstream)
        self.assertIn(server.ask("1.0.0.241.in-addr.arpa", "PTR").rcode, ("SERVFAIL", NXDOMAIN))
        server.wait_for("ready")
        self.check_nothing_leaked(upstream, ["241.in-addr.arpa"])

    def test_a_cluster_whose_api_server_is_away(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))  # and not listening: connections are refused
            config = self.folder / "kubeconfig"
            config.write_text(json.dumps({
                "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c"}}],
                "clusters": [{"name": "c", "cluster": {
                    "server": "http://127.0.0.1:%d" % nobody.getsockname()[1]}}]}))
            upstream = self.upstream()
            server = self.start(upstream, "mode: kubernetes\n", env={"KUBECONFIG": str(config)})
            server.wait_for("127.0.0.1")
            # A generator of the cluster may make any name under a private suffix.
            for name in ("redis.shop.k.mesh", "redis.extsvc.mesh.local", "a.corp.internal"):
                self.assertEqual(server.ask(name).rcode, "SERVFAIL", name)
            for name in ("www.example.com", "redis.shop.svc.cluster.local"):
                self.assertEqual(server.addresses(name), ["192.0.2.1"], name)
            self.check_nothing_leaked(upstream, ["mesh", "mesh.local", "internal"])
            self.assertEqual(server.admin("/readyz")[0], 503)


if __name__ == "__main__":
    unittest.main()
