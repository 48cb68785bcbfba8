"""Good documents of every kind in both shapes, with every field, and what becomes of them when one
thing is changed."""
import copy

KINDS = ("MeshService", "MeshExternalService", "MeshMultiZoneService", "HostnameGenerator",
         "Dataplane", "Mesh")
META = {
    "annotations": {"a": "b"}, "uid": "u", "resourceVersion": "1", "generation": 1,
    "generateName": "r", "managedFields": [], "ownerReferences": [], "finalizers": [],
    "selfLink": "x", "deletionTimestamp": None, "deletionGracePeriodSeconds": 1}
LABELS = {"team": "db", "example.org/tier": "", "kuma.io/origin": "zone", "kuma.io/mesh": "default"}
STATUS = {"vip": {"ip": "241.0.0.1"}, "vips": [{"ip": "fd00::1"}], "addresses": []}
PORTS = [{"port": 80, "name": "http", "targetPort": 8080, "appProtocol": "http"},
         {"port": 81, "targetPort": "admin"}]
NETWORKING = {
    "address": "192.0.2.1", "advertisedAddress": "x", "outbound": [], "listeners": [],
    "gateway": {}, "transparentProxying": {}, "admin": {},
    "inbound": [{"port": 80, "servicePort": 8080, "address": "x", "serviceAddress": "x",
                 "name": "http", "protocol": "http", "state": "Ready", "health": {"ready": True},
                 "tags": {"kuma.io/service": "web"}, "serviceProbe": {}}]}
SPECS = {
    "MeshService": [
        {"selector": {"dataplaneTags": {"app": "x"}}, "ports": PORTS, "state": "Available",
         "identities": []},
        {"selector": {"dataplaneLabels": {"matchLabels": {"app": "x"}}}},
        {"selector": {"dataplaneRef": {"name": "x"}}}],
    "MeshMultiZoneService": [
        {"selector": {"meshService": {"matchLabels": {"app": "x"}}},
         "ports": [{"port": 80, "name": "http", "appProtocol": "http"}]}],
    "MeshExternalService": [
        {"match": {"type": "HostnameGenerator", "port": 443, "protocol": "tcp"},
         "extension": {"type": "Lambda", "config": {"any": "thing"}},
         "endpoints": [{"address": "example.com", "port": 443, "priority": 1}],
         "tls": {"enabled": True, "allowRenegotiation": False,
                 "version": {"min": "TLS12", "max": "TLS13"},
                 "verification": {
                     "mode": "Secured", "serverName": "example.com",
                     "subjectAltNames": [{"type": "Exact", "value": "example.com"}],
                     "caCert": {"type": "Secret", "secret": "s"},
                     "clientCert": {"inline": "x", "inlineString": "x"},
                     "clientKey": {"insecureInline": {}, "secretRef": {}}}}}],
    "HostnameGenerator": [
        {"selector": {kind: {"matchLabels": {"app": "x"}}},
         "template": "{{ .DisplayName }}.x.mesh", "extension": {"type": "x"}}
        for kind in ("meshService", "meshExternalService", "meshMultiZoneService")],
    "Dataplane": [{"networking": NETWORKING, "metrics": {}, "probes": {}, "envoy": {}}],
    "Mesh": [{"any": "thing"}],
}


def universal(kind, spec):
    document = {"type": kind, "mesh": "default", "name": "x", "labels": LABELS,
                "creationTime": "2024-05-06T07:08:09Z", "modificationTime": "x", "kri": "x",
                "spec": spec, "status": STATUS}
    if kind == "HostnameGenerator":
        del document["mesh"]
    return document


def kubernetes(kind, spec):
    metadata = {"name": "x", "namespace": "y", "labels": LABELS,
                "creationTimestamp": "2024-05-06T07:08:09Z", **META}
    return {"apiVersion": "kuma.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec,
            "status": STATUS}


def flat(document):
    """A Dataplane as it is written in the universal shape: without a spec."""
    return {**{k: v for k, v in document.items() if k != "spec"}, **document["spec"]}


BASES = [shape(kind, spec) for kind in KINDS for spec in SPECS[kind]
         for shape in (universal, kubernetes)]
