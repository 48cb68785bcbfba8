"""Commands of the manual that can't be run in a sandbox, and YAML that isn't ours.

Each has its reason, and where there is one a command that is run in its place and proves it in
another way. To add one, copy the line that a failing test prints, and say why.
"""
import dataclasses


@dataclasses.dataclass(frozen=True)
class NotRun:
    why: str
    instead: str = ""  # run in the sandbox, where the command would be; must end with status 0


BUILDS = "builds for minutes"
MEASURES = "measures for minutes"
SYSTEMD = "needs systemd as process 1"
PACKAGE = SYSTEMD + "; tests/packaging/test_package.py does it in a Debian"
SSH = "needs a second machine"
CLUSTER = "needs a cluster; tests/cluster has one"

# (page, command on one line without its comment): why
NOT_RUN = {
    ("README.md", "./run.sh"): NotRun(
        BUILDS + "; tests/e2e/test_run.py does", "PATH=$PWD/tests/docs/instead:$PATH ./run.sh"),
    ("README.md", "./test.sh"): NotRun("is what runs this", "./test.sh --help"),
    ("docs/quickstart.md", "./run.sh"): NotRun(
        BUILDS + "; tests/e2e/test_run.py does", "PATH=$PWD/tests/docs/instead:$PATH ./run.sh"),
    ("docs/performance.md", "cmake --preset release && cmake --build build/release"): NotRun(
        BUILDS, "cmake --list-presets | grep '\"release\"'"),
    ("docs/performance.md", "build/release/bench/bench_answer"): NotRun(
        MEASURES, "grep 'add_executable(bench_answer ' bench/CMakeLists.txt"),
    ("docs/performance.md", "bench/startup.py 10000 100000"): NotRun(
        MEASURES, "bench/startup.py --help | grep services"),
    ("docs/performance.md", "bench/resolver.py build/release/app/mesh-dns"): NotRun(
        MEASURES, "bench/resolver.py --help | grep 'bench/resolver.py build/release/app/mesh-dns'"),
    ("docs/performance.md", "tests/cluster/build.sh build/cluster"): NotRun(
        BUILDS, "bash -n tests/cluster/build.sh"),
    ("docs/performance.md", "bench/telling.py build/release/app/mesh-dns"): NotRun(
        MEASURES, "bench/telling.py --help | grep 'bench/telling.py build/release/app/mesh-dns'"),
    ("docs/performance.md", "bench/cluster.py build/release/app/mesh-dns"): NotRun(
        MEASURES, "bench/cluster.py --help | grep 'bench/cluster.py build/release/app/mesh-dns'"),
    ("docs/logs.md", "fstrm_capture -t protobuf:dnstap.Dnstap -u /run/dnstap.sock -w queries.tap"): NotRun(
        "goes on until it is ended",
        "fstrm_capture -t protobuf:dnstap.Dnstap -u /run/dnstap.sock -w queries.tap &"
        " until test -S /run/dnstap.sock; do sleep 0.05; done"),
    ("docs/redirect.md", "mesh-dns redirect install --cgroup apps.slice"): NotRun(
        "needs a cgroup; tests/e2e/test_redirect.py makes one", "grep -e --cgroup tests/e2e/test_redirect.py"),
    ("docs/redirect.md", "systemctl restart systemd-resolved"): NotRun(
        SYSTEMD + "; tests/e2e/test_resolved.py has it",
        "test -f /etc/systemd/resolved.conf.d/mesh-dns.conf"),
    ("docs/install.md", "apt-get install ./mesh-dns_0.1.0_amd64.deb"): NotRun(PACKAGE),
    ("docs/install.md", "apt-get install ./mesh-dns_NEW_amd64.deb"): NotRun(PACKAGE),
    ("docs/install.md", "apt-get remove mesh-dns"): NotRun(PACKAGE),
    ("docs/install.md", "apt-get purge mesh-dns"): NotRun(PACKAGE),
    ("docs/install.md", "systemctl status mesh-dns"): NotRun(
        PACKAGE, "test -f packaging/systemd/mesh-dns.service"),
    ("docs/install.md", "journalctl -u mesh-dns"): NotRun(PACKAGE),
    ("docs/install.md", "systemctl stop mesh-dns.service mesh-dns.socket"): NotRun(PACKAGE),
    ("docs/install.md", "systemctl start mesh-dns.socket mesh-dns.service"): NotRun(
        PACKAGE, "test -f packaging/systemd/mesh-dns.socket"),
    ("docs/install.md", "systemctl restart mesh-dns"): NotRun(PACKAGE),
    ("docs/install.md", "systemctl reload mesh-dns"): NotRun(PACKAGE),
    ("docs/install.md", "systemctl stop mesh-dns.socket mesh-dns.service"): NotRun(PACKAGE),
    ("docs/install.md", "cmake --preset release"): NotRun(
        BUILDS, "cmake --list-presets | grep '\"release\"'"),
    ("docs/install.md", "cmake --build build/release --target package_files"): NotRun(
        BUILDS, "grep -r 'add_custom_target(package_files' CMakeLists.txt packaging"),
    ("docs/install.md", "DESTDIR=/somewhere cmake --install build/release --prefix /usr"): NotRun(
        BUILDS, "bash -n packaging/deb.sh"),
    ("docs/page.md", "ssh -N -L 15056:127.0.0.1:15056 root@node-17"): NotRun(
        SSH, "curl -s 127.0.0.1:15056/ | grep '<title>Ready'"),
    ("docs/page.md", "ssh -N -L 15056:/run/mesh-dns/admin.sock root@node-17"): NotRun(SSH),
    ("docs/kubernetes.md", "kubectl apply -f docs/examples/cluster/redis.yaml"): NotRun(
        CLUSTER, "mesh-dns validate docs/examples/cluster && "
                 "grep -r docs.*examples.*cluster tests/cluster/*.py"),
    ("docs/kubernetes.md", "mesh-dns serve --mode kubernetes --resources "
     "docs/examples/cluster/generator.yaml --listen 127.0.0.1:15053 --state /tmp/state.db"): NotRun(
        CLUSTER, "mesh-dns serve --mode kubernetes --resources docs/examples/cluster/generator.yaml "
                 "--listen 127.0.0.1:15053 --state /tmp/state.db 2>&1 | "
                 "grep 'KUBERNETES_SERVICE_HOST: is not set'"),
    ("docs/kubernetes.md", "dig +short @127.0.0.1 -p 15053 redis.redis-system.svc.mesh.local"): NotRun(
        CLUSTER),
    ("docs/kubernetes.md",
     "dig +short @127.0.0.1 -p 15053 _redis._tcp.redis.redis-system.svc.mesh.local SRV"): NotRun(CLUSTER),
    ("docs/kubernetes.md",
     "docker build -f packaging/kubernetes/Dockerfile -t mesh-dns ."): NotRun(
        BUILDS + "; tests/cluster/test_manifests.py lays out its root",
        "test -f packaging/kubernetes/Dockerfile"),
    ("docs/kubernetes.md", "kubectl apply -k packaging/kubernetes/daemonset"): NotRun(
        CLUSTER + ", and test_manifests.py applies each file",
        "test -f packaging/kubernetes/daemonset/kustomization.yaml && "
        "grep '\"daemonset\"' tests/cluster/test_manifests.py"),
}

# (page, first line of the block): what it is a part of
NOT_OURS = {
    ("docs/editing.md", "# yaml-language-server: $schema=/usr/share/mesh-dns/schemas/resources.json"):
        "the beginning of a HostnameGenerator",
    ("docs/editing.md", "repos:"): "of pre-commit",
    ("docs/editing.md", "validate:"): "a job of GitLab",
    ("docs/kubernetes.md", "spec:"): "a pod",
    ("docs/resources.md", "type: MeshService                     apiVersion: kuma.io/v1alpha1"):
        "two shapes side by side",
    ("docs/resources.md", "labels: {kuma.io/origin: global, kuma.io/zone: west, kuma.io/env: universal}"):
        "a MeshService; docs/examples/multi-zone has the whole",
}
