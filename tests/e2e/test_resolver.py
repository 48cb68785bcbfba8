"""Names that are not ours: the real binary, and upstreams that do what they are told."""
import contextlib
import fcntl
import itertools
import json
import os
import socket
import struct
import termios
import threading
import time
import unittest

from harness import Case, Reply, encode_name, encode_query, generator, service, wait_until
from upstream import Upstream, answer


def silent(_):
    return None


# A server's silence takes all the patience there is, 4 s, so that no question is asked twice because
# the upstream, which is a thread of the test, was slow. WAIT is less than that.
LONG = "  timeout: 60s\n"
WAIT = 3.5
FAILURE_TTL = 2  # seconds in which what failed isn't tried again


def fill(pipe):
    with contextlib.suppress(BrokenPipeError):
        while True:
            os.write(pipe, b"." * 4096)


def waiting_octets(pipe):
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]


class ResolverCase(Case):
    def upstream(self, script=answer, **options):
        upstream = Upstream(script, **options)
        self.addCleanup(upstream.stop)
        return upstream

    def resolver(self, *upstreams, upstream=LONG, rest="", **options):
        self.write("a.yaml", service("redis"),
                   generator("local", "{{ .DisplayName }}.svc.mesh.local"))
        servers = ", ".join(f'"{u.text}"' for u in upstreams)
        settings = (f"log: {{format: json, level: debug}}\nworkers: 2\n"
                    f"upstream:\n  servers: [{servers}]\n{upstream}{rest}")
        return self.serve(settings=settings, **options)


class Forwarding(ResolverCase):
    def test_a_name_that_is_not_ours_is_asked_of_the_upstream(self):
        upstream = self.upstream()
        server = self.resolver(upstream)
        for tcp in (False, True):
            reply = server.ask(f"www{tcp}.example.com", tcp=tcp)
            self.assertEqual((reply.rcode, reply.addresses()), ("NOERROR", ["192.0.2.1"]))
        self.assertTrue(server.addresses("redis.svc.mesh.local")[0].startswith("241."))

    def test_rcodes_and_sections_pass_as_they_are(self):
        def script(question):
            label = question.name.split(".")[0]
            if label == "nx":
                return question.soa("NXDOMAIN")
            if label == "nodata":
                return question.soa()
            if label == "chain":
                return question.reply((None, "CNAME", 60, "b.test."), ("b.test.", "CNAME", 50, "c.test."),
                                      ("c.test.", "A", 40, "192.0.2.7"))
            if label == "type":
                return question.reply((None, 65280, 60, b"\1\2\3"))
            return question.reply(rcode=label.upper())
        server = self.resolver(self.upstream(script))
        for name, rcode in (("nx.test", "NXDOMAIN"), ("nodata.test", "NOERROR"),
                            ("refused.test", "REFUSED"), ("servfail.test", "SERVFAIL"),
                            ("notimp.test", "NOTIMP")):
            with self.subTest(name):
                reply = server.ask(name)
                self.assertEqual((reply.rcode, reply.answer), (rcode, []))
                self.assertEqual(len(reply.authority), int(name[:2] in ("nx", "no") and
                                                           rcode != "NOTIMP"))
        self.assertEqual(server.ask("chain.test").addresses(), ["192.0.2.7"])
        self.assertEqual(len(server.ask("chain.test").answer), 3)
        self.assertIn("TYPE65280", server.dig("type.test", "TYPE65280"))
        self.assertIn("\\# 3 010203", server.dig("type.test", "TYPE65280"))

    def test_a_truncated_answer_is_fetched_over_tcp(self):
        def script(question):
            if not question.tcp:
                return question.reply(flags=0x8380)
            return question.reply(*((None, "A", 60, f"192.0.2.{i}") for i in range(200)))
        upstream = self.upstream(script)
        server = self.resolver(upstream)
        self.assertTrue(server.ask("big.test").tc)
        self.assertEqual(len(server.ask("big.test", tcp=True).answer), 200)
        self.assertEqual([q.tcp for q in upstream.seen], [False, True])

    def test_a_server_without_edns_is_asked_again_without(self):
        def script(question):
            if question.options:
                return question.reply(rcode="FORMERR", edns=False)
            return question.address(edns=False)
        server = self.resolver(self.upstream(script))
        for i in range(5):
            reply = server.ask(f"n{i}.test", edns=True)
            self.assertEqual(reply.addresses(), ["192.0.2.1"])

    def test_options_of_the_client_stay_here(self):
        upstream = self.upstream()
        server = self.resolver(upstream)
        server.dig("a.test", "+cookie=0123456789abcdef", "+subnet=192.0.2.0/24", "+padding=64")
        self.assertEqual(upstream.seen[0].options,
                         b"\0" + struct.pack("!2HIH", 41, 1232, 0, 0))

    def test_the_flags_of_a_validating_client_go_on(self):
        upstream = self.upstream(lambda q: q.address(flags=0x81a0))
        server = self.resolver(upstream)
        self.assertIn(" ad", server.dig("a.test", "+dnssec").split("flags:")[1].split(";")[0])
        self.assertNotIn(" ad", server.dig("b.test", "+noad").split("flags:")[1].split(";")[0])
        server.dig("c.test", "+cdflag", "+dnssec")
        self.assertEqual([q.flags & 0x10 for q in upstream.seen], [0, 0, 0x10])
        self.assertEqual([q.options[7] for q in upstream.seen], [0x80, 0, 0x80])

    def test_zones_have_servers_of_their_own(self):
        default, corp = self.upstream(), self.upstream(lambda q: q.address("192.0.2.2"))
        server = self.resolver(default, upstream=f'{LONG}  zones: {{corp.example: ["{corp.text}"]}}\n')
        self.assertEqual(server.addresses("db.corp.example"), ["192.0.2.2"])
        self.assertEqual(server.addresses("corp.example"), ["192.0.2.2"])
        self.assertEqual(server.addresses("xcorp.example"), ["192.0.2.1"])
        self.assertEqual(default.names(), ["xcorp.example."])