BASES += [flat(shape("Dataplane", SPECS["Dataplane"][0])) for shape in (universal, kubernetes)]
BASES += [
    {"apiVersion": "v1", "kind": "List", "items": [
        {"type": "MeshService", "name": "x"},
        {"apiVersion": "kuma.io/v1alpha1", "kind": "MeshService", "metadata": {"name": "x"}},
        {"apiVersion": "v1", "kind": "Pod"}]},
    {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {"a": "b"}},
    {"type": "MeshTimeout", "name": "x"},
    {"apiVersion": "kuma.io/v1alpha1", "kind": "MeshTimeout", "metadata": {}},
]

# Of each kind and shape; of the others only what they have else is changed.
FIRST = [base for number, base in enumerate(BASES)
         if all((base.get("type"), base.get("kind")) != (other.get("type"), other.get("kind"))
                for other in BASES[:number])]

UNKNOWN = "zzzzzzzzzzzz"  # nothing is near it, so that the decoder lists what there is
VALUES = [
    None, True, 0, 1, -1, 128, 129, 65535, 65536, 99999999999, 1.5,
    "", "x", " x", "x\n", "A_b", "a b", "a.b", "-a", "a-", "a..b", ".", "80", "true", UNKNOWN,
    "a" * 63, "a" * 64, "a" * 253, "a" * 254, "a" * 63 + "." + "b" * 63,
    "0.0.0.0", "::", "::1", "::x", "1::2::3", "1.2.3.4", "256.1.1.1", "1.2.3", "unix:///x",
    "v1", "v2", "kuma.io/v2", "kuma.io/v1alpha1", "List", "MeshServiceList", "MeshTimeout", "Pod",
    *KINDS, "zone", "global", "TLS10", "TLS13", "Ready", "NotReady", "Unavailable", "SkipAll",
    "Prefix", "InsecureInline", "tls", "{{ .Name }}.x", "{{ nope", "{{ .Name }}.x\n",
    "2024-02-30T00:00:00Z", "2024-05-06 07:08:09.5+02:00", "2024-05-06", "yesterday",
    [], {}, ["x"], [None], [{}], [{"port": 1}], {UNKNOWN: 1}, {"a": "b"}, {"a": 1}, {"a": None},
    {"a b": "c"}, {"a": "b c"}, {"/a": "b"}, {"a/b/c": "d"}, {"A.org/b": "c"}, {"a.org/B_c": "d"},
    {"a" * 63: "b" * 63}, {"a" * 64: "b"}, {"a": "b" * 64}, {"a" * 253 + "/b": "c"},
    {"a" * 254 + "/b": "c"}, {"dataplaneTags": None, "dataplaneRef": None}, {"ip": {}},
    {"matchLabels": None}, {"matchLabels": {}}, {"meshService": None},
    {"meshService": {}, "meshExternalService": {}}, {"clientCert": {}}, {"clientKey": {}},
    {"clientCert": None, "clientKey": {}}, {"networking": {"address": "a"}},
    {"min": "TLS13", "max": "TLS12"},
]


def paths_of(node, at=()):
    yield at
    if isinstance(node, (dict, list)):
        for key in node if isinstance(node, dict) else range(len(node)):
            yield from paths_of(node[key], at + (key,))


def changed(document, path, change):
    """A copy, with change(parent, key) done at the path."""
    document = copy.deepcopy(document)
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    change(parent, path[-1])
    return document


def is_repeated(document, path):
    """What is one definition for all kinds or both shapes is changed in one of them, and in the
    others only as a whole."""
    kind = document.get("kind", document.get("type"))
    below = path[1:] if path[:1] == ("metadata",) else path
    if kind != "MeshService" and below[:1] in (("labels",), ("status",)) and len(below) > 1:
        return True
    if kind != "MeshService" and below and below[0] in META:
        return True
    if path[:1] == ("networking",) and len(path) > 1:
        return True
    return "kind" in document and path[:1] == ("spec",) and len(path) > 2


def mutations(document):
    first = document in FIRST
    for path in paths_of(document):
        if is_repeated(document, path) or not first and path[:1] not in (("spec",), ("networking",)):
            continue
        node = document
        for key in path:
            node = node[key]
        if isinstance(node, dict):
            more = copy.deepcopy(document)
            at = more
            for key in path:
                at = at[key]
            at[UNKNOWN] = 1
            yield more
        if isinstance(node, list) and node and path:
            yield changed(document, path, lambda parent, key: parent[key].append(parent[key][0]))
        if not path:
            continue
        if not isinstance(path[-1], int):
            yield changed(document, path, lambda parent, key: parent.pop(key))
        for value in VALUES:
            yield changed(document, path, lambda parent, key: parent.__setitem__(key, value))
