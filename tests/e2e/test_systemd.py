"""What a service manager does to mesh-dns and hears from it: sockets by LISTEN_FDS, restarts with them,
NOTIFY_SOCKET, the watchdog."""
import contextlib
import os
import signal
import socket
import struct
import unittest

from harness import (DEADLINE, Case, Load, Reply, TcpLoad, encode_query, receive_message, service,
                     wait_until)
from upstream import Upstream

NAME = "redis.svc.mesh.local"


def bound_pair(host="127.0.0.1", family=socket.AF_INET):
    """A UDP and a TCP socket on one free port, as a socket unit makes them."""
    while True:
        udp = socket.socket(family, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        udp.bind((host, 0))
        tcp = socket.socket(family, socket.SOCK_STREAM)
        try:
            tcp.bind((host, udp.getsockname()[1]))
            tcp.listen(1024)
            return udp, tcp
        except OSError:
            udp.close()
            tcp.close()


class Notified:
    """What arrives at a NOTIFY_SOCKET."""

    def __init__(self, folder):
        self.path = folder / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.settimeout(DEADLINE)

    def next(self, wanted):
        """The next message that has `wanted` as one of its lines, as a dictionary."""
        while True:
            lines = self.socket.recv(65535).decode().splitlines()
            if wanted in lines:
                return dict(line.split("=", 1) for line in lines)


class Sockets(Case):
    def pair(self, *arguments):
        sockets = bound_pair(*arguments)
        for one in sockets:
            self.addCleanup(one.close)
        return sockets

    def inherit(self, sockets, **options):
        server = self.serve(sockets=sockets, **options)
        server.port = sockets[0].getsockname()[1]
        return server

    def test_no_query_is_lost_or_wrong_in_five_restarts(self):
        self.write("redis.yaml", service("redis"))
        sockets = self.pair()
        server = self.inherit(sockets)
        vip = server.addresses(NAME)

        def right(reply):
            return reply.rcode == "NOERROR" and reply.addresses() == vip
        load, tcp_load = Load(server, NAME, right, 1000), TcpLoad(server, NAME, right)
        try:
            for _ in range(5):
                before = tcp_load.answered
                self.assertEqual(server.stop(), 0)
                server = self.inherit(sockets)
                wait_until(lambda: tcp_load.answered > before or tcp_load.wrong, "answers over TCP")
        finally:
            load.stop()
            tcp_load.stop()
        self.assertEqual((load.wrong, tcp_load.wrong), ([], []))
        self.assertGreater(load.sent, 0)
        self.assertEqual(load.received, load.sent)

    def test_what_is_asked_while_nobody_runs_is_answered_by_the_next(self):
        """Names of others, too: the upstreams are known before the first query is read."""
        upstream = Upstream()
        self.addCleanup(upstream.stop)
        self.write("redis.yaml", service("redis"))
        settings = f'log: {{format: json}}\nupstream: {{servers: ["{upstream.text}"]}}\n'
        sockets = self.pair()
        server = self.inherit(sockets, settings=settings)
        vip = server.addresses(NAME)
        self.assertEqual(server.stop(), 0)
        with contextlib.ExitStack() as stack:
            udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            udp.settimeout(DEADLINE)
            udp.connect(("127.0.0.1", server.port))
            tcp = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), DEADLINE))
            for name in (NAME, "www.example.org"):
                query = encode_query(name, "A")
                udp.send(query)
                tcp.sendall(struct.pack("!H", len(query)) + query)
            self.inherit(sockets, settings=settings)
            replies = [Reply(udp.recv(65535)) for _ in range(2)]
            replies += [Reply(receive_message(tcp)) for _ in range(2)]
        self.assertEqual([reply.rcode for reply in replies], ["NOERROR"] * 4)
        self.assertEqual(sum(reply.addresses() == vip for reply in replies), 2)

    def test_a_connection_whose_query_comes_during_the_end_is_answered(self):
        self.write("redis.yaml", service("redis"))
        server = self.inherit(self.pair())
        query = encode_query(NAME, "A")
        with socket.create_connection(("127.0.0.1", server.port), DEADLINE) as stream:
            stream.sendall(struct.pack("!H", len(query)) + query[:5])
            # Half of a query has been accepted once a whole one behind it is answered.
            self.assertEqual(server.ask(NAME, tcp=True).rcode, "NOERROR")
            server.signal(signal.SIGTERM)
            server.wait_for("stopping")
            stream.sendall(query[5:])
            self.assertEqual(Reply(receive_message(stream)).rcode, "NOERROR")
        self.assertEqual(server.stop(), 0)

    def test_other_addresses_of_listen_are_bound_as_well(self):
        self.write("redis.yaml", service("redis"))
        sockets = self.pair()
        port = sockets[0].getsockname()[1]
        server = self.serve("--listen", "127.0.0.1:0", "--listen", f"127.0.0.1:{port}",
                            sockets=sockets)
        listening = [(line["socket"], int(line["port"])) for line in server.logged("listening")]
        self.assertEqual(listening, [("inherited", port), ("own", server.port)])
        self.assertNotEqual(server.port, port)
        self.assertEqual(server.ask(NAME).rcode, "NOERROR")
        server.port = port
        for tcp in (False, True):
            self.assertEqual(server.ask(NAME, tcp=tcp).rcode, "NOERROR")

    def test_the_default_of_listen_is_not_bound_beside_them(self):
        self.write("redis.yaml", service("redis"))
        server = self.inherit(self.pair())
        self.assertEqual([line["socket"] for line in server.logged("listening")], ["inherited"])

    def test_a_reply_leaves_from_the_address_that_was_asked(self):
        self.write("redis.yaml", service("redis"))
        for host, family in (("0.0.0.0", socket.AF_INET), ("::", socket.AF_INET6)):
            with self.subTest(host=host):
                server = self.inherit(self.pair(host, family))
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                    udp.settimeout(DEADLINE)
                    udp.connect(("127.0.0.2", server.port))  # hears nobody else
                    udp.send(encode_query(NAME, "A"))
                    self.assertEqual(Reply(udp.recv(65535)).rcode, "NOERROR")
                self.assertEqual(server.stop(), 0)

    def test_what_cant_be_served_says_so_and_what_to_do(self):
        udp, tcp = self.pair()
        other_udp, _ = self.pair()
        silent = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        local = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        unbound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        file = open(os.devnull, "rb")
        for one in (silent, local, unbound, file):
            self.addCleanup(one.close)
        address = "127.0.0.1:{}".format(udp.getsockname()[1])
        rows = [
            # why, sockets, what is said
            ("UDP without TCP", [udp], [address, "UDP socket only", "ListenStream=" + address]),
            ("TCP without UDP", [tcp], [address, "TCP socket only", "ListenDatagram=" + address]),
            ("one address whole, another half", [udp, tcp, other_udp], ["UDP socket only"]),
            ("a stream that doesn't listen", [udp, silent], ["descriptor 4", "doesn't listen",
                                                             "Accept=no"]),
            ("a Unix socket", [local], ["descriptor 3", "Unix socket"]),
            ("UDP without a port", [unbound], ["bound to no port"]),
            ("the same address twice", [udp, tcp, udp], [address, "twice", "3 and 5"]),
            ("a file", [file], ["is no socket"]),
        ]
        for why, sockets, expected in rows:
            said = self.refuse_to_serve(sockets=sockets)
            for text in expected:
                self.assertIn(text, said, why)


