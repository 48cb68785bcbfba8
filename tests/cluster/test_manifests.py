"""The API server accepts each manifest of packaging/kubernetes."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import cluster
import harness
from test_api_server import KUBERNETES, documents


# As some providers have it: pods of these classes need a quota that names the class.
CRITICAL = {"name": "ResourceQuota", "configuration": {
    "apiVersion": "apiserver.config.k8s.io/v1", "kind": "ResourceQuotaConfiguration",
    "limitedResources": [{"resource": "pods", "matchScopes": [
        {"scopeName": "PriorityClass", "operator": "In",
         "values": ["system-node-critical", "system-cluster-critical"]}]}]}}


class Manifests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cluster.Cluster(admission=[CRITICAL])
        for text in documents(KUBERNETES / "base" / "namespace.yaml"):
            cls.cluster.apply_yaml(text)

    @classmethod
    def tearDownClass(cls):
        cls.cluster.close()

    def test_each_is_accepted(self):
        files = [path for path in sorted(KUBERNETES.glob("*/*.yaml"))
                 if path.name != "kustomization.yaml"]
        self.assertGreater(len(files), 8)
        for path in files:
            for text in documents(path):
                with self.subTest(path.name):
                    self.cluster.apply_yaml(text, dry_run=True)

    def test_each_is_in_its_kustomization(self):
        for folder in ("base", "crds", "daemonset", "sidecar", "status"):
            text = (KUBERNETES / folder / "kustomization.yaml").read_text()
            listed = set(re.findall(r"^  - (.+)$", text, re.M)) - {"../base"}
            there = {path.name for path in (KUBERNETES / folder).glob("*.yaml")}
            self.assertEqual(listed, there - {"kustomization.yaml"}, folder)


    def test_pods_of_the_daemonset_are_admitted_where_critical_ones_need_a_quota(self):
        made = self.cluster.apply_yaml((KUBERNETES / "daemonset" / "daemonset.yaml").read_text())
        pod = {"apiVersion": "v1", "kind": "Pod", "spec": made["spec"]["template"]["spec"],
               "metadata": {"namespace": "mesh-dns", "name": "mesh-dns-1"}}
        with self.assertRaisesRegex(cluster.Refused, "insufficient quota to match these scopes"):
            self.cluster.apply(pod)
        quota = self.cluster.apply_yaml((KUBERNETES / "daemonset" / "quota.yaml").read_text())
        # What the controller of quotas would write.
        quota["status"] = {"hard": quota["spec"]["hard"], "used": {"pods": "0"}}
        self.cluster.request("PUT", "/api/v1/namespaces/mesh-dns/resourcequotas/mesh-dns/status",
                             quota)

        def admitted():
            try:
                return self.cluster.apply(pod)
            except cluster.Refused:
                return None  # the API server hears of the quota by a watch of its own
        harness.wait_until(admitted, "the pod is admitted")


class Container(unittest.TestCase):
    def lay_out(self, root, path=os.environ["PATH"]):
        os.chmod(root, 0o755)
        done = subprocess.run([harness.SOURCE / "packaging" / "rootfs.sh", harness.BINARY, root],
                              capture_output=True, text=True, env={"PATH": path})
        self.assertEqual(done.returncode, 0, done.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "needs root, for another owner")
    def test_a_list_of_libraries_longer_than_a_pipe_holds(self):
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as root:
            program = pathlib.Path(folder) / "ldconfig"
            program.write_text("#!/bin/sh\n/sbin/ldconfig -p && seq 100000\n")
            program.chmod(0o755)
            self.lay_out(root, f"{folder}:{os.environ['PATH']}")
            self.assertTrue(list(pathlib.Path(root).rglob("libnss_dns.so.2")))

    @unittest.skipUnless(os.geteuid() == 0, "needs root, for chroot")
    def test_its_root_holds_the_program_and_no_shell(self):
        libraries = subprocess.run(["ldd", harness.BINARY], capture_output=True, text=True).stdout
        if "libasan" in libraries:
            self.skipTest("a sanitizer needs /proc")
        with tempfile.TemporaryDirectory() as root:
            self.lay_out(root)
            done = subprocess.run(["chroot", "--userspec=65532:65532", root, "/usr/bin/mesh-dns",
                                   "--version"], capture_output=True, text=True)
            self.assertRegex(done.stdout, r"^mesh-dns \d", done.stderr)
            programs = [path.name for path in pathlib.Path(root).rglob("*")
                        if path.is_file() and os.access(path, os.X_OK) and ".so" not in path.name]
            self.assertEqual(programs, ["mesh-dns"])


if __name__ == "__main__":
    unittest.main()
