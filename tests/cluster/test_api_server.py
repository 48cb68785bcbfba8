"""An API server that is away, comes back, forgets, refuses or is cut off; and Kuma's resources in it."""
import json
import pathlib
import signal
import subprocess
import unittest

import cluster
import harness

KUBERNETES = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "kubernetes"
GENERATOR = harness.generator("all", "{{ .DisplayName }}.{{ .Namespace }}.mesh")


def setUpModule():
    global CLUSTER
    CLUSTER = cluster.Cluster()
    # The rights that the manifests give are the ones that the tests have.
    for name in ("namespace", "service-account", "rbac"):
        for text in documents(KUBERNETES / "base" / f"{name}.yaml"):
            CLUSTER.apply_yaml(text)


def tearDownModule():
    CLUSTER.close()


def documents(path):
    return [text for text in path.read_text().split("\n---\n") if "kind:" in text]


class ApiServer(harness.Case):
    def setUp(self):
        super().setUp()
        self.space = self._testMethodName.removeprefix("test_").replace("_", "-")[:40].strip("-")
        # A test that failed may have left it dead, and the others are to tell of themselves.
        for name, start in (("etcd", CLUSTER.start_etcd), ("kube-apiserver", CLUSTER.start)):
            if name not in CLUSTER.processes:
                start()
        CLUSTER.namespace(self.space)
        self.write("generators.yaml", GENERATOR)
        self.token = self.folder / "token"
        self.renew_token()
        self.kubeconfig = CLUSTER.kubeconfig(self.space, {"tokenFile": str(self.token)})

    def renew_token(self):
        self.token.write_text(CLUSTER.token("mesh-dns", "mesh-dns"))

    def serve_cluster(self, settings="", **options):
        return self.serve(settings="log: {format: json}\nmode: kubernetes\n" + settings,
                          env={"KUBECONFIG": self.kubeconfig}, **options)

    def make(self, name):
        made = CLUSTER.apply(cluster.service(self.space, name))
        return f"{name}.{self.space}.mesh", sorted(made["spec"]["clusterIPs"])

    def restart_api_server(self):
        CLUSTER.kill()
        CLUSTER.start()

    def test_it_is_killed_and_comes_back(self):
        server = self.serve_cluster()
        redis = self.make("redis")
        server.wait_for_addresses(*redis)
        CLUSTER.kill()
        server.wait_for("connecting to")
        self.assertEqual(server.addresses(redis[0]), redis[1])
        # Why depends on which of the collections is asked, and what it tried last.
        self.assertRegex(server.admin("/readyz")[1], r"^ready, with a table that is \d+ s old: \w")
        age = [line for line in server.admin("/metrics")[1].splitlines()
               if line.startswith("mesh_dns_table_age_seconds ")]
        self.assertGreater(float(age[0].split()[1]), 0)
        CLUSTER.start()
        server.wait_for_addresses(*self.make("later"))
        server.wait_for("the API server is followed again")
        harness.wait_until(lambda: server.admin("/readyz") == (200, "ready\n"), "all is well")
        self.assertEqual(server.addresses(redis[0]), redis[1])

    def test_without_it_the_last_good_table_is_served(self):
        server = self.serve_cluster()
        redis = self.make("redis")
        server.wait_for_addresses(*redis)
        server.stop()
        CLUSTER.kill()
        try:
            server = self.serve_cluster(wait=False)
            server.port = int(server.wait_for("listening")["port"])
            server.wait_for("connecting to")
            self.assertEqual(server.addresses(redis[0]), redis[1])
            status, text = server.admin("/readyz")
            self.assertEqual(status, 200)
            self.assertRegex(text, r"^ready, with the table of the state file, for \d+ s: connect")
        finally:
            CLUSTER.start()
        server.wait_for("ready")
        server.wait_for_addresses(*self.make("later"))

    def test_a_version_that_has_expired_is_listed_anew(self):
        server = self.serve_cluster()
        redis, gone = self.make("redis"), self.make("gone")
        server.wait_for_addresses(*redis)
        server.wait_for_addresses(*gone)
        server.signal(signal.SIGSTOP)
        # What a new API server knows of the past begins when it starts.
        CLUSTER.delete(cluster.service(self.space, "gone"))
        later = self.make("later")
        self.restart_api_server()
        server.signal(signal.SIGCONT)
        server.wait_for_addresses(*later)
        server.wait_for_rcode(gone[0], "NXDOMAIN")
        self.assertEqual(server.addresses(redis[0]), redis[1])

    def test_a_version_of_the_future_is_listed_anew(self):
        backup = CLUSTER.folder / "backup"
        CLUSTER.kill()
        CLUSTER.kill("etcd")
        subprocess.run(["cp", "-a", CLUSTER.folder / "etcd", backup], check=True)
        CLUSTER.start_etcd()
        CLUSTER.start()
        server = self.serve_cluster()
        names = [self.make(f"lost-{i}") for i in range(20)]
        for name in names:
            server.wait_for_addresses(*name)
        CLUSTER.kill()
        CLUSTER.kill("etcd")
        subprocess.run(["rm", "-rf", CLUSTER.folder / "etcd"], check=True)
        backup.rename(CLUSTER.folder / "etcd")
        CLUSTER.start_etcd()
        CLUSTER.start()
        for name, _ in names:
            server.wait_for_rcode(name, "NXDOMAIN")
        CLUSTER.namespace(self.space)
        server.wait_for_addresses(*self.make("redis"))

    def test_a_new_token_is_read(self):
        server = self.serve_cluster()
        server.wait_for_addresses(*self.make("redis"))
        # Whoever has the old token is nobody any more.
        account = {"apiVersion": "v1", "kind": "ServiceAccount",
                   "metadata": {"name": "mesh-dns", "namespace": "mesh-dns"}}
        CLUSTER.delete(account)
        CLUSTER.apply(account)
        CLUSTER.kill()
        server.wait_for("connecting to")
        CLUSTER.start()
        server.wait_for("401")
        self.renew_token()
        server.wait_for_addresses(*self.make("later"))

    def test_a_right_that_is_missing_is_named(self):
        CLUSTER.apply({"apiVersion": "v1", "kind": "ServiceAccount",
                       "metadata": {"name": "nobody", "namespace": "mesh-dns"}})
        self.token.write_text(CLUSTER.token("mesh-dns", "nobody"))
        server = self.serve_cluster(wait=False)
        server.port = int(server.wait_for("listening")["port"])
        line = server.wait_for("cannot list resource \"services\"")["message"]
        self.assertIn("by RBAC", line)
        self.make("redis")
        self.assertEqual(server.logged("ready"), [])
        status, text = server.admin("/readyz")
        self.assertEqual(status, 503)
        self.assertRegex(text, r"^no table yet for \d+ s: .*cannot list")

    def test_what_cannot_be_trusted_is_not_asked(self):
        other = cluster.Authority(self.folder / "pki")
        config = json.loads(pathlib.Path(self.kubeconfig).read_text())
        cases = {"certificate": {"certificate-authority": other.path("ca.crt")},
                 "mismatch": {"tls-server-name": "elsewhere.example"}}
        for expected, fields in cases.items():
            with self.subTest(expected):
                cluster_ = {**config["clusters"][0]["cluster"], **fields}
                path = self.folder / f"{expected}.kubeconfig"
                path.write_text(json.dumps(
                    {**config, "clusters": [{"name": "test", "cluster": cluster_}]}))
                server = self.serve(settings="log: {format: json}\nmode: kubernetes\n",
                                    env={"KUBECONFIG": str(path)}, wait=False)
                line = server.wait_for("TLS with")["message"].lower()
                self.assertIn(expected, line)
                server.stop()

    def test_whom_the_kubeconfig_trusts_need_be_no_root(self):
        config = json.loads(pathlib.Path(self.kubeconfig).read_text())
        config["clusters"][0]["cluster"]["certificate-authority"] = CLUSTER.pki.path("server.crt")
        pathlib.Path(self.kubeconfig).write_text(json.dumps(config))
        self.serve_cluster()

    def test_a_new_ca_is_read(self):
        ca = self.folder / "ca.crt"
        ca.write_text(pathlib.Path(cluster.Authority(self.folder / "pki").path("ca.crt"))
                      .read_text())
        config = json.loads(pathlib.Path(self.kubeconfig).read_text())
        config["clusters"][0]["cluster"]["certificate-authority"] = str(ca)
        pathlib.Path(self.kubeconfig).write_text(json.dumps(config))
        server = self.serve_cluster(wait=False)
        server.wait_for("TLS with")
        ca.write_text(pathlib.Path(CLUSTER.pki.path("ca.crt")).read_text())
        server.wait_for("ready")

    def test_what_is_wrong_with_a_kubeconfig_ends_the_start(self):
        config = json.loads(pathlib.Path(self.kubeconfig).read_text())
        path = self.folder / "wrong.kubeconfig"
        path.write_text(json.dumps({**config, "users": [
            {"name": "user", "user": {"exec": {"command": "aws"}}}]}))
        said = self.refuse_to_serve(settings="mode: kubernetes\n", env={"KUBECONFIG": str(path)})
        self.assertIn("exec", said)
        self.assertIn("use a token", said)
        said = self.refuse_to_serve(settings="mode: kubernetes\n",
                                    env={"KUBECONFIG": str(self.folder / "none")})
        self.assertIn("No such file", said)
        said = self.refuse_to_serve(settings="mode: kubernetes\n",
                                    env={"KUBECONFIG": f"{path}:{self.kubeconfig}"})
        self.assertIn("several files", said)
        said = self.refuse_to_serve(settings="mode: kubernetes\n")
        self.assertIn("set kubernetes.kubeconfig", said)

    def test_resources_of_kuma_come_and_go_with_their_definitions(self):
        server = self.serve_cluster()
        server.wait_for_addresses(*self.make("redis"))
        for path in sorted((KUBERNETES / "crds").glob("mesh*.yaml")) + [
                KUBERNETES / "crds" / "hostnamegenerators.yaml"]:
            CLUSTER.apply_yaml(path.read_text())
        kuma = {"apiVersion": "kuma.io/v1alpha1"}
        apply_soon = CLUSTER.apply_soon
        apply_soon({**kuma, "kind": "HostnameGenerator",
                    "metadata": {"name": "given", "namespace": self.space},
                    "spec": {"selector": {"meshService": {}},
                             "template": "{{ .DisplayName }}.given.mesh"}})
        server.wait_for_addresses("redis.given.mesh")
        apply_soon({**kuma, "kind": "MeshExternalService",
                    "metadata": {"name": "api", "namespace": self.space},
                    "spec": {"match": {"port": 443}}})
        apply_soon({**kuma, "kind": "MeshMultiZoneService",
                    "metadata": {"name": "all", "namespace": self.space,
                                 "labels": {"kuma.io/origin": "global"}},
                    "spec": {"selector": {"meshService": {"matchLabels": {"a": "b"}}},
                             "ports": [{"port": 80}]}})
        apply_soon({**kuma, "kind": "MeshService",
                    "metadata": {"name": "hand", "namespace": self.space},
                    "spec": {"ports": [{"port": 80, "name": "web"}]}})
        for name, first in (("api.extsvc.mesh.local", "242."), ("all.mzsvc.mesh.local", "243."),
                            ("hand.given.mesh", "241.")):
            found = server.wait_for_addresses(name)
            self.assertTrue(found[0].startswith(first), (name, found))
        # A resource that is broken keeps its last good version, and says so.
        apply_soon({**kuma, "kind": "HostnameGenerator",
                    "metadata": {"name": "given", "namespace": self.space},
                    "spec": {"selector": {"meshService": {}, "meshExternalService": {}},
                             "template": "{{ .DisplayName }}.given.mesh"}})
        server.wait_for("2 selectors")
        self.assertTrue(server.addresses("redis.given.mesh"))
        for name in ("hostnamegenerators", "meshservices"):
            CLUSTER.request("DELETE", "/apis/apiextensions.k8s.io/v1/"
                                      f"customresourcedefinitions/{name}.kuma.io")
        server.wait_for_rcode("redis.given.mesh", "NXDOMAIN")
        server.wait_for("hostnamegenerators.kuma.io is no longer defined")
        server.wait_for_addresses(*self.make("later"))
        self.assertTrue(server.addresses("api.extsvc.mesh.local"))

    def test_a_definition_that_is_not_served_is_as_none(self):
        served = (KUBERNETES / "crds" / "meshservices.yaml").read_text()
        unserved = served.replace("served: true", "served: false")
        self.assertNotEqual(served, unserved)
        self.addCleanup(CLUSTER.apply_yaml, served)
        CLUSTER.apply_yaml(unserved)
        # All is ready, and one line says why there are none.
        server = self.serve_cluster()
        said = "of meshservices.kuma.io isn't served"
        server.wait_for(said)
        CLUSTER.apply_yaml(served)
        CLUSTER.apply_soon({"apiVersion": "kuma.io/v1alpha1", "kind": "MeshService",
                            "metadata": {"name": "hand", "namespace": self.space},
                            "spec": {"ports": [{"port": 80}]}})
        server.wait_for_addresses(f"hand.{self.space}.mesh")
        self.assertEqual(len(server.logged(said)), 1)
        CLUSTER.apply_yaml(unserved)
        server.wait_for_rcode(f"hand.{self.space}.mesh", "NXDOMAIN")
        self.assertEqual(len(server.logged(said)), 2)

    def test_what_kuma_left_over_does_not_count(self):
        CLUSTER.apply_yaml((KUBERNETES / "crds" / "meshservices.yaml").read_text())
        left = {"apiVersion": "kuma.io/v1alpha1", "kind": "MeshService",
                "metadata": {"name": "left", "namespace": self.space,
                             "labels": {"kuma.io/managed-by": "k8s-controller"}},
                "spec": {"ports": [{"port": 80}]}}
        CLUSTER.apply_soon(left)
        server = self.serve_cluster()
        server.wait_for_addresses(f"left.{self.space}.mesh")
        server.stop()
        server = self.serve_cluster("generate: {fromServices: injected}\n")
        self.assertEqual(server.ask(f"left.{self.space}.mesh").rcode, "NXDOMAIN")
        # One that Kuma made of a Service that counts has all addresses of it.
        left["metadata"]["name"] = "both"
        left["status"] = {"vips": [{"ip": "10.96.0.99"}]}
        CLUSTER.apply(left)
        server.wait_for_addresses(*self.make("both"))
        # So it is without injection, of a Service that has the label.
        server.stop()
        server = self.serve_cluster()
        server.wait_for_addresses(f"left.{self.space}.mesh")
        left["metadata"]["name"] = "left"
        left["metadata"]["labels"]["k8s.kuma.io/service-name"] = "left"
        CLUSTER.apply(left)
        CLUSTER.apply(cluster.service(self.space, "left", type="ExternalName",
                                      externalName="example.org"))
        server.wait_for_rcode(f"left.{self.space}.mesh", "NXDOMAIN")

    def test_an_object_nested_too_deep_takes_no_other_along(self):
        CLUSTER.apply_yaml((KUBERNETES / "crds" / "meshservices.yaml").read_text())
        server = self.serve_cluster()
        deep = {"apiVersion": "kuma.io/v1alpha1", "kind": "MeshService",
                "metadata": {"name": "deep", "namespace": self.space},
                "spec": {"ports": [{"port": 80}]}}
        CLUSTER.apply_soon(deep)
        status = {}
        for _ in range(100):
            status = {"a": status}
        # Whoever may write one of his own namespace may do this.
        CLUSTER._apply(CLUSTER.path_of(deep) + "/status",
                       json.dumps({**deep, "status": status}).encode(), False)
        self.addCleanup(CLUSTER.delete, deep)
        later = {**deep, "metadata": {"name": "later", "namespace": self.space}}
        CLUSTER.apply(later)
        server.wait_for_addresses(f"later.{self.space}.mesh")
        self.assertTrue(server.addresses(f"deep.{self.space}.mesh"))
        server.stop()
        self.assertTrue(self.serve_cluster().addresses(f"later.{self.space}.mesh"))

    def test_a_list_of_large_objects_comes_in_smaller_pages(self):
        for i in range(300):
            CLUSTER.request("POST", f"/api/v1/namespaces/{self.space}/services", cluster.service(
                self.space, f"s{i}", annotations={"large": "x" * (240 << 10)}))
        server = self.serve_cluster()
        self.assertGreaterEqual(int(server.wait_for("ready")["services"]), 300)
        # What the sidecar's manifest allows.
        self.assertLess(server.memory("VmHWM"), server.bound(128 << 20))
        CLUSTER.request("DELETE", f"/api/v1/namespaces/{self.space}/services")

    def test_three_thousand_services(self):
        for i in range(3000):
            CLUSTER.request("POST", f"/api/v1/namespaces/{self.space}/services",
                            cluster.service(self.space, f"s{i}"))
        server = self.serve_cluster()
        self.assertGreaterEqual(int(server.wait_for("ready")["services"]), 3000)
        for i in (0, 1499, 2999):
            self.assertTrue(server.addresses(f"s{i}.{self.space}.mesh"))
        CLUSTER.request("DELETE", f"/api/v1/namespaces/{self.space}/services")
        server.wait_for_rcode(f"s2999.{self.space}.mesh", "NXDOMAIN")


if __name__ == "__main__":
    unittest.main()
