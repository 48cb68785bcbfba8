#!/usr/bin/env python3
"""From YAML to the first right answer: seconds and peak memory of a cold start, and of a start whose
state file holds the last good table.

    cmake --preset release && cmake --build build/release
    bench/startup.py [--binary build/release/app/mesh-dns] [SERVICES...]

The answer that is waited for is that of the service whose document comes last.
"""
import argparse
import pathlib
import random
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time

DOCUMENT = """type: MeshService
mesh: default
name: service-{i}
labels:
  team: team-{team}
spec:
  selector:
    dataplaneTags:
      kuma.io/service: service-{i}
  ports:
  - port: 80
    name: http
    targetPort: 8080
    appProtocol: http
"""


def query(name):
    wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", random.getrandbits(16), 0x100, 1, 0, 0, 0) + wire + b"\0\0\1\0\1"


def has_address(client, name, port):
    try:
        client.sendto(query(name), ("127.0.0.1", port))
        reply = client.recv(512)
    except OSError:  # nobody listens yet
        return False
    return reply[3] & 15 == 0 and struct.unpack_from("!H", reply, 6)[0] > 0


def peak_memory(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024


def resident_memory(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def start(binary, folder, name):
    """Gives seconds until the name has an address, and until the files were read; and memory, MB."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = open(folder / "log", "w+")
    begin = time.monotonic()
    server = subprocess.Popen([binary, "serve", "--resources", folder / "resources", "--state",
                               folder / "state.db", "--listen", f"127.0.0.1:{port}"], stderr=log)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.005)
            while not has_address(client, name, port):
                if server.poll() is not None:
                    raise SystemExit((folder / "log").read_text())
                time.sleep(0.005)  # or the asking itself would be what is measured
            answered = time.monotonic() - begin
        while " ready " not in (folder / "log").read_text():
            time.sleep(0.01)
        return answered, time.monotonic() - begin, peak_memory(server.pid), resident_memory(server.pid)
    finally:
        server.terminate()  # the table is kept behind the log line
        server.wait()
        log.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", default="build/release/app/mesh-dns")
    parser.add_argument("services", nargs="*", type=int, default=[10_000, 100_000])
    arguments = parser.parse_args()
    print("| services | start | first answer, s | files read, s | peak, MB | then, MB |")
    print("|---|---|---|---|---|---|")
    for count in arguments.services:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="mesh-dns-startup-"))
        try:
            (folder / "resources").mkdir()
            (folder / "resources" / "all.yaml").write_text(
                "---\n".join(DOCUMENT.format(i=i, team=i % 50) for i in range(count)))
            for kind in ("cold", "from the state file"):
                figures = start(arguments.binary, folder, f"service-{count - 1}.svc.mesh.local")
                print(f"| {count} | {kind} | " + " | ".join(
                    [f"{figures[0]:.2f}", f"{figures[1]:.2f}", f"{figures[2]:.0f}",
                     f"{figures[3]:.0f}"]) + " |", flush=True)
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
