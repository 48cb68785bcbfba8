"""What `mesh-dns redirect` writes, beside rules: resolv.conf, and a drop-in of systemd-resolved."""
import os
import pathlib
import subprocess

import namespace
from harness import DEADLINE, generator, run, wait_until
from test_redirect import DROP_IN, ELSEWHERE, OWN, RESOLV_CONF, BEFORE, Redirect, nft

ORIGINAL = "# by hand\nsearch svc.mesh.local\nnameserver 192.0.2.53\noptions timeout:7\n"
RESOLVED = pathlib.Path("/run/systemd/resolve")


def lookup(name):
    """What glibc finds by /etc/resolv.conf."""
    done = subprocess.run(["getent", "ahostsv4", name], capture_output=True, text=True,
                          timeout=DEADLINE)
    return sorted({line.split()[0] for line in done.stdout.splitlines()})


class Files(Redirect):
    def setUp(self):
        super().setUp()
        self.addCleanup(RESOLV_CONF.write_text, "nameserver 192.0.2.53\n")
        RESOLV_CONF.write_text(ORIGINAL)

    def on_port_53(self, upstream=f"{{resolvConf: {BEFORE}}}"):
        self.configure(f"log: {{format: json}}\nlisten: [127.0.0.1:53]\nupstream: {upstream}\n")

    def start(self):
        self.environment = {"MESH_DNS_UPSTREAM_RESOLV_CONF": str(BEFORE)}
        return super().start(prefix=())

    def use_resolved(self):
        RESOLVED.mkdir(parents=True)
        self.addCleanup(RESOLVED.rmdir)
        self.addCleanup(DROP_IN.unlink, missing_ok=True)


class ResolvConf(Files):
    def test_applications_find_both_sorts_of_names(self):
        self.on_port_53()
        server = self.start()
        for _ in range(2):
            self.installed("--with", "resolv.conf")
            self.assertIn("nameserver 127.0.0.1\nsearch svc.mesh.local\noptions timeout:7\n",
                          RESOLV_CONF.read_text())
            self.assertEqual(BEFORE.read_text(), ORIGINAL)
        self.assertEqual(lookup(OWN), self.vip)
        self.assertEqual(lookup("redis"), self.vip)
        # It looks every two seconds whether its file is there.
        wait_until(lambda: server.ask(ELSEWHERE).addresses() == ["192.0.2.80"], "the upstream")
        self.assertEqual(lookup(ELSEWHERE), ["192.0.2.80"])
        self.assertIn("names mesh-dns", self.redirect("show").stdout)
        self.removed()
        self.assertEqual(RESOLV_CONF.read_text(), ORIGINAL)
        self.assertFalse(BEFORE.exists())
        self.assertEqual(lookup(OWN), [])
        self.removed()
        self.assertIn("resolv.conf: not changed", self.redirect("show").stdout)

    def test_a_file_that_is_mounted_by_itself(self):
        mounted = self.folder / "resolv.conf"
        mounted.write_text(ORIGINAL)
        subprocess.run(["mount", "--bind", mounted, RESOLV_CONF], check=True)
        self.addCleanup(subprocess.run, ["umount", RESOLV_CONF], check=True)
        self.on_port_53()
        self.start()
        self.installed("--with", "resolv.conf")
        self.assertIn("nameserver 127.0.0.1\n", mounted.read_text())
        self.assertEqual(BEFORE.read_text(), ORIGINAL)
        self.removed()
        self.assertEqual(mounted.read_text(), ORIGINAL)
        self.assertEqual([p.name for p in RESOLV_CONF.parent.glob("resolv.conf*")], ["resolv.conf"])

    def test_what_can_not_be_put_back_keeps_no_rule_in_place(self):
        self.on_port_53()
        self.start()
        self.installed("--with", "resolv.conf")
        self.installed("--uid", "nobody")
        # What is mounted can't be moved.
        subprocess.run(["mount", "--bind", BEFORE, BEFORE], check=True)
        try:
            done = self.redirect("remove")
        finally:
            subprocess.run(["umount", BEFORE], check=True)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("can't be changed", done.stderr)
        self.assertEqual(nft("list", "ruleset"), "")
        self.assertEqual(RESOLV_CONF.read_text(), ORIGINAL)
        self.assertIn("is deleted", self.removed())
        self.assertFalse(BEFORE.exists())

    def test_dry_run_prints_the_file(self):
        self.on_port_53()
        self.start()
        self.assertIn("nameserver 127.0.0.1\n", self.installed("--with", "resolv.conf", "--dry-run").stdout)
        self.assertEqual(RESOLV_CONF.read_text(), ORIGINAL)

    def refused_and_untouched(self, why):
        self.refused(why, "--with", "resolv.conf")
        self.assertEqual(RESOLV_CONF.read_text(), ORIGINAL)
        self.assertFalse(BEFORE.exists())

    def test_what_can_not_work(self):
        self.configure()
        self.refused_and_untouched("mesh-dns has to listen on port 53, and listens on 127.0.0.1:15053")
        self.on_port_53("{}")
        self.refused_and_untouched(f"set upstream.resolvConf to {BEFORE}")
        self.on_port_53("{servers: [127.0.0.1]}")
        self.refused_and_untouched("nobody left to ask but itself")
        self.on_port_53()
        self.refused_and_untouched("mesh-dns doesn't serve 127.0.0.1:53")
        self.use_resolved()
        self.refused_and_untouched("use --with resolved")


