"""The Debian package: built, checked by lintian, installed in a minimal Debian, and run there by a real
systemd. `./test.sh --all` runs it; the first time takes as long as a release build and debootstrap.
"""
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import time
import unittest

from debian_root import PATIENCE, SOURCE, CantBoot, Machine, Root

NAME = "redis.svc.mesh.local"
UNITS = ["mesh-dns.service", "mesh-dns.socket"]
EXAMPLE = "/usr/share/doc/mesh-dns/examples/quickstart"


def setUpModule():
    needed = ["lintian", "debootstrap", "systemd-nspawn", "nsenter"]
    missing = [tool for tool in needed if not shutil.which(tool)]
    if os.geteuid() != 0 or missing:
        raise unittest.SkipTest(f"needs root and {', '.join(missing or needed)}")
    built = subprocess.run([SOURCE / "packaging/deb.sh"], capture_output=True, text=True, check=True)
    Packaged.deb = pathlib.Path(built.stdout.splitlines()[-1])


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {PATIENCE} s for: {what}")
        time.sleep(0.02)
    return value


class Packaged(unittest.TestCase):
    """What the tests share; `deb` is the package's path."""
    deb = None

    @classmethod
    def control(cls, field):
        return subprocess.run(["dpkg-deb", "-f", cls.deb, field], capture_output=True, text=True,
                              check=True).stdout.strip()

    @classmethod
    def dependencies(cls):
        return re.findall(r"(?:^|, )([a-z0-9.+-]+)", cls.control("Depends"))

    def install_once(self, root):
        """Unless a test before this one has, and left it there."""
        if not (root.path / "usr/bin/mesh-dns").exists():
            self.install(root)

    def install(self, root):
        shutil.copy(self.deb, root.path / "root/mesh-dns.deb")
        return root.run("dpkg", "-i", "/root/mesh-dns.deb").stdout


class Package(Packaged):
    def test_lintian_finds_nothing(self):
        run = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", self.deb],
                             capture_output=True, text=True, check=False)
        self.assertEqual((run.returncode, run.stdout), (0, ""), run.stderr)

    def test_what_it_says_of_itself(self):
        self.assertEqual(self.control("Recommends"), "nftables")
        self.assertLessEqual({"adduser", "libsystemd0", "libc6"}, set(self.dependencies()))
        self.assertRegex(self.deb.name, r"^mesh-dns_[0-9.]+_[a-z0-9]+\.deb$")


