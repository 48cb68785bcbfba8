"""A Debian for tests: the files of one in a folder, made once by debootstrap; and systemd booted in it.

Needs root, debootstrap and systemd-nspawn; its tar file stays in build/debootstrap.
"""
import hashlib
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CACHE = SOURCE / "build/debootstrap"
RELEASE = "bookworm"
# What the tests use, besides what the package depends on.
TOOLS = ["systemd", "systemd-sysv", "man-db", "bind9-dnsutils"]
PATIENCE = 120  # seconds for anything but debootstrap


def mirror():
    """The one that this host installs from."""
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(CODENAME) $(ORIGIN) $(SITE)",
                             "Created-By: Packages"], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        codename, origin, site = line.split(" ", 2)
        if (codename, origin) == (RELEASE, "Debian"):
            return site
    raise RuntimeError(f"no source of apt is Debian's {RELEASE}")


def logged(command):
    log = CACHE / "debootstrap.log"
    with open(log, "ab") as output:
        made = subprocess.run(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                              env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    if made.returncode != 0:
        raise RuntimeError(f"{command} failed:\n{log.read_text(errors='replace')[-2000:]}")


def archive(packages):
    """The tar file of a minimal Debian with these packages."""
    packages = sorted({*TOOLS, *packages})
    key = hashlib.sha256(" ".join([RELEASE, *packages]).encode()).hexdigest()[:16]
    path = CACHE / f"{RELEASE}-{platform.machine()}-{key}.tar"
    if path.exists():
        return path
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        root = pathlib.Path(folder, "root")
        # apt knows which packages provide a name that is none, as debootstrap doesn't.
        for command in (["debootstrap", "--variant=minbase", RELEASE, root, mirror()],
                        ["chroot", root, "apt-get", "update"],
                        ["chroot", root, "apt-get", "install", "-y", "--no-install-recommends",
                         *packages],
                        ["chroot", root, "apt-get", "clean"]):
            logged(command)
        subprocess.run(["tar", "-C", root, "-cf", f"{path}.new", "."], check=True)
    os.rename(f"{path}.new", path)
    return path


class Root:
    """A folder with a Debian of its own, until remove()."""

    def __init__(self, packages):
        tar = archive(packages)
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="mesh-dns-debian-"))
        self.path.chmod(0o755)
        subprocess.run(["tar", "-C", self.path, "-xf", tar], check=True)

    def run(self, *command, check=True):
        """Runs a command in a chroot; gives what it printed, and its exit status."""
        return self._run(["chroot", self.path], command, check)

    def start(self, *command):
        return subprocess.Popen(["chroot", self.path, *command], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def _run(self, prefix, command, check):
        run = subprocess.run([*prefix, *command], stdin=subprocess.DEVNULL, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE,
                             env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                                  "DEBIAN_FRONTEND": "noninteractive"})
        if check and run.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, command))} gave {run.returncode}:\n{run.stdout}")
        return run

    def remove(self):
        shutil.rmtree(self.path)


class Machine(Root):
    """A Root in which systemd runs, with a network of its own that has loopback only."""

    def __init__(self, packages):
        super().__init__(packages)
        self.log = self.path.with_suffix(".log")
        with open(self.log, "wb") as output:
            self.nspawn = subprocess.Popen(
                ["systemd-nspawn", "--quiet", "-D", self.path, "--register=no", "--keep-unit",
                 "--private-network", "--console=pipe", "--boot"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self.leader = None
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.nspawn.poll() is None:
            if self._find_leader() and self._is_up():
                return
            time.sleep(0.05)
        said = self.log.read_text(errors="replace")[-1000:]
        self.remove()
        raise CantBoot(said)

    def _find_leader(self):
        tasks = pathlib.Path(f"/proc/{self.nspawn.pid}/task")
        children = " ".join(file.read_text() for file in tasks.glob("*/children")).split()
        self.leader = children[-1] if children else None
        return self.leader

    def _is_up(self):
        state = self.run("systemctl", "is-system-running", check=False).stdout.strip()
        return state in ("running", "degraded")

    def run(self, *command, check=True):
        """Runs a command beside systemd."""
        return self._run(["nsenter", "-t", self.leader, "-m", "-u", "-i", "-n", "-p", "-C"], command,
                         check)

    def in_its_network(self, *command):
        """A command with this host's files."""
        return ["nsenter", "-t", self.leader, "-n", *map(str, command)]

    def remove(self):
        if self.nspawn.poll() is None:
            self.nspawn.terminate()
            try:
                self.nspawn.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                self.nspawn.kill()
                self.nspawn.wait()
        self.log.unlink()
        super().remove()


class CantBoot(Exception):
    """systemd doesn't boot here."""
