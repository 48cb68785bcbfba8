#!/usr/bin/env python3
"""bench/reload.py [--binary PATH] [SERVICES...]: one document of many changes.

Writes SERVICES MeshServices in 100 files (fewer for few), starts `mesh-dns serve`, and then replaces one
file again and again by one in which one service has another status.vips, as an editor does: written
beside it and renamed. Prints the time from the rename to the first answer with the new address, and the
processor time that the server used for it. Asks over the loopback interface only.
"""
import argparse
import os
import pathlib
import signal
import socket
import statistics
import struct
import subprocess
import tempfile
import time

CHANGES = 30


def document(i, vip=None):
    status = f", status: {{vips: [{{ip: {vip}}}]}}" if vip else ""
    return (f"---\n{{type: MeshService, mesh: default, name: s{i}, spec: {{ports: [{{port: 80}}]}}"
            f"{status}}}\n")


def query(name):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", 1, 1)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return max(total, int(fields[0])) / 1e9


def pss_mib(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(text.split("Pss:")[1].split()[0]) / 1024


def wait_for(asker, message, wanted):
    while True:
        try:
            asker.send(message)
            reply = asker.recv(512)
            if reply[7] and socket.inet_ntoa(reply[-4:]) == wanted:
                return
        except (TimeoutError, ConnectionError):
            pass


def measure(binary, services):
    per_file = max(services // 100, 10)
    with tempfile.TemporaryDirectory() as folder:
        resources = pathlib.Path(folder) / "resources"
        resources.mkdir()
        for first in range(0, services, per_file):
            text = "".join(document(i) for i in range(first, min(first + per_file, services)))
            (resources / f"f{first}.yaml").write_text(text)
        last = services - 1
        file = max(resources.iterdir(), key=lambda path: int(path.stem[1:]))
        first = int(file.stem[1:])
        port = free_port()
        server = subprocess.Popen(
            [binary, "serve", "--resources", str(resources), "--listen", f"127.0.0.1:{port}",
             "--admin", f"unix:{folder}/admin", "--state", f"{folder}/state.db"],
            stderr=subprocess.DEVNULL)
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
                asker.settimeout(0.002)
                asker.connect(("127.0.0.1", port))
                message = query(f"s{last}.svc.mesh.local")
                times, cpus = [], []
                for change in range(CHANGES + 1):
                    vip = f"241.255.255.{1 + change % 2}"
                    text = "".join(document(i, vip if i == last else None)
                                   for i in range(first, last + 1))
                    beside = resources.parent / "new"
                    beside.write_text(text)
                    time.sleep(0.3)
                    before = cpu_seconds(server.pid)
                    start = time.perf_counter()
                    os.rename(beside, file)
                    wait_for(asker, message, vip)
                    times.append((time.perf_counter() - start) * 1e3)
                    time.sleep(0.2)  # what it stores afterwards counts as well
                    cpus.append((cpu_seconds(server.pid) - before) * 1e3)
            memory = pss_mib(server.pid)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()
    times, cpus = sorted(times[1:]), sorted(cpus[1:])  # the first waits for the first load
    print(f"{services:9} services: new answer after p50 {statistics.median(times):6.1f} ms, slowest "
          f"{times[-1]:6.1f} ms; CPU p50 {statistics.median(cpus):5.1f} ms (the asking included); "
          f"memory {memory:.0f} MiB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default="build/release/app/mesh-dns")
    parser.add_argument("services", nargs="*", type=int, default=[1000, 10_000, 100_000])
    arguments = parser.parse_args()
    for services in arguments.services:
        measure(arguments.binary, services)


if __name__ == "__main__":
    main()