class TrueAnswers(ResolverCase):
    def test_300_queries_have_290_ports_and_ids(self):
        upstream = self.upstream()
        server = self.resolver(upstream)
        for i in range(300):
            server.ask(f"n{i}.test")
        self.assertEqual(len(upstream.seen), 300)
        self.assertGreaterEqual(len({q.client[1] for q in upstream.seen}), 290)
        self.assertGreaterEqual(len({q.id for q in upstream.seen}), 290)
        names = "".join(q.asked for q in upstream.seen)
        self.assertGreater(sum(c.isupper() for c in names), 300, "letters are in random case")

    def test_what_is_no_answer_does_not_end_the_wait(self):
        def script(question):
            forged = "192.0.2.66"
            swapped = question.question[:-4].swapcase() + question.question[-4:]
            return [question.address(forged, ident=question.id ^ 1),
                    question.address(forged, question=encode_name("www.evil") + b"\0\1\0\1"),
                    question.address(forged, question=swapped),
                    question.address(forged, flags=0x0100),
                    question.address(forged)[:-7],
                    question.reply(rcode="NXDOMAIN", question=b"", count=0),
                    b"\xff" * 40, b"",
                    question.address("192.0.2.1")]
        upstream = self.upstream(script, tcp=False)
        server = self.resolver(upstream)
        for i in range(3):
            self.assertEqual(server.addresses(f"n{i}.test"), ["192.0.2.1"])
        self.assertEqual(len(upstream.seen), 3)

    def test_a_reply_from_another_address_or_port_is_not_heard(self):
        def script(question):
            for address in ("127.0.0.1", "127.0.0.2"):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                    other.bind((address, 0))
                    other.sendto(question.address("192.0.2.66"), question.client)
            return question.address("192.0.2.1")
        server = self.resolver(self.upstream(script))
        self.assertEqual(server.addresses("a.test"), ["192.0.2.1"])

    def test_a_server_that_loses_the_case_is_asked_in_lower_case(self):
        def script(question):
            lower = question.question[:-4].lower() + question.question[-4:]
            return question.address(question=lower)
        upstream = self.upstream(script)
        server = self.resolver(upstream, upstream="  timeout: 1s\n")
        self.assertEqual(server.addresses("a-long-name-with-letters.test"), ["192.0.2.1"])
        self.assertEqual(server.addresses("another-name.test"), ["192.0.2.1"])
        self.assertEqual({q.asked for q in upstream.seen if q.name[:2] == "an"}, {"another-name.test."})

    def test_another_names_records_are_not_kept_under_it(self):
        def script(question):
            if question.name == "a.test.":
                return question.reply((None, "A", 60, "192.0.2.1"), ("bank.test.", "A", 60, "192.0.2.66"),
                                      additional=[("bank.test.", "A", 60, "192.0.2.66")])
            return question.address("192.0.2.2")
        server = self.resolver(self.upstream(script))
        server.ask("a.test")
        self.assertEqual(server.addresses("bank.test"), ["192.0.2.2"])


