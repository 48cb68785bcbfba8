"""As in a pod: the service account's files, and a network that can be cut."""
import os
import pathlib
import shutil
import subprocess
import time
import unittest

import cluster
import harness
from test_api_server import GENERATOR, KUBERNETES, documents

NETNS = f"mesh-dns-{os.getpid()}"
HOST, POD = "10.213.7.1", "10.213.7.2"
LINK = f"md{os.getpid() % 100000}"
CUT_SECONDS = 120  # until a cut is noticed, at most


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


@unittest.skipUnless(os.geteuid() == 0, "needs root, for namespaces")
class Pod(harness.Case):
    @classmethod
    def setUpClass(cls):
        ip("netns", "add", NETNS)
        cls.addClassCleanup(ip, "netns", "del", NETNS)
        ip("link", "add", LINK, "type", "veth", "peer", "name", "eth0", "netns", NETNS)
        ip("address", "add", f"{HOST}/30", "dev", LINK)
        ip("link", "set", LINK, "up")
        ip("-n", NETNS, "address", "add", f"{POD}/30", "dev", "eth0")
        ip("-n", NETNS, "link", "set", "eth0", "up")
        ip("-n", NETNS, "link", "set", "lo", "up")
        cls.cluster = cluster.Cluster(address=HOST)
        cls.addClassCleanup(cls.cluster.close)
        for name in ("namespace", "service-account", "rbac"):
            for text in documents(KUBERNETES / "base" / f"{name}.yaml"):
                cls.cluster.apply_yaml(text)

    def serve_in_pod(self):
        self.write("generators.yaml", GENERATOR)
        account = self.folder / "account"
        account.mkdir()
        (account / "token").write_text(self.cluster.token("mesh-dns", "mesh-dns"))
        (account / "namespace").write_text("mesh-dns")
        shutil.copy(self.cluster.pki.path("ca.crt"), account / "ca.crt")
        script = pathlib.Path(__file__).parent / "in_pod.sh"
        # The program isn't in the mount namespace's /run, wherever it is.
        return self.serve(
            settings="log: {format: json}\nmode: kubernetes\n",
            env={"KUBERNETES_SERVICE_HOST": HOST,
                 "KUBERNETES_SERVICE_PORT": str(self.cluster.port)},
            prefix=["ip", "netns", "exec", NETNS, "unshare", "--mount", "bash", str(script),
                    str(account)])

    def dig(self, server, name):
        return subprocess.run(
            ["ip", "netns", "exec", NETNS, "dig", "@127.0.0.1", "-p", str(server.port), "+short",
             "+time=10", "+tries=1", name], capture_output=True, text=True).stdout.split()

    def wait_for(self, server, name, expected, seconds=harness.DEADLINE):
        end = time.monotonic() + seconds
        while self.dig(server, name) != expected:
            self.assertLess(time.monotonic(), end, f"{name} isn't {expected}")

    def make(self, name):
        self.cluster.namespace("shop")
        made = self.cluster.apply(cluster.service("shop", name))
        return f"{name}.shop.mesh", made["spec"]["clusterIPs"]

    def test_the_network_is_cut_and_mended(self):
        server = self.serve_in_pod()
        redis = self.make("redis")
        self.wait_for(server, *redis)
        ip("link", "set", LINK, "down")
        later = self.make("later")
        end = time.monotonic() + CUT_SECONDS
        while not server.logged("timed out"):
            self.assertEqual(self.dig(server, redis[0]), redis[1])
            self.assertLess(time.monotonic(), end, server.log_path.read_text())
            time.sleep(0.2)
        ip("link", "set", LINK, "up")
        self.wait_for(server, *later, seconds=CUT_SECONDS)
        self.assertEqual(self.dig(server, redis[0]), redis[1])


if __name__ == "__main__":
    unittest.main()
