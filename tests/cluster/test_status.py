"""Writing the status of custom resources: by one of several instances, on change only."""
import json
import pathlib
import unittest

import cluster
import harness
from test_api_server import GENERATOR, KUBERNETES, documents

KUMA = "/apis/kuma.io/v1alpha1"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/mesh-dns/leases/mesh-dns"


def without_status_subresource(text):
    """The definition as Kuma's own are in this."""
    begin = text.index("      subresources:")
    return text[:begin] + text[text.index("      additionalPrinterColumns:"):]


class Status(harness.Case):
    # Whether the definitions have the subresource.
    subresource = True

    @classmethod
    def setUpClass(cls):
        cls.cluster = cluster.Cluster()
        for path in ("base/namespace", "base/service-account", "base/rbac", "status/rbac"):
            for text in documents(KUBERNETES / f"{path}.yaml"):
                cls.cluster.apply_yaml(text)
        for path in (KUBERNETES / "crds").glob("mesh*.yaml"):
            text = path.read_text()
            cls.cluster.apply_yaml(text if cls.subresource else without_status_subresource(text))

    @classmethod
    def tearDownClass(cls):
        cls.cluster.close()

    def setUp(self):
        super().setUp()
        self.space = self._testMethodName.removeprefix("test_").replace("_", "-")[:40].strip("-")
        self.cluster.namespace(self.space)
        self.write("generators.yaml", GENERATOR)
        token = self.folder / "token"
        token.write_text(self.cluster.token("mesh-dns", "mesh-dns"))
        config = json.loads(pathlib.Path(
            self.cluster.kubeconfig(self.space, {"tokenFile": str(token)})).read_text())
        config["contexts"][0]["context"]["namespace"] = "mesh-dns"
        self.kubeconfig = self.folder / "kubeconfig"
        self.kubeconfig.write_text(json.dumps(config))
        # Each test begins without a leader.
        try:
            self.cluster.request("DELETE", LEASE)
        except cluster.Refused:
            pass

    def serve_cluster(self, name="one"):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        server = harness.Server(
            folder, self.resources,
            settings="log: {format: json}\nmode: kubernetes\nkubernetes: {writeStatus: true}\n",
            env={"KUBECONFIG": str(self.kubeconfig)})
        self.servers.append(server)
        return server

    def apply(self, kind, name, spec):
        resource = {"apiVersion": "kuma.io/v1alpha1", "kind": kind,
                    "metadata": {"name": name, "namespace": self.space}, "spec": spec}
        return self.cluster.apply_soon(resource)

    def get(self, plural, name):
        return self.cluster.request("GET", f"{KUMA}/namespaces/{self.space}/{plural}/{name}")

    def wait_for_status(self, plural, name):
        return harness.wait_until(lambda: self.get(plural, name).get("status", {}).get("addresses")
                                  and self.get(plural, name), f"the status of {name}")

    def test_what_is_written(self):
        server = self.serve_cluster()
        self.apply("MeshService", "web", {"ports": [{"port": 80}]})
        self.apply("MeshExternalService", "bank", {"match": {"port": 443}})
        web = self.wait_for_status("meshservices", "web")["status"]
        self.assertEqual(web["addresses"], [
            {"hostname": f"web.{self.space}.mesh", "origin": "HostnameGenerator",
             "hostnameGeneratorRef": {"coreName": "all"}}])
        self.assertEqual([v["ip"] for v in web["vips"]],
                         server.wait_for_addresses(f"web.{self.space}.mesh"))
        condition = web["hostnameGenerators"][0]["conditions"][0]
        self.assertEqual((condition["type"], condition["status"], condition["reason"]),
                         ("Generated", "True", "Generated"))
        bank = self.wait_for_status("meshexternalservices", "bank")["status"]
        self.assertEqual([bank["vip"]["ip"]], server.addresses("bank.extsvc.mesh.local"))
        # Nothing is written where nothing changes, and what somebody else owns stays his.
        before = self.get("meshservices", "web")["metadata"]
        self.cluster.apply(cluster.service(self.space, "redis"))
        server.wait_for_addresses(f"redis.{self.space}.mesh")
        self.apply("MeshExternalService", "bank-later", {"match": {"port": 443}})
        self.wait_for_status("meshexternalservices", "bank-later")
        after = self.get("meshservices", "web")["metadata"]
        self.assertEqual(before["resourceVersion"], after["resourceVersion"])
        self.assertEqual({field["manager"] for field in after["managedFields"]},
                         {"test", "mesh-dns"})

    def test_one_writes_and_the_next_takes_over(self):
        one, two = self.serve_cluster("one"), self.serve_cluster("two")
        leader, other = harness.wait_until(
            lambda: (one.logged("this instance writes") and (one, two))
            or (two.logged("this instance writes") and (two, one)), "a leader")
        self.apply("MeshExternalService", "api", {"match": {"port": 443}})
        vip = self.wait_for_status("meshexternalservices", "api")["status"]["vip"]["ip"]
        # The other serves what was written, whatever it would have chosen itself.
        other.wait_for_addresses("api.extsvc.mesh.local", [vip])
        self.assertEqual(other.logged("this instance writes"), [])
        leader.kill()
        other.wait_for("this instance writes")
        self.apply("MeshExternalService", "later", {"match": {"port": 443}})
        self.wait_for_status("meshexternalservices", "later")
        lease = self.cluster.request("GET", LEASE)["spec"]
        self.assertEqual(lease["leaseTransitions"], 1)

    def test_what_was_refused_is_written_once_it_may_be(self):
        binding = next(text for text in documents(KUBERNETES / "status" / "rbac.yaml")
                       if "kind: ClusterRoleBinding" in text)
        self.cluster.request(
            "DELETE", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/mesh-dns-status")
        self.addCleanup(self.cluster.apply_yaml, binding)
        server = self.serve_cluster()
        server.wait_for("this instance writes")
        self.apply("MeshExternalService", "refused", {"match": {"port": 443}})
        server.wait_for("give the service account this right")
        self.cluster.apply_yaml(binding)
        # Nothing else happens in the cluster that would have it written.
        self.wait_for_status("meshexternalservices", "refused")

    def test_a_resource_that_is_deleted_stays_deleted(self):
        server = self.serve_cluster()
        server.wait_for("this instance writes")
        for i in range(20):
            made = self.apply("MeshExternalService", f"api-{i}", {"match": {"port": 443}})
            self.cluster.delete({**made, "apiVersion": "kuma.io/v1alpha1",
                                 "kind": "MeshExternalService"})
        self.apply("MeshExternalService", "last", {"match": {"port": 443}})
        self.wait_for_status("meshexternalservices", "last")
        left = self.cluster.request("GET",
                                    f"{KUMA}/namespaces/{self.space}/meshexternalservices")
        self.assertEqual([item["metadata"]["name"] for item in left["items"]], ["last"])


class StatusWithoutSubresource(Status):
    subresource = False

    def test_a_subresource_may_come_and_go(self):
        text = (KUBERNETES / "crds" / "meshservices.yaml").read_text()
        server = self.serve_cluster()
        self.apply("MeshService", "before", {"ports": [{"port": 80}]})
        self.wait_for_status("meshservices", "before")
        self.addCleanup(self.cluster.apply_yaml, without_status_subresource(text))
        self.cluster.apply_yaml(text)
        self.apply("MeshService", "with", {"ports": [{"port": 80}]})
        self.wait_for_status("meshservices", "with")
        self.cluster.apply_yaml(without_status_subresource(text))
        self.apply("MeshService", "after", {"ports": [{"port": 80}]})
        self.wait_for_status("meshservices", "after")


if __name__ == "__main__":
    unittest.main()