class Failover(ResolverCase):
    def timed(self, server, name):
        began = time.monotonic()
        reply = server.ask(name, timeout=10)
        return reply, time.monotonic() - began

    def test_the_second_is_asked_when_the_first_is_silent(self):
        first, second = self.upstream(silent), self.upstream()
        server = self.resolver(first, second, upstream="  timeout: 1s\n")
        began = time.monotonic()
        reply, seconds = self.timed(server, "a.test")
        self.assertEqual(reply.addresses(), ["192.0.2.1"])
        self.assertLess(seconds, WAIT)
        for i in range(5):
            server.ask(f"n{i}.test")
        # It is probed no more than once a second, beside whom the client's question goes to.
        probes = int(time.monotonic() - began)
        self.assertEqual(first.count("a.test."), 1)
        self.assertLessEqual(len(first.seen) - 1, max(probes - 1, 0), "it is set aside")
        self.assertEqual(server.wait_for("upstream doesn't answer")["upstream"], first.text)

    def test_the_second_is_asked_at_once_when_the_first_refuses(self):
        for script in (lambda q: q.reply(rcode="REFUSED"), lambda q: q.reply(rcode="SERVFAIL")):
            first, second = self.upstream(script), self.upstream()
            server = self.resolver(first, second)
            reply, seconds = self.timed(server, "a.test")
            self.assertEqual(reply.addresses(), ["192.0.2.1"])
            self.assertLess(seconds, WAIT)
            server.stop()

    def test_a_closed_port_is_passed_over_at_once(self):
        gone, second = self.upstream(), self.upstream()
        gone.stop()
        server = self.resolver(gone, second)
        reply, seconds = self.timed(server, "a.test")
        self.assertEqual(reply.addresses(), ["192.0.2.1"])
        self.assertLess(seconds, WAIT)

    def test_a_lost_packet_costs_one_timeout(self):
        lost = []
        def script(question):
            if not lost:
                lost.append(question)
                return None
            return question.address()
        server = self.resolver(self.upstream(script), upstream="  timeout: 200ms\n")
        self.assertEqual(server.addresses("a.test"), ["192.0.2.1"])

    def test_a_log_that_nobody_reads_does_not_keep_the_second_from_being_asked(self):
        reading, writing = os.pipe()
        server = self.resolver(self.upstream(silent), self.upstream(), upstream="  timeout: 100ms\n",
                               wait=False, stderr=writing)
        self.addCleanup(server.kill)
        with open(os.dup(reading)) as log:
            messages = {}
            while "ready" not in messages:
                line = json.loads(log.readline())
                messages[line["message"]] = line
        server.port = int(messages["listening"]["port"])
        filler = threading.Thread(target=fill, args=[writing])
        filler.start()
        self.addCleanup(filler.join)
        self.addCleanup(os.close, reading)  # which ends the filling
        wait_until(lambda: waiting_octets(reading) >= 65536, "a full pipe")
        for name in ("a.test", "b.test"):
            self.assertEqual(server.addresses(name), ["192.0.2.1"])

    def test_a_server_that_is_back_is_found_without_a_client_waiting(self):
        first, second = self.upstream(silent), self.upstream(lambda q: q.address("192.0.2.2"))
        server = self.resolver(first, second, upstream="  timeout: 100ms\n")
        self.assertEqual(server.addresses("a.test"), ["192.0.2.2"])
        first.script = answer
        asked = []
        def is_back():
            asked.append(f"n{len(asked)}.test")
            server.ask(asked[-1])
            return server.logged("upstream answers again")
        wait_until(is_back, "the first server's return")
        # It is asked first again, and gives the answer whenever it does so within the timeout.
        last = (f"last{i}.test" for i in itertools.count())
        wait_until(lambda: server.addresses(next(last)) == ["192.0.2.1"], "an answer of the first")

    def test_nobody_answers(self):
        upstream = self.upstream(silent)
        server = self.resolver(upstream, upstream="  timeout: 100ms\n")
        out = server.dig("a.test")
        self.assertIn("SERVFAIL", out)
        self.assertIn("EDE: 22", out)
        wait_until(lambda: upstream.count("a.test.") >= 3, "three attempts")
        self.assertLessEqual(upstream.count("a.test."), 4)
        self.assertTrue(server.addresses("redis.svc.mesh.local"))

    def test_resolv_conf_is_followed(self):
        path = self.folder / "resolv.conf"
        path.write_text("# nothing yet\n")
        server = self.resolver(env={"MESH_DNS_UPSTREAM_RESOLV_CONF": str(path)})
        self.assertEqual(server.ask("a.test").rcode, "SERVFAIL")
        path.write_text("search example.com\nnameserver 192.0.2.53\nnameserver nonsense\n")
        self.assertEqual(server.wait_for("forwarding", 2)["upstreams"], "192.0.2.53:53")
        self.assertTrue(server.logged('expected an address, found "nonsense"'))


