"""./run.sh, as a person does on a fresh machine: it builds and serves, an edit is seen, a kill -9 and
a second start leave every VIP what it was. Takes as long as a build; `./test.sh --all` runs it."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 1800  # seconds, of which most are the build's


class Run(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mesh-dns-run-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.resources = self.folder / "resources"
        shutil.copytree(SOURCE / "docs/examples/quickstart", self.resources)

    def start(self):
        log_path = self.folder / f"log-{time.monotonic_ns()}"
        with open(log_path, "wb") as log:
            process = subprocess.Popen(
                [SOURCE / "run.sh", "--resources", self.resources, "--state",
                 self.folder / "state.db", "--listen", "127.0.0.1:0"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.addCleanup(self.kill, process)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and process.poll() is None:
            text = log_path.read_text()
            if " ready " in text:
                return process, re.search(r"listening .*port=(\d+)", text).group(1)
            time.sleep(0.05)
        raise AssertionError(log_path.read_text())

    def kill(self, process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def dig(self, port, name):
        command = ["dig", "+short", "@127.0.0.1", "-p", port, name]
        return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.strip()

    def test_the_whole_story(self):
        process, port = self.start()
        vip = self.dig(port, "redis.svc.mesh.local")
        self.assertRegex(vip, r"^241\.\d+\.\d+\.\d+$")
        path = self.resources / "services.yaml"
        path.write_text(path.read_text().replace("name: redis\n", "name: cache\n"))
        end = time.monotonic() + 60
        while not self.dig(port, "cache.svc.mesh.local") and time.monotonic() < end:
            pass
        cache = self.dig(port, "cache.svc.mesh.local")
        self.assertTrue(cache)
        self.kill(process)
        process, port = self.start()
        self.assertEqual(self.dig(port, "cache.svc.mesh.local"), cache)


if __name__ == "__main__":
    unittest.main()
