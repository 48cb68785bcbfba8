"""The API server accepts each manifest of packaging/kubernetes."""
import re
import unittest

import cluster
from test_api_server import KUBERNETES, documents


class Manifests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cluster.Cluster()
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


if __name__ == "__main__":
    unittest.main()