class Installed(Packaged):
    """In a chroot, where no systemd runs, as when an image is made."""

    @classmethod
    def setUpClass(cls):
        cls.root = Root(cls.dependencies())
        cls.addClassCleanup(cls.root.remove)

    def setUp(self):
        self.install_once(self.root)

    def owner(self, path):
        """"user group mode" as the root's own passwd names them."""
        return self.root.run("stat", "-c", "%U %G %a", path).stdout.strip()

    def test_files_owners_and_modes(self):
        rows = [
            # path, owner and mode
            ("/usr/bin/mesh-dns", "root root 755"),
            ("/etc/mesh-dns", "root root 755"),
            ("/etc/mesh-dns/mesh-dns.yaml", "root root 644"),
            ("/etc/mesh-dns/resources", "root root 755"),
            ("/lib/systemd/system/mesh-dns.service", "root root 644"),
            ("/lib/systemd/system/mesh-dns.socket", "root root 644"),
            ("/usr/share/man/man1/mesh-dns.1.gz", "root root 644"),
            ("/usr/share/man/man5/mesh-dns.yaml.5.gz", "root root 644"),
            ("/usr/share/bash-completion/completions/mesh-dns", "root root 644"),
            ("/usr/share/zsh/vendor-completions/_mesh-dns", "root root 644"),
            ("/usr/share/doc/mesh-dns/copyright", "root root 644"),
            ("/usr/share/doc/mesh-dns/changelog.gz", "root root 644"),
            ("/usr/share/doc/mesh-dns/libraries/libcli11-dev.copyright", "root root 644"),
            ("/usr/share/doc/mesh-dns/install.md", "root root 644"),
            ("/usr/share/mesh-dns/schemas/resources.json", "root root 644"),
            ("/var/lib/mesh-dns", "mesh-dns mesh-dns 700"),
        ]
        self.assertEqual([(path, self.owner(path)) for path, _ in rows], rows)
        conffiles = self.root.run("dpkg-query", "-W", "-f", "${Conffiles}", "mesh-dns").stdout.split()
        self.assertEqual(conffiles[::2], ["/etc/mesh-dns/mesh-dns.yaml",
                                          "/etc/mesh-dns/resources/README"])
        for unit, wants in zip(UNITS, ("multi-user", "sockets")):
            link = self.root.path / f"etc/systemd/system/{wants}.target.wants/{unit}"
            self.assertEqual(os.readlink(link), f"/lib/systemd/system/{unit}")
        shell = self.root.run("getent", "passwd", "mesh-dns").stdout.strip().split(":")[-1]
        self.assertEqual(shell, "/usr/sbin/nologin")

    def test_the_program_and_its_manual(self):
        version = self.control("Version")
        self.assertEqual(self.root.run("mesh-dns", "--version").stdout, f"mesh-dns {version}\n")
        for page, text in (("mesh-dns", "HostnameGenerators"), ("mesh-dns.yaml", "dns.negativeTtl")):
            self.assertIn(text, self.root.run("man", page).stdout)

    def test_the_settings_are_valid_and_the_example_is_served(self):
        self.root.run("mesh-dns", "validate", EXAMPLE)
        self.root.run("cp", "-r", EXAMPLE, "/etc/mesh-dns/resources")
        process = self.root.start("setpriv", "--reuid=mesh-dns", "--regid=mesh-dns", "--clear-groups",
                                  "mesh-dns", "serve", "--listen", "127.0.0.1:0", "--admin",
                                  "127.0.0.1:0")
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        lines = iter(process.stdout.readline, "")
        port = next(match[1] for line in lines if (match := re.search(r"listening .*port=(\d+)", line)))
        next(line for line in lines if " ready " in line)
        for transport in ("+notcp", "+tcp"):
            answer = self.root.run("dig", "+short", transport, "@127.0.0.1", "-p", port, NAME).stdout
            self.assertRegex(answer, r"^241\.\d+\.\d+\.\d+\n$")
        self.assertEqual(self.owner("/var/lib/mesh-dns/state.db")[:17], "mesh-dns mesh-dns")

    def test_systemd_likes_the_units(self):
        self.assertEqual(self.root.run("systemd-analyze", "verify", *UNITS).stdout, "")
        # In tenths: 2.0.
        self.root.run("systemd-analyze", "security", "--offline=true", "--threshold=20",
                      "/lib/systemd/system/mesh-dns.service")

    def test_removal_keeps_settings_and_state_and_a_purge_keeps_nothing(self):
        kept = ["/etc/mesh-dns/mesh-dns.yaml", "/var/lib/mesh-dns/state.db"]
        self.root.run("mesh-dns", "serve", "--resources", "/nowhere", check=False)
        self.root.run("touch", "/var/lib/mesh-dns/state.db")
        self.root.run("dpkg", "-r", "mesh-dns")
        self.assertFalse((self.root.path / "usr/bin/mesh-dns").exists())
        for path in kept:
            self.assertTrue((self.root.path / path[1:]).exists(), path)
        self.root.run("dpkg", "-P", "mesh-dns")
        left = self.root.run("find", "/etc", "/lib/systemd/system", "/usr", "/var", "-name",
                             "*mesh-dns*", "-not", "-path", "/var/lib/dpkg/*").stdout.split()
        self.assertEqual(left, [])


