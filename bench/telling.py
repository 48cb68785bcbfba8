#!/usr/bin/env python3
"""What it costs to tell of queries: processor time of the server for one, by who is told.

    bench/telling.py build/release/app/mesh-dns [ANOTHER/mesh-dns]

Asks names of the mesh from this process, 64 at once, of one worker. The ways are tried in turn,
several times, so that a noisy spell hits all alike, and the least of each is printed. A second
program is measured beside the first, telling nobody: an older version, say.
"""
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

if len(sys.argv) not in (2, 3) or sys.argv[1] in ("-h", "--help"):
    print(__doc__)
    sys.exit(0 if sys.argv[1:] in (["-h"], ["--help"]) else 2)
PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
os.environ["MESH_DNS"] = PROGRAM
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "e2e"))
sys.dont_write_bytecode = True

import harness  # noqa: E402

ROUNDS = 7
BATCHES = 2000
BATCH = 64  # queries at once
NAMES = 1000

WAYS = {
    "nobody": "",
    "a log of one query of a hundred": "log: {format: json, queries: 1/100}\n",
    "a log of all": "log: {format: json, queries: on}\n",
    "dnstap": "dnstap: {socket: %s/tap.sock}\n",
}


def processor(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def queries():
    return [harness.encode_query(f"name-{i}.svc.mesh.local", "A")[2:] for i in range(NAMES)]


class Instance:
    def __init__(self, folder, settings, program=PROGRAM):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
        (self.folder / "resources").mkdir()
        names = [harness.service(f"name-{i}") for i in range(NAMES)]
        (self.folder / "resources" / "a.yaml").write_text(harness.documents(*names))
        self.tap = None
        if "dnstap" in settings:
            settings %= self.folder
            self.tap = subprocess.Popen(
                ["fstrm_capture", "-t", "protobuf:dnstap.Dnstap", "-u",
                 str(self.folder / "tap.sock"), "-w", "/dev/null"], stderr=subprocess.DEVNULL)
            harness.wait_until((self.folder / "tap.sock").exists, "the collector's socket")
        harness.BINARY = program
        if "log:" not in settings:
            settings += "log: {format: json}\n"
        self.server = harness.Server(self.folder, settings="workers: 1\n" + settings)

    def cost(self, asked):
        """µs of processor time for a query."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect(("127.0.0.1", self.server.port))
            client.settimeout(5)
            before = processor(self.server.process.pid)
            for batch in range(BATCHES):
                for i in range(BATCH):
                    number = batch * BATCH + i
                    client.send(struct.pack("!H", number & 0xffff) + asked[number % NAMES])
                for _ in range(BATCH):
                    client.recv(2048)
            return (processor(self.server.process.pid) - before) * 1e6 / (BATCHES * BATCH)

    def stop(self):
        self.server.stop()
        if self.tap:
            self.tap.kill()
            self.tap.wait()


def main():
    with tempfile.TemporaryDirectory() as folder:
        instances = {what: Instance(folder, settings) for what, settings in WAYS.items()
                     if "dnstap" not in settings or shutil.which("fstrm_capture")}
        if len(sys.argv) == 3:
            instances[sys.argv[2]] = Instance(folder, "", str(pathlib.Path(sys.argv[2]).resolve()))
        asked = queries()
        costs = {what: [] for what in instances}
        for _ in range(ROUNDS):
            for what, instance in instances.items():
                costs[what].append(instance.cost(asked))
        least = min(costs["nobody"])
        for what, of_rounds in costs.items():
            print(f"{what}: {min(of_rounds):.2f} µs, {min(of_rounds) / least:.2f} times")
        for instance in instances.values():
            instance.stop()


main()