class Caching(ResolverCase):
    def test_an_answer_is_kept_for_its_ttl(self):
        upstream = self.upstream(lambda q: q.address(ttl=2))
        server = self.resolver(upstream, rest="cache: {staleFor: 0s}\n")
        began = time.monotonic()
        for _ in range(5):
            server.ask("a.test")
        count = upstream.count("a.test.")
        self.assertLessEqual(count, 1 + int(time.monotonic() - began))
        wait_until(lambda: server.ask("a.test") and upstream.count("a.test.") > count, "the TTL's end")

    def test_what_has_ttl_0_is_asked_each_time(self):
        upstream = self.upstream(lambda q: q.address(ttl=0))
        server = self.resolver(upstream)
        for _ in range(3):
            server.ask("a.test")
        self.assertEqual(upstream.count("a.test."), 3)

    def test_negative_answers_are_kept_by_their_soa(self):
        upstream = self.upstream(lambda q: q.soa("NXDOMAIN" if q.name[0] == "x" else "NOERROR"))
        server = self.resolver(upstream)
        for _ in range(3):
            self.assertEqual(server.ask("x.test").rcode, "NXDOMAIN")
            self.assertEqual(server.ask("a.test").rcode, "NOERROR")
        self.assertEqual(len(upstream.seen), 2)

    def test_a_question_in_flight_is_asked_once(self):
        asked = threading.Event()
        release = threading.Event()
        def script(question):
            asked.set()
            release.wait(10)
            return question.address()
        upstream = self.upstream(script)
        server = self.resolver(upstream, upstream="  timeout: 10s\n")
        sockets = []
        for i in range(50):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.settimeout(10)
            sock.connect(("127.0.0.1", server.port))
            sock.send(encode_query("A.test" if i % 2 else "a.TEST", "A", i))
            sockets.append(sock)
        asked.wait(10)
        server.addresses("redis.svc.mesh.local")
        release.set()
        for i, sock in enumerate(sockets):
            with sock:
                reply = Reply(sock.recv(65535))
                self.assertEqual((reply.id, reply.addresses()), (i, ["192.0.2.1"]))
        self.assertEqual(upstream.count("a.test."), 1)

    def test_the_stale_answer_is_given_when_the_upstream_is_silent(self):
        upstream = self.upstream(lambda q: q.address(ttl=1))
        server = self.resolver(upstream, rest="cache: {staleAfter: 300ms}\n")
        server.ask("a.test")
        upstream.script = silent
        reply = wait_until(lambda: (r := server.dig("a.test")) and "EDE: 3" in r and r,
                           "a stale answer")
        self.assertIn("192.0.2.1", reply)
        self.assertIn("\t30\tIN", reply)

    def test_a_failure_never_takes_the_place_of_a_stale_answer(self):
        upstream = self.upstream(lambda q: q.address(ttl=1))
        server = self.resolver(upstream)
        server.ask("a.test")
        upstream.script = lambda q: q.reply(rcode="SERVFAIL")
        wait_until(lambda: upstream.count("a.test.") > 1 or not server.ask("a.test"), "a renewal")
        failed = upstream.seen[1].at
        for _ in range(5):
            self.assertEqual(server.addresses("a.test"), ["192.0.2.1"])
        again = int((time.monotonic() - failed) / FAILURE_TTL)
        self.assertLessEqual(upstream.count("a.test.") - 2, again, "it isn't tried again at once")

    def test_the_popular_are_renewed_before_they_run_out(self):
        upstream = self.upstream(lambda q: q.address(ttl=10))
        server = self.resolver(upstream)
        def renewals():
            server.ask("a.test")
            return int(server.metrics()["mesh_dns_cache_prefetches_total"])
        # In the last second of a TTL: a machine that stalls may miss that of the first.
        wait_until(renewals, "a renewal")
        wait_until(lambda: upstream.count("a.test.") > 1, "the question of the renewal")
        self.assertEqual(server.addresses("a.test"), ["192.0.2.1"])

    def test_entries_survive_a_reload_of_the_resources(self):
        upstream = self.upstream()
        server = self.resolver(upstream)
        server.ask("a.test")
        self.write("b.yaml", service("db"))
        server.wait_for_addresses("db.svc.mesh.local")
        server.ask("a.test")
        self.assertEqual(upstream.count("a.test."), 1)


