"""A real Kubernetes API server with its etcd, and CoreDNS, on loopback, for tests.

No controllers run: EndpointSlices and ServiceAccounts are made by hand, namespaces that are deleted
stay, and nothing is collected.
"""
import atexit
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import harness

PROGRAMS = pathlib.Path(os.environ.get(
    "MESH_DNS_CLUSTER_PROGRAMS",
    pathlib.Path(__file__).resolve().parents[2] / "build" / "cluster"))
READY_SECONDS = 180
# mesh-dns asks an API server that was away for long again after up to 30 s, each collection on its own.
harness.DEADLINE = 120.0


def is_well(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


class Refused(Exception):
    """An answer of the API server that is no success."""

    def __init__(self, status, body):
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


class Authority:
    """A CA and what it signs, PEM files in a folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self._run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ca.key")
        self._run("req", "-x509", "-new", "-key", "ca.key", "-sha256", "-days", "30", "-subj",
                  "/CN=test-ca", "-out", "ca.crt", "-addext",
                  "basicConstraints=critical,CA:TRUE", "-addext",
                  "keyUsage=critical,keyCertSign,cRLSign")

    def _run(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def sign(self, name, subject, extensions):
        """Makes NAME.key and NAME.crt."""
        (self.folder / f"{name}.ext").write_text(extensions)
        self._run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")
        self._run("req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
        self._run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
                  "-CAcreateserial", "-days", "30", "-sha256", "-out", f"{name}.crt", "-extfile",
                  f"{name}.ext")

    def path(self, name):
        return str(self.folder / name)


class Cluster:
    """etcd and kube-apiserver, with RBAC and both families of addresses."""

    def __init__(self, services="10.96.0.0/16,fd00:10:96::/112", address="127.0.0.1", admission=None):
        """`address` is one of this host, by which it is reached too. `admission` are the plugins of
        an AdmissionConfiguration."""
        self.address = address
        self.admission = admission or []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mesh-dns-cluster-"))
        self.services = services
        self.processes = {}
        self.port = harness.free_port()
        self.etcd_port = harness.free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        atexit.register(self.close)
        self.pki = Authority(self.folder / "pki")
        self.pki.sign("server", "/CN=kube-apiserver",
                      "extendedKeyUsage=serverAuth\n"
                      f"subjectAltName=IP:127.0.0.1,IP:{address},DNS:kubernetes.default.svc\n")
        self.pki.sign("admin", "/O=system:masters/CN=admin", "extendedKeyUsage=clientAuth\n")
        self.pki.sign("sa", "/CN=service-accounts", "basicConstraints=CA:FALSE\n")
        self.context = ssl.create_default_context(cafile=self.pki.path("ca.crt"))
        self.context.load_cert_chain(self.pki.path("admin.crt"), self.pki.path("admin.key"))
        self.start_etcd()
        self.start()

    # Processes

    def _spawn(self, name, *arguments):
        log = open(self.folder / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen(
            [str(PROGRAMS / name), *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, start_new_session=True)
        log.close()

    def _wait(self, name, ready):
        end = time.monotonic() + READY_SECONDS
        while not ready():
            if self.processes[name].poll() is not None or time.monotonic() > end:
                tail = (self.folder / f"{name}.log").read_text()[-3000:]
                raise RuntimeError(f"{name} isn't ready:\n{tail}")
            time.sleep(0.05)

    def start_etcd(self):
        peers = f"http://127.0.0.1:{harness.free_port()}"
        client = f"http://127.0.0.1:{self.etcd_port}"
        self._spawn("etcd", "--data-dir", str(self.folder / "etcd"), "--unsafe-no-fsync",
                    "--listen-client-urls", client, "--advertise-client-urls", client,
                    "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
                    "--initial-cluster", f"default={peers}")

        self._wait("etcd", lambda: is_well(f"{client}/health"))

    def start(self):
        """The API server. It comes back at the port it had."""
        issuer = "https://kubernetes.default.svc.cluster.local"
        admission = self.folder / "admission.json"
        admission.write_text(json.dumps({
            "apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration",
            "plugins": self.admission}))
        self._spawn(
            "kube-apiserver", f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
            f"--bind-address={'127.0.0.1' if self.address == '127.0.0.1' else '0.0.0.0'}",
            "--advertise-address=127.0.0.1",
            f"--secure-port={self.port}", f"--tls-cert-file={self.pki.path('server.crt')}",
            f"--tls-private-key-file={self.pki.path('server.key')}",
            f"--client-ca-file={self.pki.path('ca.crt')}",
            f"--service-account-issuer={issuer}", f"--api-audiences={issuer}",
            f"--service-account-key-file={self.pki.path('sa.crt')}",
            f"--service-account-signing-key-file={self.pki.path('sa.key')}",
            f"--service-cluster-ip-range={self.services}", "--authorization-mode=RBAC",
            f"--admission-control-config-file={admission}",
            "--allow-privileged=true", "--disable-admission-plugins=ServiceAccount",
            "--endpoint-reconciler-type=none")

        def ready():
            try:
                return self.request("GET", "/readyz") == "ok"
            except (OSError, Refused):
                return False
        self._wait("kube-apiserver", ready)

    def kill(self, name="kube-apiserver"):
        process = self.processes.pop(name, None)
        if process is not None:
            process.kill()
            process.wait()

    def close(self):
        for name in list(self.processes):
            self.kill(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def rss(self, name):
        status = pathlib.Path(f"/proc/{self.processes[name].pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])

    # Requests, as the administrator

    def request(self, method, path, body=None, content="application/json"):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method,
                                         headers={"Content-Type": content})
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=60) as answer:
                text = answer.read().decode()
                kind = answer.headers.get("Content-Type", "")
        except urllib.error.HTTPError as error:
            raise Refused(error.code, error.read().decode()) from None
        return json.loads(text) if kind.startswith("application/json") else text

    def apply(self, resource, dry_run=False):
        """Server-side apply, as `kubectl apply --server-side` does it."""
        return self._apply(self.path_of(resource), json.dumps(resource).encode(), dry_run)

    def apply_soon(self, resource):
        """Likewise, of a kind whose definition may have come a moment ago."""
        end = time.monotonic() + READY_SECONDS
        while True:
            try:
                return self.apply(resource)
            except Refused as refused:
                if refused.status not in (404, 503) or time.monotonic() > end:
                    raise
            time.sleep(0.05)

    def apply_yaml(self, text, dry_run=False):
        """Likewise, of a document in block style whose metadata are plain."""
        meta = text[text.index("\nmetadata:"):].split("\nspec:")[0]
        space = re.search(r"^  namespace: (\S+)", meta, re.M)
        resource = {"apiVersion": re.search(r"^apiVersion: (\S+)", text, re.M)[1],
                    "kind": re.search(r"^kind: (\S+)", text, re.M)[1],
                    "metadata": {"name": re.search(r"^  name: (\S+)", meta, re.M)[1],
                                 "namespace": space and space[1]}}
        return self._apply(self.path_of(resource), text.encode(), dry_run)

    def _apply(self, path, body, dry_run):
        query = "?fieldManager=test&force=true" + ("&dryRun=All&fieldValidation=Strict" if dry_run else "")
        return self.request("PATCH", path + query, body, "application/apply-patch+yaml")

    def delete(self, resource):
        return self.request("DELETE", self.path_of(resource))

    def path_of(self, resource):
        group = resource["apiVersion"]
        base = f"/api/{group}" if "/" not in group else f"/apis/{group}"
        meta = resource["metadata"]
        space = f"/namespaces/{meta['namespace']}" if meta.get("namespace") else ""
        kind = resource["kind"]
        plural = "meshes" if kind == "Mesh" else kind.lower() + "s"
        return f"{base}{space}/{plural}/{meta['name']}"

    def namespace(self, name, **labels):
        self.apply({"apiVersion": "v1", "kind": "Namespace",
                    "metadata": {"name": name, "labels": labels}})

    def token(self, namespace, account, seconds=3600):
        answer = self.request("POST",
                              f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token",
                              {"spec": {"expirationSeconds": seconds}})
        return answer["status"]["token"]

    # How to reach it

    def kubeconfig(self, name, user):
        """Writes one with the fields of `user`; returns its path."""
        path = self.folder / f"{name}.kubeconfig"
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {
                "server": f"https://{self.address}:{self.port}", "certificate-authority": self.pki.path("ca.crt")}}],
            "users": [{"name": "user", "user": user}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "user"}}]}))
        return str(path)

    def admin(self):
        return self.kubeconfig("admin", {"client-certificate": self.pki.path("admin.crt"),
                                         "client-key": self.pki.path("admin.key")})

    # The cluster's DNS

    def start_dns(self):
        """CoreDNS with the kubernetes plugin; returns its port."""
        self.dns_port = harness.free_port()
        health = harness.free_port()
        (self.folder / "Corefile").write_text(f"""
cluster.local:{self.dns_port} in-addr.arpa:{self.dns_port} ip6.arpa:{self.dns_port} {{
    bind 127.0.0.1
    errors
    ready 127.0.0.1:{health}
    kubernetes cluster.local in-addr.arpa ip6.arpa {{
        kubeconfig {self.admin()} test
        pods insecure
        ttl 1
    }}
}}
.:{self.dns_port} {{
    bind 127.0.0.1
    template ANY ANY . {{
        rcode NXDOMAIN
        authority ". 60 IN SOA a.root-servers.net. nstld.example. 1 1800 900 604800 60"
    }}
}}
""")
        self._spawn("coredns", "-conf", str(self.folder / "Corefile"))

        self._wait("coredns", lambda: is_well(f"http://127.0.0.1:{health}/ready"))
        return self.dns_port


# Objects

def service(namespace, name, ports=(), labels=None, annotations=None, **spec):
    labels = {"kuma.io/mesh": "default"} if labels is None else labels
    ports = [dict(port) for port in (ports or [{"port": 6379, "name": "redis"}])]
    return {"apiVersion": "v1", "kind": "Service",
            "metadata": {"namespace": namespace, "name": name, "labels": labels,
                         "annotations": annotations or {}},
            "spec": {"ports": ports, "selector": {"app": name}, **spec}}


def pod(namespace, name, labels=None, annotations=None):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": namespace, "name": name, "labels": labels or {},
                         "annotations": annotations or {}},
            "spec": {"containers": [{"name": "c", "image": "none"}]}}


def slice_of(namespace, name, of, endpoints, family="IPv4", labels=None):
    """`endpoints` are (pod, address) or (pod, address, the pod's uid)."""
    labels = {"kuma.io/mesh": "default"} if labels is None else labels
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"namespace": namespace, "name": name,
                         "labels": {"kubernetes.io/service-name": of, **labels}},
            "addressType": family, "ports": [{"port": 6379, "name": "redis", "protocol": "TCP"}],
            "endpoints": [{"addresses": [address], "conditions": {"ready": True},
                           "hostname": pod,
                           "targetRef": {"kind": "Pod", "name": pod, "namespace": namespace,
                                         "uid": uid[0] if uid else None}}
                          for pod, address, *uid in endpoints]}
