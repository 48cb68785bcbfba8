"""A real systemd-resolved, with the drop-in that `mesh-dns redirect` writes.

It is unpacked from Debian's package, not installed: that would change the resolv.conf of the machine.
$MESH_DNS_TEST_RESOLVED may name a folder that it is unpacked in.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile

import namespace
from harness import DEADLINE, wait_until
from test_redirect import DROP_IN, ELSEWHERE, OWN, RESOLV_CONF, Redirect, dig
from test_redirect_files import lookup

UNPACKED = "MESH_DNS_TEST_RESOLVED"
UPLINKS = "/run/systemd/resolve/resolv.conf"
STUB = "127.0.0.53"


def unpacked(name):
    return pathlib.Path(os.environ[UNPACKED]) / name


class Resolved(Redirect):
    @classmethod
    def setUpClass(cls):
        for name, uid in (("passwd", "x:9904:9904::/:/usr/sbin/nologin"), ("group", "x:9904:")):
            with open(f"/etc/{name}", "a", encoding="ascii") as file:
                file.write(f"systemd-resolve:{uid}\n")
        shutil.copy(unpacked("usr/share/dbus-1/system.d/org.freedesktop.resolve1.conf"),
                    "/etc/dbus-1/system.d/")
        pathlib.Path("/run/dbus").mkdir()
        cls.bus = subprocess.Popen(["dbus-daemon", "--system", "--nofork", "--nopidfile"])
        cls.addClassCleanup(cls.bus.wait)
        cls.addClassCleanup(cls.bus.terminate)
        shown = subprocess.run(["ip", "-o", "link", "show", "host0"], capture_output=True, text=True,
                               check=True).stdout
        links = pathlib.Path("/run/systemd/netif/links")
        links.mkdir(parents=True)
        # What systemd-networkd says of an interface that has a server of its own.
        (links / shown.split(":")[0]).write_text(
            "ADMIN_STATE=configured\nOPER_STATE=routable\nCARRIER_STATE=carrier\n"
            "ADDRESS_STATE=routable\nIPV4_ADDRESS_STATE=routable\nNETWORK_FILE=/etc/x.network\n"
            "DNS=192.0.2.53\n")

    def setUp(self):
        super().setUp()
        self.addCleanup(DROP_IN.unlink, missing_ok=True)
        self.addCleanup(RESOLV_CONF.write_text, "nameserver 192.0.2.53\n")
        RESOLV_CONF.write_text(f"nameserver {STUB}\n")
        self.resolved = None
        self.log = self.folder / "resolved.txt"
        self.addCleanup(self.stop_resolved)

    def stop_resolved(self):
        if self.resolved:
            self.resolved.terminate()
            self.resolved.wait()
            self.resolved = None

    def start_resolved(self):
        """Anew, as after `systemctl restart`."""
        self.stop_resolved()
        folder = pathlib.Path("/run/systemd/resolve")
        folder.mkdir(exist_ok=True)
        shutil.chown(folder, 9904, 9904)
        with open(self.log, "ab") as log:
            self.resolved = subprocess.Popen([unpacked("lib/systemd/systemd-resolved")], stdout=log,
                                             stderr=log, env={"SYSTEMD_LOG_LEVEL": "debug"})
        wait_until(lambda: dig(ELSEWHERE, STUB) == ["192.0.2.80"], "systemd-resolved to answer")
        self.upstream.seen.clear()

    def resolvectl(self, name):
        return subprocess.run([unpacked("usr/bin/resolvectl"), "query", name], capture_output=True,
                              text=True, timeout=DEADLINE).stdout

    def of_ours(self):
        """What the servers of the interface were asked of names that are mesh-dns's."""
        return [name for name in self.upstream.names() if name != f"{ELSEWHERE}."]

    def forward_to(self, file):
        self.configure('log: {format: json}\nlisten: ["127.0.0.1:15053"]\n'
                       f"upstream: {{resolvConf: {file}}}\n")
        self.environment = {"MESH_DNS_UPSTREAM_RESOLV_CONF": file}

    def test_the_drop_in(self):
        self.start_resolved()
        self.forward_to(UPLINKS)
        self.start()
        self.assertEqual(lookup(OWN), [], "it asks nobody for .local")
        self.assertEqual(self.of_ours(), [])
        self.installed("--with", "resolved", str(self.resources))
        self.start_resolved()
        self.assertIn(self.vip[0], self.resolvectl(OWN))
        self.assertEqual(lookup(OWN), self.vip)
        reverse = ".".join(reversed(self.vip[0].split("."))) + ".in-addr.arpa"
        self.assertEqual(dig(reverse, STUB, "-t", "PTR"), [f"{OWN}."])
        self.assertEqual(self.of_ours(), [], "what is ours is asked of mesh-dns alone")
        self.assertIn("192.0.2.80", self.resolvectl(ELSEWHERE))
        self.assertEqual(dig("nope.svc.mesh.local", STUB), [])
        self.assertNotIn("degraded", self.log.read_text())
        self.removed()
        self.start_resolved()
        self.assertEqual(lookup(OWN), [])

    def test_mesh_dns_forwards_past_it(self):
        self.forward_to(UPLINKS)
        self.start_resolved()
        server = self.start()
        self.installed("--with", "resolved", str(self.resources))
        self.start_resolved()
        self.assertNotIn("127.0.0.1", pathlib.Path(UPLINKS).read_text())
        self.assertEqual(server.ask(ELSEWHERE).addresses(), ["192.0.2.80"])
        self.assertEqual(server.logged("leads back to this server"), [])

    def test_rules_with_it_as_the_upstream(self):
        """It binds its sockets to interfaces, so that redirecting them would cut it off."""
        self.start_resolved()
        self.forward_to("/etc/resolv.conf")
        server = self.start()
        said = self.installed().stdout
        self.assertIn("uid 9904 (systemd-resolve listens on 127.0.0.53:53)", said)
        self.assertEqual(lookup(OWN), self.vip)
        self.assertEqual(dig(OWN, STUB), self.vip)
        self.upstream.script = lambda question: question.address("192.0.2.81")
        self.assertEqual(dig("a.example.org", STUB), ["192.0.2.81"])
        self.assertEqual(self.upstream.count("a.example.org."), 1)
        self.assertEqual(server.logged("leads back to this server"), [])


def main():
    if namespace.INSIDE in os.environ or UNPACKED in os.environ:
        return namespace.main(__file__, ["nft", "setpriv", "dig", "dbus-daemon"])
    with tempfile.TemporaryDirectory(prefix="mesh-dns-resolved-") as folder:
        os.chmod(folder, 0o755)
        download = subprocess.run(["apt-get", "download", "systemd-resolved"], cwd=folder,
                                  capture_output=True, text=True, check=False)
        packages = list(pathlib.Path(folder).glob("*.deb"))
        if download.returncode != 0 or not packages:
            namespace.skip("systemd-resolved can't be downloaded: " + download.stderr.strip())
        subprocess.run(["dpkg-deb", "-x", packages[0], folder], check=True)
        os.environ[UNPACKED] = folder
        linked = subprocess.run(["ldd", unpacked("lib/systemd/systemd-resolved")], capture_output=True,
                                text=True, check=True).stdout
        if "not found" in linked:
            namespace.skip("a library of systemd is missing: " + linked)
        return namespace.main(__file__, ["nft", "setpriv", "dig", "dbus-daemon"])


if __name__ == "__main__":
    main()
