"""What no sane API server says, and a broken one or one of an enemy may: the process stays up, its
memory bounded, what was received goes on being served.

(What a real one does is in tests/cluster.)"""
import http.server
import json
import threading
import time
import unittest

from harness import Case, generator, wait_until

VERSION = {"resourceVersion": "10"}


def service(name, address="10.96.0.7", version="11"):
    return {"metadata": {"name": name, "namespace": "ns", "resourceVersion": version,
                         "labels": {"kuma.io/mesh": "default"}},
            "spec": {"clusterIP": address, "ports": [{"port": 80}]}}


def listed(*items, **meta):
    return json.dumps({"kind": "List", "metadata": {**VERSION, **meta}, "items": items}).encode()


def event(kind, thing):
    return json.dumps({"type": kind, "object": thing}).encode() + b"\n"


class ApiServer:
    """Answers lists and watches of Services by a script, each step once; of all else there is
    nothing, for ever."""

    def __init__(self, *steps):
        self.steps = list(steps)
        self.lists = []  # when each of Services was asked for
        self.lock = threading.Lock()
        self.done = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                try:
                    outer.answer(self)
                except OSError:
                    pass  # the client had enough

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request):
        watch = "watch=true" in request.path
        if request.path.startswith("/api/v1/services"):
            with self.lock:
                if not watch:
                    self.lists.append(time.monotonic())
                wanted = self.steps and self.steps[0][0] == ("watch" if watch else "list")
                step = self.steps.pop(0) if wanted else None
            if step:
                return self.give(request, *step[1:])
        if not watch:
            space = [{"metadata": {"name": "ns"}}] if "/namespaces" in request.path else []
            return self.give(request, 200, listed(*space))
        self.give(request, 200, [])
        self.done.wait()  # a watch without events
        return None

    def give(self, request, status, body, headers=()):
        if status is None:
            self.done.wait()
            return
        request.send_response(status)
        for name, value in headers:
            request.send_header(name, value)
        if isinstance(body, bytes):
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)
            return
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        for piece in body:
            request.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            request.wfile.flush()
        if body:
            request.wfile.write(b"0\r\n\r\n")

    def close(self):
        self.done.set()
        self.server.shutdown()
        self.server.server_close()


class Endless:
    """The same octets for ever."""

    def __init__(self, piece):
        self.piece = piece

    def __iter__(self):
        while True:
            yield self.piece


