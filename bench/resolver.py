#!/usr/bin/env python3
"""What the resolver does beside answering quickly: prints the figures of docs/performance.md.

    bench/resolver.py build/release/app/mesh-dns

Upstreams are those of the end-to-end tests, in this process; everything is on loopback.
"""
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
    print(__doc__)
    sys.exit(0 if sys.argv[1:] in (["-h"], ["--help"]) else 2)
os.environ["MESH_DNS"] = str(pathlib.Path(sys.argv[1]).resolve())
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "e2e"))
sys.dont_write_bytecode = True

from harness import Server, documents, encode_query, generator, service, wait_until  # noqa: E402
import test_peers  # noqa: E402
from upstream import Upstream, answer  # noqa: E402

OWN = "redis.svc.mesh.local"


def start(folder, *upstreams, settings=""):
    folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
    (folder / "resources").mkdir()
    (folder / "resources" / "a.yaml").write_text(documents(
        service("redis"), generator("local", "{{ .DisplayName }}.svc.mesh.local")))
    servers = ", ".join(f'"{u.text}"' for u in upstreams)
    return Server(folder, settings=f"log: {{format: json}}\nworkers: 2\nupstream:\n"
                                   f"  servers: [{servers}]\n{settings}")


def timed(server, name):
    began = time.monotonic()
    reply = server.ask(name, timeout=10)
    return reply.rcode, (time.monotonic() - began) * 1000


def ports_and_ids(folder):
    upstream = Upstream()
    server = start(folder, upstream)
    for i in range(300):
        server.ask(f"n{i}.test")
    print(f"300 queries one after the other: {len({q.client[1] for q in upstream.seen})} source ports, "
          f"{len({q.id for q in upstream.seen})} ids")
    server.stop()
    upstream.stop()


def dead_upstreams(folder):
    for what, script in (("silent", lambda q: None), ("refusing", lambda q: q.reply(rcode="REFUSED")),
                         ("gone", None)):
        first, second = Upstream(script or answer), Upstream()
        if script is None:
            first.stop()
        server = start(folder, first, second)
        rcode, ms = timed(server, "a.test")
        after = [timed(server, f"n{i}.test")[1] for i in range(50)]
        print(f"first of two upstreams {what}: {rcode} after {ms:.0f} ms, then a median of "
              f"{statistics.median(after):.2f} ms")
        server.stop()
        first.stop()
        second.stop()
    silent = Upstream(lambda q: None)
    server = start(folder, silent)
    rcode, ms = timed(server, "a.test")
    print(f"the only upstream silent: {rcode} after {ms:.0f} ms")
    server.stop()
    silent.stop()


def rss(server):
    for line in pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0


def memory(folder, count=100_000, window=50):
    upstream = Upstream()
    upstream.seen = type("Nothing", (), {"append": lambda *_: None})()
    server = start(folder, upstream)
    empty = rss(server)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.connect(("127.0.0.1", server.port))
        for i in range(count + window):
            if i < count:
                sock.send(encode_query(f"service-{i}.example.org", "A", i & 0xFFFF))
            if i >= window:
                sock.recv(65535)
    print(f"memory: {empty:.1f} MiB, after {count} names {rss(server):.1f} MiB (cache.size 16 MiB)")
    server.stop()
    upstream.stop()


def latencies(server, count=20_000):
    times = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.connect(("127.0.0.1", server.port))
        query = encode_query(OWN, "A", 1)
        for _ in range(count):
            began = time.perf_counter()
            sock.send(query)
            sock.recv(65535)
            times.append((time.perf_counter() - began) * 1e6)
    times.sort()
    return f"p50 {times[count // 2]:.0f} µs, p99 {times[count * 99 // 100]:.0f} µs"


def hung(folder, count=400):
    upstream = Upstream(lambda q: None)
    server = start(folder, upstream, settings="  timeout: 60s\n")
    latencies(server, 2000)
    print(f"a name of the mesh, nothing waiting: {latencies(server)}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", server.port))
        for i in range(count):
            sock.send(encode_query(f"n{i}.test", "A", i))
        wait_until(lambda: len(upstream.seen) >= count, "the questions to be asked")
        print(f"the same, {len(upstream.seen)} questions waiting upstream: {latencies(server)}")
    server.stop()
    upstream.stop()


def cpu(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1e6  # µs


def ask_together(what, pid, port, upstream, names=200, together=200):
    """Each question by many clients at once, while the upstream takes its time."""
    upstream.seen.clear()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        sock.settimeout(10)
        sock.connect(("127.0.0.1", port))
        before = cpu(pid)
        for name in range(names):
            for i in range(together):
                sock.send(encode_query(f"{what}-{name}.example.org", "A", i))
            for i in range(together):
                sock.recv(65535)
        spent = (cpu(pid) - before) / (names * together)
    print(f"{together} equal questions at once, {what}: {len(upstream.seen) / names:.1f} asked upstream, "
          f"{spent:.1f} µs of CPU each")


def slow(question):
    time.sleep(0.01)
    return question.address()


def coalescing(folder):
    upstream = Upstream(slow)
    server = start(folder, upstream)
    ask_together("mesh-dns", server.process.pid, server.port, upstream)
    server.stop()
    if shutil.which("unbound"):
        port = test_peers.free_port()
        config = test_peers.unbound(pathlib.Path(folder), port, upstream.address[1])
        peer(config, "unbound", port, upstream)
    upstream.stop()


def peer(command, what, port, upstream):
    process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def answers():
            try:
                return test_peers.ask(port, "ready.example.org").addresses()
            except OSError:
                return None
        wait_until(answers, f"{what} to answer")
        ask_together(what, process.pid, port, upstream)
    finally:
        process.terminate()
        process.wait()


def main():
    with tempfile.TemporaryDirectory(prefix="mesh-dns-bench-") as folder:
        for measure in (ports_and_ids, dead_upstreams, hung, coalescing, memory):
            measure(folder)


if __name__ == "__main__":
    main()
