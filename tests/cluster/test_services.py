"""What a Service in a real cluster makes of names: created, changed, removed, of every sort."""
import subprocess
import unittest

import cluster
import harness

GENERATOR = harness.generator("all", "{{ .DisplayName }}.{{ .Namespace }}.mesh")
HEADLESS = harness.generator(
    "pods", '{{ label "statefulset.kubernetes.io/pod-name" }}.'
            '{{ label "k8s.kuma.io/service-name" }}.{{ .Namespace }}.mesh',
    {"k8s.kuma.io/is-headless-service": "true"})


def setUpModule():
    global CLUSTER
    CLUSTER = cluster.Cluster()
    CLUSTER.start_dns()


def tearDownModule():
    CLUSTER.close()


class Services(harness.Case):
    def setUp(self):
        super().setUp()
        self.space = self._testMethodName.removeprefix("test_").replace("_", "-")[:40].strip("-")
        CLUSTER.namespace(self.space)

    def serve_cluster(self, *generators, settings="", env=None):
        self.write("generators.yaml", *(generators or (GENERATOR,)))
        return self.serve(
            settings="log: {format: json}\nmode: kubernetes\n" + settings,
            env={"KUBECONFIG": CLUSTER.admin(),
                 "MESH_DNS_UPSTREAM_SERVERS": f"127.0.0.1:{CLUSTER.dns_port}", **(env or {})})

    def make(self, name, *arguments, **options):
        return CLUSTER.apply(cluster.service(self.space, name, *arguments, **options))

    def name(self, name):
        return f"{name}.{self.space}.mesh"

    def ips(self, made):
        return sorted(made["spec"]["clusterIPs"])

    def test_the_redis_of_the_manual(self):
        example = harness.SOURCE / "docs" / "examples" / "cluster"
        server = self.serve_cluster((example / "generator.yaml").read_text())
        for text in (example / "redis.yaml").read_text().split("\n---\n"):
            made = CLUSTER.apply_yaml(text)
        name = "redis.redis-system.svc.mesh.local"
        server.wait_for_addresses(name, self.ips(made))
        self.assertEqual(server.ask(f"_redis._tcp.{name}", "SRV").answer,
                         [("SRV", f"0 100 6379 {name}.")])
        self.assertEqual(server.ask(name, "AAAA").rcode, "NOERROR")
        self.assertEqual(server.ask("nope.svc.mesh.local").rcode, "NXDOMAIN")

    def test_names_of_the_cluster_are_what_its_dns_says(self):
        server = self.serve_cluster(harness.generator("local", "{{ .DisplayName }}-{{ .Namespace }}.local"))
        made = self.make("redis")
        server.wait_for_addresses(f"redis-{self.space}.local", self.ips(made))
        name = f"redis.{self.space}.svc.cluster.local"
        reverse = ".".join(reversed(self.ips(made)[0].split("."))) + ".in-addr.arpa"
        # CoreDNS hears of the Service by a watch of its own.
        harness.wait_until(lambda: subprocess.run(
            ["dig", "@127.0.0.1", "-p", str(CLUSTER.dns_port), "+tries=1", "+time=5", "+short", name],
            capture_output=True, text=True, timeout=30).stdout.strip(), f"{name} of CoreDNS")
        for question in ((name, "A"), (name, "AAAA"), (name, "SRV"), (reverse, "PTR"),
                         (f"nope.{self.space}.svc.cluster.local", "A"),
                         (f"redis.{self.space}", "A"), ("www.example.com", "A")):
            with self.subTest(question):
                def dig(port):
                    out = subprocess.run(
                        ["dig", "@127.0.0.1", "-p", str(port), "+tries=1", "+time=5", "+nocookie",
                         "+noall", "+comments", "+answer", "+authority", *question],
                        capture_output=True, text=True, timeout=30).stdout.lower()
                    rcode = out[out.index("status:"):].split(",")[0]
                    records = sorted(" ".join(f for i, f in enumerate(line.split()) if i != 1)
                                     for line in out.splitlines()
                                     if line and not line.startswith(";"))
                    return rcode, records
                ours, theirs = dig(server.port), dig(CLUSTER.dns_port)
                # The serial of CoreDNS's SOA is the time.
                drop = [[r for r in records if " soa " not in r]
                        for records in (ours[1], theirs[1])]
                self.assertEqual((ours[0], drop[0]), (theirs[0], drop[1]))
                self.assertEqual(len(ours[1]), len(theirs[1]))

    def test_no_generator_can_take_a_name_of_the_cluster(self):
        server = self.serve_cluster(
            harness.generator("bad", "{{ .DisplayName }}.{{ .Namespace }}.svc.cluster.local"),
            GENERATOR)
        made = self.make("redis", labels={"kuma.io/mesh": "default"})
        server.wait_for_addresses(self.name("redis"), self.ips(made))
        server.wait_for("belongs to the cluster's DNS")
        self.assertEqual(server.ask(f"nope.{self.space}.svc.cluster.local").rcode, "NXDOMAIN")
        self.assertFalse(server.ask(f"nope.{self.space}.svc.cluster.local").authority
                         and server.ask(f"redis.{self.space}.svc.cluster.local").aa
                         and server.addresses(f"redis.{self.space}.svc.cluster.local")
                         != self.ips(made))

    def test_dual_stack_keeps_both_addresses(self):
        server = self.serve_cluster()
        made = self.make("both", ipFamilyPolicy="RequireDualStack",
                         ipFamilies=["IPv6", "IPv4"])
        v6, v4 = made["spec"]["clusterIPs"]
        server.wait_for_addresses(self.name("both"), [v4])
        self.assertEqual(server.addresses(self.name("both"), "AAAA"), [v6])

    def test_the_label_decides(self):
        server = self.serve_cluster()
        made = self.make("redis", labels={})
        marker = self.make("marker")
        server.wait_for_addresses(self.name("marker"), self.ips(marker))
        self.assertEqual(server.ask(self.name("redis")).rcode, "NXDOMAIN")
        self.make("redis", labels={"kuma.io/mesh": "default"})
        server.wait_for_addresses(self.name("redis"), self.ips(made))
        self.make("redis", labels={})
        server.wait_for_rcode(self.name("redis"), "NXDOMAIN")

    def test_another_mesh_is_not_ours(self):
        server = self.serve_cluster()
        self.make("redis", labels={"kuma.io/mesh": "other"})
        self.make("marker")
        server.wait_for_addresses(self.name("marker"))
        self.assertEqual(server.ask(self.name("redis")).rcode, "NXDOMAIN")

    def test_what_may_not_be_in_the_mesh_leaves_it(self):
        server = self.serve_cluster()
        cases = {"external": {"type": "ExternalName", "externalName": "example.org"},
                 "ignored": {"annotations": {"kuma.io/ignore": "true"}},
                 "gateway": {"annotations": {"kuma.io/gateway": "enabled"}}}
        for name in cases:
            self.make(name)
            server.wait_for_addresses(self.name(name))
        for name, change in cases.items():
            with self.subTest(name):
                if name == "external":
                    path = CLUSTER.path_of(cluster.service(self.space, name))
                    CLUSTER.request("PATCH", path, {"spec": {
                        "type": "ExternalName", "externalName": "example.org", "clusterIP": None,
                        "clusterIPs": None}}, "application/merge-patch+json")
                else:
                    self.make(name, **change)
                server.wait_for_rcode(self.name(name), "NXDOMAIN")

    def test_a_deleted_service_takes_its_name_along(self):
        server = self.serve_cluster()
        made = self.make("redis")
        server.wait_for_addresses(self.name("redis"), self.ips(made))
        CLUSTER.delete(made)
        server.wait_for_rcode(self.name("redis"), "NXDOMAIN")

    def test_ports_of_a_node_port_service(self):
        server = self.serve_cluster()
        self.make("dns", [{"name": "dns", "port": 53, "protocol": "UDP"},
                          {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
                          {"name": "web", "port": 80, "appProtocol": "kubernetes.io/h2c"},
                          {"name": "ctl", "port": 9, "protocol": "SCTP"}], type="NodePort")
        server.wait_for_addresses(self.name("dns"))
        name = self.name("dns")
        for owner, expected in ((f"_dns._udp.{name}", 53), (f"_dns-tcp._tcp.{name}", 53),
                                (f"_web._tcp.{name}", 80)):
            self.assertEqual(server.ask(owner, "SRV").answer,
                             [("SRV", f"0 100 {expected} {name}.")], owner)
        self.assertEqual(server.ask(f"_ctl._tcp.{name}", "SRV").rcode, "NXDOMAIN")

    def test_headless_services_name_each_pod(self):
        server = self.serve_cluster(HEADLESS)
        for pod in ("db-0", "db-1"):
            CLUSTER.apply(cluster.pod(self.space, pod,
                                      {"statefulset.kubernetes.io/pod-name": pod,
                                       "apps.kubernetes.io/pod-index": pod[-1]}))
        self.make("db", clusterIP="None")
        first = cluster.slice_of(self.space, "db-4", "db",
                                 [("db-0", "10.1.0.10"), ("db-1", "10.1.0.11")])
        CLUSTER.apply(first)
        CLUSTER.apply(cluster.slice_of(self.space, "db-6", "db", [("db-0", "fd00:1::10")], "IPv6"))
        name = f"db-0.db.{self.space}.mesh"
        server.wait_for_addresses(name, ["10.1.0.10"])
        wait = harness.wait_until
        wait(lambda: server.addresses(name, "AAAA") == ["fd00:1::10"], "the pod's IPv6 address")
        server.wait_for_addresses(f"db-1.db.{self.space}.mesh", ["10.1.0.11"])
        # A pod that is gone takes its name along, and one that moved has its new address.
        CLUSTER.apply(cluster.slice_of(self.space, "db-4", "db", [("db-0", "10.1.0.20")]))
        server.wait_for_rcode(f"db-1.db.{self.space}.mesh", "NXDOMAIN")
        server.wait_for_addresses(name, ["10.1.0.20"])

    def test_a_pod_that_is_replaced_loses_its_old_address(self):
        server = self.serve_cluster(HEADLESS)
        self.make("db", clusterIP="None")
        pod = cluster.pod(self.space, "db-0", {"statefulset.kubernetes.io/pod-name": "db-0"})

        def start(number, address):
            uid = CLUSTER.apply(pod)["metadata"]["uid"]
            CLUSTER.apply(cluster.slice_of(self.space, f"db-{number}", "db",
                                           [("db-0", address, uid)]))
            server.wait_for_addresses(f"db-0.db.{self.space}.mesh", [address])
        start(4, "10.1.0.10")
        CLUSTER.request("DELETE", CLUSTER.path_of(pod) + "?gracePeriodSeconds=0")
        # The slice of the old one is still there.
        start(5, "10.1.0.20")

    def test_a_service_of_gateway_pods_is_left_out(self):
        server = self.serve_cluster()
        self.make("edge")
        server.wait_for_addresses(self.name("edge"))
        CLUSTER.apply(cluster.pod(self.space, "edge-0", annotations={"kuma.io/gateway": "enabled"}))
        CLUSTER.apply(cluster.slice_of(self.space, "edge-1", "edge", [("edge-0", "10.1.0.9")]))
        server.wait_for_rcode(self.name("edge"), "NXDOMAIN")

    def test_namespaces_with_injection(self):
        server = self.serve_cluster(settings="generate: {fromServices: injected}\n")
        made = self.make("redis", labels={})
        marker = self.make("marker")
        server.wait_for_addresses(self.name("marker"), self.ips(marker))
        self.assertEqual(server.ask(self.name("redis")).rcode, "NXDOMAIN")
        CLUSTER.namespace(self.space, **{"kuma.io/sidecar-injection": "enabled"})
        server.wait_for_addresses(self.name("redis"), self.ips(made))

    def test_generation_can_be_turned_off(self):
        self.make("redis")
        server = self.serve_cluster(env={"KUMA_EXPERIMENTAL_GENERATE_MESH_SERVICES": "false"})
        self.assertEqual(server.ask(self.name("redis")).rcode, "NXDOMAIN")

    def test_no_vip_is_allocated_for_what_has_a_cluster_ip(self):
        self.write("external.yaml", "type: MeshExternalService\nmesh: default\nname: api\n"
                                    "spec: {match: {port: 443}}\n")
        server = self.serve_cluster()
        self.make("redis")
        server.wait_for_addresses(self.name("redis"))
        self.assertTrue(server.addresses("api.extsvc.mesh.local")[0].startswith("242."))
        plan = harness.run("plan", self.resources, "--state", self.folder / "state.db")
        self.assertIn(" 0 VIPs would change", plan.stdout)


if __name__ == "__main__":
    unittest.main()