class BadApiServer(Case):
    HEARD = event("BOOKMARK", {"metadata": {"resourceVersion": "15"}})
    GONE = event("ERROR", {"kind": "Status", "code": 410, "message": "too old"})

    def serve_from(self, *steps):
        self.write("generators.yaml", generator("all", "{{ .DisplayName }}.mesh"))
        api = ApiServer(*steps)
        self.addCleanup(api.close)
        config = self.folder / "kubeconfig"
        config.write_text(json.dumps({
            "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c"}}],
            "clusters": [{"name": "c", "cluster": {
                "server": f"http://127.0.0.1:{api.server.server_port}"}}]}))
        server = self.serve(settings="log: {format: json}\nmode: kubernetes\n",
                            env={"KUBECONFIG": str(config)}, wait=False)
        server.port = int(server.wait_for("listening")["port"])
        server.api = api
        return server

    def test_answers(self):
        good = ("list", 200, listed(service("last")))
        cases = {
            "no JSON": [("list", 200, b"<html>"), "not JSON of a list"],
            "no list": [("list", 200, b'{"kind":"Status"}'), "not JSON of a list"],
            "items that are none": [("list", 200, b'{"items":5,"metadata":{}}'), "not JSON of a"],
            "an answer that is cut short": [("list", 200, b"{", [("Content-Length", "99")]),
                                            "reading the answer"],
            # What is too large is asked for in smaller pages, down to those of one object.
            "an endless answer": [*[("list", 200, Endless(b"x" * 65536))] * 5,
                                  "larger than 16777216"],
            "an endless header": [*[("list", 200, b"", [("X", "y" * 100000)])] * 5, "too large"],
            "too many requests": [("list", 429, b"slow down", [("Retry-After", "1")]), "429"],
            "silence": [("list", None, b""), "no answer in time"],
            "an error": [("list", 500, b'{"message":"etcd is sad"}'), "etcd is sad"],
            "a page that has expired": [("list", 200, listed(**{"continue": "x"})),
                                        ("list", 410, b"{}"), "expired"],
        }
        for why, (*steps, said) in cases.items():
            with self.subTest(why):
                server = self.serve_from(*steps, good)
                server.wait_for(said)
                server.wait_for("ready")
                server.wait_for_addresses("last.mesh", ["10.96.0.7"])
                server.stop()

    def test_events(self):
        first = ("list", 200, listed(service("first")))
        relist = ("list", 200, listed(service("first"), service("last"), resourceVersion="20"))
        cases = {
            "no JSON": ([b"garbage\n"], "not JSON of an event"),
            "no object": ([b'{"type":"ADDED"}\n'], "not JSON of an event"),
            "an error": ([event("ERROR", {"code": 500, "message": "too sad"})], "too sad"),
            "an endless line": (Endless(b"y" * 65536), "longer than 16777216"),
        }
        for why, (pieces, said) in cases.items():
            with self.subTest(why):
                server = self.serve_from(first, ("watch", 200, pieces), relist)
                server.wait_for(said)
                server.wait_for_addresses("last.mesh", ["10.96.0.7"])
                self.assertEqual(server.addresses("first.mesh"), ["10.96.0.7"])
                self.assertLess(server.memory("VmHWM"), server.bound(128 << 20))
                server.stop()

    def test_events_come_in_pieces_and_many_at_once(self):
        added = b"".join(event("ADDED", service(f"s{i}", version=str(20 + i)))
                         for i in range(50))
        pieces = [added[:1000], added[1000:1001], added[1001:5000], added[5000:], b"\n\n",
                  event("BOOKMARK", {"metadata": {"resourceVersion": "90"}}),
                  event("UNHEARD-OF", service("s0")), event("DELETED", service("s1"))]
        server = self.serve_from(("list", 200, listed()), ("watch", 200, pieces))
        server.wait_for_addresses("s49.mesh", ["10.96.0.7"])
        server.wait_for_rcode("s1.mesh", "NXDOMAIN")
        self.assertTrue(all(server.addresses(f"s{i}.mesh") for i in range(50) if i != 1))

    def test_an_expired_watch_is_listed_anew(self):
        server = self.serve_from(("list", 200, listed(service("old"))),
                                 ("watch", 200, [self.HEARD, self.GONE]),
                                 ("list", 200, listed(service("new"))))
        server.wait_for_addresses("new.mesh", ["10.96.0.7"])
        self.assertEqual(server.ask("old.mesh").rcode, "NXDOMAIN")
        # At once: nothing failed.
        self.assertEqual(server.logged("too old"), [])

    def test_a_list_that_is_expired_when_it_comes_is_not_listed_anew_at_once(self):
        first = ("list", 200, listed(service("first")))
        cases = {
            "an answer": ("watch", 410, b'{"message":"too old"}'),
            "an event": ("watch", 200, [self.GONE]),
        }
        for why, watch in cases.items():
            with self.subTest(why):
                server = self.serve_from(*[first, watch] * 3, first)
                lists = server.api.lists
                wait_until(lambda: len(lists) == 4, "the last list")
                self.assertEqual(len(server.logged("too old")), 3)
                # Three waits of up to 0.8, 1.6 and 3.2 s, at random. All of them together are this
                # short once in a million runs.
                self.assertGreater(lists[3] - lists[0], 0.03)
                server.stop()

    def test_a_list_in_pages_is_one(self):
        server = self.serve_from(
            ("list", 200, listed(service("a"), **{"continue": "more/&="})),
            ("list", 200, listed(service("b"), **{"continue": "end"})),
            ("list", 200, listed(service("c"))))
        server.wait_for("ready")
        wait_until(lambda: all(server.addresses(f"{name}.mesh") for name in "abc"), "all pages")


if __name__ == "__main__":
    unittest.main()