class NoLeaks(ResolverCase):
    def test_what_is_ours_or_special_never_leaves(self):
        upstream = self.upstream()
        server = self.resolver(upstream)
        for name in ("redis.svc.mesh.local", "nope.mesh.local", "mesh.local", "NOPE.Mesh.Local",
                     "1.2.3.241.in-addr.arpa", "localhost", "a.localhost", "x.invalid", "y.onion",
                     "printer"):
            for qtype in ("A", "AAAA"):
                server.ask(name, qtype)
            if name != "printer":
                for qtype in ("TXT", "ANY", "SOA", "TYPE65280", "DS"):
                    server.dig(name, qtype)
            server.dig(name, "A", "-c", "CH")
        self.assertEqual(upstream.names(), [])
        self.assertEqual(server.ask("printer").rcode, "NXDOMAIN")
        server.ask("com", "NS")
        self.assertEqual(upstream.names(), ["com."], "a validating client needs these")

    def test_single_labels_go_on_if_they_are_to(self):
        server = self.resolver(self.upstream(), upstream="  singleLabels: true\n")
        self.assertEqual(server.addresses("printer"), ["192.0.2.1"])


class Load(ResolverCase):
    def test_at_the_limit_the_rest_fails_and_the_mesh_does_not(self):
        upstream = self.upstream(silent)
        server = self.resolver(upstream, upstream="  maxInFlight: 20\n")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(10)
            sock.connect(("127.0.0.1", server.port))
            for i in range(30):
                sock.send(encode_query(f"n{i}.test", "A", i, edns=True))
            limited = [Reply(sock.recv(65535)) for _ in range(10)]
            self.assertEqual({r.rcode for r in limited}, {"SERVFAIL"})
            self.assertTrue(server.addresses("redis.svc.mesh.local"))
            # The silent are given up after some seconds, and make room: others take it.
            rounds = itertools.count(1)
            def refused():
                told = server.dig("other.test")
                if "too many in flight" in told:
                    return told
                for i, more in ((i, next(rounds)) for i in range(30)):
                    sock.send(encode_query(f"more{more}.test", "A", i, edns=True))
                return None
            out = wait_until(refused, "a refusal at the limit")
            self.assertIn("EDE: 0", out)
            self.assertIn("too many in flight", out)

    def test_a_flood_of_questions_leaves_the_mesh_and_the_memory_alone(self):
        server = self.resolver(self.upstream(silent), upstream="  maxInFlight: 50\n")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(("127.0.0.1", server.port))
            before = server.memory()
            for i in range(20000):
                sock.send(encode_query(f"n{i}.test", "A", i & 0xffff))
                if i % 1000 == 0:  # before the socket's buffer is full
                    self.assertTrue(server.addresses("redis.svc.mesh.local"))
        self.assertLess(server.memory() - before, server.bound(64 << 20))

    def test_an_upstream_that_leads_back_is_found_and_not_asked(self):
        loop = self.upstream()
        port = []
        def back(message, send):
            # The test may be over before the answer is there.
            with (contextlib.suppress(OSError),
                  socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock):
                sock.settimeout(10)
                sock.connect(("127.0.0.1", port[0]))
                sock.send(message)
                send(sock.recv(65535))
        loop.handle = lambda *_: None
        server = self.resolver(loop, upstream="  timeout: 100ms\n")
        port.append(server.port)
        self.assertEqual(server.ask("a.test").rcode, "SERVFAIL")
        loop.handle = lambda message, client, send, tcp: threading.Thread(
            target=back, args=(message, send), daemon=True).start()
        server.ask("b.test")
        self.assertEqual(server.wait_for("upstream leads back")["upstream"], loop.text)
        self.assertEqual(server.ask("c.test").rcode, "SERVFAIL")
        self.assertTrue(server.addresses("redis.svc.mesh.local"))

    def test_stopping_answers_what_is_in_flight(self):
        release = threading.Event()
        def script(question):
            release.wait(10)
            return question.address()
        upstream = self.upstream(script)
        # Each question in a thread of its own, so that the second is heard while the first waits.
        handle = upstream.handle
        upstream.handle = lambda *arguments: threading.Thread(
            target=handle, args=arguments, daemon=True).start()
        server = self.resolver(upstream, upstream="  timeout: 5s\n")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, \
                socket.create_connection(("127.0.0.1", server.port)) as stream:
            sock.settimeout(10)
            stream.settimeout(10)
            sock.connect(("127.0.0.1", server.port))
            sock.send(encode_query("udp.test", "A"))
            query = encode_query("tcp.test", "A")
            stream.sendall(struct.pack("!H", len(query)) + query)
            # A connection that no worker has taken yet ends with the server.
            wait_until(lambda: {"udp.test.", "tcp.test."} <= set(upstream.names()), "both questions")
            server.signal(15)
            server.wait_for("stopping")
            release.set()
            self.assertEqual(Reply(sock.recv(65535)).addresses(), ["192.0.2.1"])
            self.assertEqual(Reply(stream.recv(65535)[2:]).addresses(), ["192.0.2.1"])
        self.assertEqual(server.stop(), 0)

    def test_stopping_does_not_wait_for_the_silent(self):
        server = self.resolver(self.upstream(silent), upstream="  timeout: 60s\n")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(("127.0.0.1", server.port))
            sock.send(encode_query("a.test", "A"))
            server.addresses("redis.svc.mesh.local")
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