class DropIn(Files):
    def test_the_zones_of_the_generators(self):
        self.use_resolved()
        self.start()
        self.write("b.yaml", generator("db", "{{ .DisplayName }}.db.mesh"))
        self.configure(self.settings + f"resources: [{self.resources}]\n")
        said = self.installed("--with", "resolved", str(self.resources)).stdout
        self.assertIn("systemctl restart systemd-resolved", said)
        text = DROP_IN.read_text()
        self.assertIn("\nDNS=127.0.0.1:15053 [::1]:15053\n", text)
        domains = next(line for line in text.splitlines() if line.startswith("Domains="))
        # Zones within mesh.local need no mention; and the reverse of the VIPs is ours.
        self.assertEqual(sorted(domains.removeprefix("Domains=").split()),
                         ["~241.in-addr.arpa", "~242.in-addr.arpa", "~243.in-addr.arpa",
                          "~db.mesh", "~mesh.local"])
        self.assertIn("as it was", self.installed("--with", "resolved").stdout)
        fake = self.folder / "systemctl"
        fake.write_text(f"#!/bin/sh\necho $* >> {self.folder}/asked\n")
        fake.chmod(0o755)
        path = {"PATH": f"{self.folder}:{os.environ['PATH']}"}
        self.installed("--with", "resolved", "--restart", env=path)
        self.assertEqual((self.folder / "asked").read_text(), "restart systemd-resolved\n")
        fake.write_text("#!/bin/sh\necho no such unit >&2; exit 5\n")
        self.assertIn("no such unit", self.refused("systemctl restart", "--with", "resolved",
                                                   "--restart", env=path).stderr)
        self.assertIn("~db.mesh", self.redirect("show").stdout)
        self.assertIn("is deleted", self.removed())
        self.assertFalse(DROP_IN.exists())
        self.removed()

    def test_what_can_not_work(self):
        self.start()
        self.refused("doesn't seem to use systemd-resolved", "--with", "resolved", str(self.resources))
        self.use_resolved()
        RESOLV_CONF.write_text("nameserver 127.0.0.53\n")
        self.configure("listen: [127.0.0.1:15053]\n")
        self.refused("set upstream.resolvConf to /run/systemd/resolve/resolv.conf",
                     "--with", "resolved", str(self.resources))
        self.assertFalse(DROP_IN.exists())

    def test_a_zone_below_local_is_warned_of(self):
        def warnings():
            done = run("validate", self.resources)
            self.assertEqual(done.returncode, 0, done.stdout)
            return [l for l in done.stdout.splitlines() if "systemd-resolved" in l]
        self.assertEqual(warnings(), [])
        self.use_resolved()
        self.assertIn("warning: mesh.local: ", warnings()[0])
        self.assertIn("redirect install --with resolved", warnings()[0])
        server = self.start()
        self.assertEqual(len(server.logged("names below .local")), len(warnings()))
        self.installed("--with", "resolved", str(self.resources))
        self.assertEqual(warnings(), [])
        self.removed()
        RESOLVED.rmdir()
        try:
            self.assertEqual(warnings(), [])
            RESOLV_CONF.write_text("nameserver 127.0.0.53\n")
            self.assertNotEqual(warnings(), [])
        finally:
            RESOLVED.mkdir()


if __name__ == "__main__":
    namespace.main(__file__, ["nft", "setpriv", "dig"])