class Running(Packaged):
    """With a real systemd, as on a host."""

    @classmethod
    def setUpClass(cls):
        try:
            cls.machine = Machine(cls.dependencies())
        except CantBoot as reason:
            raise unittest.SkipTest(f"systemd can't be booted here: {reason}") from reason
        cls.addClassCleanup(cls.machine.remove)

    def setUp(self):
        self.install_once(self.machine)
        self.run_in("cp", "-r", EXAMPLE, "/etc/mesh-dns/resources")
        self.settings = self.machine.path / "etc/mesh-dns/mesh-dns.yaml"
        self.addCleanup(self.reset, self.settings.read_text())
        wait_until(lambda: "241." in self.address(), "the name of the example")

    def reset(self, settings):
        """What an operator may have changed is as after the installation."""
        self.run_in("rm", "-rf", "/etc/systemd/system/mesh-dns.service.d",
                    "/etc/systemd/system/mesh-dns.socket.d")
        if not self.settings.exists():
            return
        self.settings.write_text(settings)
        self.run_in("systemctl", "daemon-reload")
        self.run_in("systemctl", "stop", *UNITS)
        self.run_in("systemctl", "enable", "--now", *reversed(UNITS))

    def run_in(self, *command, check=True):
        return self.machine.run(*command, check=check).stdout

    def show(self, unit, name):
        return self.run_in("systemctl", "show", "-P", name, unit).strip()

    def process(self):
        """Of the service, below the /proc of its machine."""
        proc = pathlib.Path(f"/proc/{self.machine.leader}/root/proc")
        return proc / self.show("mesh-dns.service", "MainPID")

    def address(self, port=15053, transport="+notcp"):
        return self.run_in("dig", "+short", "+tries=1", transport, "@127.0.0.1", "-p", str(port), NAME,
                           check=False).strip()

    def override(self, unit, text):
        path = f"/etc/systemd/system/{unit}.d/test.conf"
        (self.machine.path / path[1:]).parent.mkdir(exist_ok=True)
        (self.machine.path / path[1:]).write_text(text)
        self.run_in("systemctl", "daemon-reload")

    def under_load(self, work):
        """What load.py says of the answers while `work` was done."""
        command = self.machine.in_its_network(
            sys.executable, pathlib.Path(__file__).with_name("load.py"), 15053, NAME)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "PYTHONPATH": str(SOURCE / "tests/e2e")}) as load:
            try:
                self.assertEqual(load.stdout.readline(), "asking\n")
                work()
            finally:
                said = load.communicate("\n", timeout=PATIENCE)[0]
        return json.loads(said)

    def check_nothing_lost(self, load):
        self.assertEqual(load["wrong"], [])
        self.assertGreater(load["sent"], 500)
        self.assertGreater(load["tcp"], 0)
        self.assertEqual(load["received"], load["sent"])

    def test_it_runs_as_its_user_with_one_capability(self):
        self.assertEqual([self.show(unit, "ActiveState") for unit in UNITS], ["active"] * 2)
        self.assertEqual(self.show("mesh-dns.service", "StatusText"), "6 names of 3 services")
        status = (self.process() / "status").read_text()
        user = self.run_in("id", "-u", "mesh-dns").strip()
        self.assertRegex(status, rf"(?m)^Uid:\s+{user}\s+{user}\s")
        # CAP_NET_BIND_SERVICE is the tenth.
        self.assertRegex(status, r"(?m)^CapEff:\s+0000000000000400$")
        self.assertRegex(status, r"(?m)^CapBnd:\s+0000000000000400$")
        state = self.machine.path / "var/lib/private/mesh-dns"
        self.assertEqual(stat.S_IMODE(state.stat().st_mode), 0o700)

    def test_no_query_is_lost_in_eight_restarts(self):
        def restart():
            for _ in range(8):
                self.run_in("systemctl", "restart", "mesh-dns")
        self.check_nothing_lost(self.under_load(restart))

    def test_no_query_is_lost_in_an_upgrade(self):
        before = self.show("mesh-dns.service", "MainPID")
        self.check_nothing_lost(self.under_load(lambda: self.install(self.machine)))
        self.assertNotEqual(self.show("mesh-dns.service", "MainPID"), before)

    def test_no_query_is_lost_while_the_settings_are_wrong(self):
        good = self.settings.read_text()

        def spoil_and_mend():
            self.settings.write_text("lissten: 127.0.0.1:53\n")
            self.run_in("systemctl", "restart", "mesh-dns", check=False)
            self.assertNotEqual(self.show("mesh-dns.service", "ActiveState"), "active")
            self.settings.write_text(good)
            wait_until(lambda: self.show("mesh-dns.service", "ActiveState") == "active", "the service")
        self.check_nothing_lost(self.under_load(spoil_and_mend))

    def test_a_reload_looks_at_the_files(self):
        before = self.show("mesh-dns.service", "MainPID")
        self.run_in("systemctl", "reload", "mesh-dns")
        wait_until(lambda: "SIGHUP" in self.run_in("journalctl", "-u", "mesh-dns"), "the reload")
        self.assertEqual(self.show("mesh-dns.service", "MainPID"), before)

    def test_the_watchdog_restarts_what_hangs(self):
        self.override("mesh-dns.service", "[Service]\nWatchdogSec=2s\n")
        self.run_in("systemctl", "restart", "mesh-dns")
        self.run_in("systemctl", "kill", "-s", "STOP", "mesh-dns")
        wait_until(lambda: self.show("mesh-dns.service", "NRestarts") != "0", "the watchdog")
        wait_until(lambda: "241." in self.address(), "an answer of the one that was started")

    def test_port_53_by_the_socket_unit(self):
        self.override("mesh-dns.socket", "[Socket]\nListenStream=\nListenStream=127.0.0.1:53\n"
                                         "ListenDatagram=127.0.0.1:53\n")
        self.run_in("systemctl", "stop", *UNITS)
        self.run_in("systemctl", "start", *reversed(UNITS))
        for transport in ("+notcp", "+tcp"):
            self.assertRegex(self.address(53, transport), r"^241\.")
        self.assertNotIn("241.", self.address(15053))

    def test_port_53_by_the_settings(self):
        self.settings.write_text('listen: ["127.0.0.1:53"]\n')
        self.run_in("systemctl", "restart", "mesh-dns")
        for port in (53, 15053):
            self.assertRegex(self.address(port), r"^241\.")

    def test_without_the_socket_unit(self):
        self.run_in("systemctl", "disable", "--now", "mesh-dns.socket")
        self.run_in("systemctl", "restart", "mesh-dns")
        self.assertRegex(self.address(), r"^241\.")
        self.assertEqual(self.show("mesh-dns.socket", "ActiveState"), "inactive")

    def test_a_removal_stops_it_and_a_purge_takes_the_state(self):
        address, process = self.address(), self.process()
        self.run_in("dpkg", "-r", "mesh-dns")
        self.assertFalse(process.exists())
        self.assertNotIn("241.", self.address())
        self.install(self.machine)
        wait_until(lambda: self.address() == address, "the same address")
        self.run_in("dpkg", "-P", "mesh-dns")
        self.assertFalse((self.machine.path / "var/lib/private/mesh-dns").exists())
        self.assertFalse(os.path.lexists(self.machine.path / "var/lib/mesh-dns"))


if __name__ == "__main__":
    unittest.main()