class Notifications(Case):
    def notify(self, **env):
        notified = Notified(self.folder)
        self.addCleanup(notified.socket.close)
        return notified, {"NOTIFY_SOCKET": str(notified.path), **env}

    def test_the_life_of_a_service(self):
        self.write("redis.yaml", service("redis"))
        notified, env = self.notify()
        server = self.serve(env=env)
        ready = notified.next("READY=1")
        self.assertRegex(ready["STATUS"], r"^1 names of 1 services$")
        server.signal(signal.SIGHUP)
        reloading = notified.next("RELOADING=1")
        self.assertTrue(reloading["MONOTONIC_USEC"].isdigit())
        notified.next("READY=1")
        server.signal(signal.SIGTERM)
        notified.next("STOPPING=1")
        self.assertEqual(server.stop(), 0)

    def test_the_table_of_the_state_file_is_ready_before_the_resources_are(self):
        self.write("redis.yaml", service("redis"))
        self.assertEqual(self.serve().stop(), 0)
        notified, env = self.notify()
        self.serve(env=env)
        self.assertIn("1 names of the last run", notified.next("READY=1")["STATUS"])
        self.assertEqual(notified.next("READY=1")["STATUS"], "1 names of 1 services")

    def test_the_watchdog_hears_the_main_loop_until_it_hangs(self):
        self.write("redis.yaml", service("redis"))
        notified, env = self.notify(WATCHDOG_USEC="200000")
        server = self.serve(env=env)
        for _ in range(3):
            notified.next("WATCHDOG=1")
        server.signal(signal.SIGSTOP)
        # One may have been under way.
        notified.socket.settimeout(1)
        with self.assertRaises(socket.timeout):
            for _ in range(100):
                notified.next("WATCHDOG=1")
        server.signal(signal.SIGCONT)

    def test_a_start_without_a_table_is_extended_and_not_ready(self):
        """A cluster that can't be reached: whoever waits for readiness goes on waiting."""
        kubeconfig = self.folder / "kubeconfig"
        kubeconfig.write_text(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
            "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n"
            "users: [{name: u, user: {}}]\n"
            "contexts: [{name: c, context: {cluster: c, user: u}}]\n")
        notified, env = self.notify(WATCHDOG_USEC="200000",
                                    MESH_DNS_KUBERNETES_KUBECONFIG=str(kubeconfig))
        self.serve("--mode", "kubernetes", env=env, wait=False)
        for _ in range(3):
            message = notified.next("WATCHDOG=1")
            self.assertEqual(message["EXTEND_TIMEOUT_USEC"], "200000")
            self.assertNotIn("READY", message)


if __name__ == "__main__":
    unittest.main()
