#!/usr/bin/env python3
"""What following a cluster costs, with a real API server on this machine.

    tests/cluster/build.sh build/cluster
    bench/cluster.py build/release/app/mesh-dns

Prints: Service created -> name answered; with many Services the time to ready, memory and octets
read; processor time when nothing happens; and how soon a new name is answered after the API server
was killed and came back.
"""
import os
import pathlib
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "cluster"), str(ROOT / "tests" / "e2e")]
os.environ["MESH_DNS"] = sys.argv[1]
import cluster as k8s  # noqa: E402
import harness  # noqa: E402

CHANGES = 200
SERVICES = 3000
IDLE_SECONDS = 60
RESTARTS = 4
AWAY_SECONDS = (0, 60)


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def processor(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start(cluster, folder):
    resources = folder / "resources"
    resources.mkdir(exist_ok=True)
    (resources / "g.yaml").write_text(harness.generator("all", "{{ .DisplayName }}.mesh"))
    begin = time.monotonic()
    server = harness.Server(folder, settings="log: {format: json}\nmode: kubernetes\n",
                            env={"KUBECONFIG": cluster.admin()})
    return server, time.monotonic() - begin


def answered(server, name, address):
    while server.addresses(f"{name}.mesh") != [address]:
        time.sleep(0.0005)


def create(cluster, name):
    made = cluster.request("POST", "/api/v1/namespaces/bench/services",
                           k8s.service("bench", name))
    return made["spec"]["clusterIPs"][0]


def creation(cluster, server):
    times = []
    for i in range(CHANGES):
        address = create(cluster, f"new-{i}")
        begin = time.monotonic()
        answered(server, f"new-{i}", address)
        times.append((time.monotonic() - begin) * 1000)
    print(f"{CHANGES} Services, created (the API server has said so) -> answered: p50 "
          f"{statistics.median(times):.1f} ms, p99 {percentile(times, 0.99):.1f} ms, "
          f"slowest {max(times):.1f} ms")


def restart(cluster, server, away):
    times, outages = [], []
    for i in range(RESTARTS):
        cluster.kill()
        gone = time.monotonic()
        time.sleep(away)
        cluster.start()
        back = time.monotonic()
        outages.append(back - gone)
        name = f"back-{away}-{i}"
        answered(server, name, create(cluster, name))
        times.append(time.monotonic() - back)
    print(f"API server killed, away for {statistics.median(outages):.1f} s: a new name is answered "
          f"{', '.join(f'{t:.2f}' for t in sorted(times))} s after it is ready")


def main():
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        sys.exit(0 if sys.argv[1:] in (["-h"], ["--help"]) else 2)
    cluster = k8s.Cluster()
    cluster.namespace("bench")
    with tempfile.TemporaryDirectory() as folder:
        server, _ = start(cluster, pathlib.Path(folder))
        print(f"no Services: {server.memory() / 2**20:.0f} MiB")
        creation(cluster, server)
        for away in AWAY_SECONDS:
            restart(cluster, server, away)
        server.stop()
    for i in range(SERVICES - CHANGES - RESTARTS * len(AWAY_SECONDS)):
        create(cluster, f"many-{i}")
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            server, seconds = start(cluster, pathlib.Path(folder))
            ready = server.wait_for("ready")
            print(f"{ready['services']} Services: ready after {seconds * 1000:.0f} ms, "
                  f"{server.memory() / 2**20:.0f} MiB (most {server.memory('VmHWM') / 2**20:.0f}), "
                  f"{int(ready['received']) / 1e6:.1f} MB read, "
                  f"{processor(server.process):.2f} s of processor time")
            before = processor(server.process)
            time.sleep(IDLE_SECONDS / 3)
            used = processor(server.process) - before
            print(f"  nothing happens: {used / (IDLE_SECONDS / 3) * 100:.2f} % of a core")
            creation_of_one = time.monotonic()
            answered(server, f"last-{_}", create(cluster, f"last-{_}"))
            print(f"  one more: {(time.monotonic() - creation_of_one) * 1000:.0f} ms with its creation")
            server.stop()
    cluster.close()


if __name__ == "__main__":
    main()
