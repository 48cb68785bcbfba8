"""What the end-to-end tests share: the real binary, started and stopped; a small DNS client; dig.

The binary is $MESH_DNS. Every server listens on port 0 and says in its log what it got.
"""
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

BINARY = os.environ.get("MESH_DNS", "")
SOURCE = pathlib.Path(__file__).resolve().parents[2]
DEADLINE = 60.0  # seconds that anything may take on a slow machine, under a sanitizer
TYPES = {"A": 1, "NS": 2, "SOA": 6, "PTR": 12, "TXT": 16, "AAAA": 28, "SRV": 33, "ANY": 255}
NAMES = {number: name for name, number in TYPES.items()}
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}


def wait_until(condition, what):
    """Asks until the condition holds. Fails with what was waited for."""
    end = time.monotonic() + DEADLINE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {DEADLINE} s for: {what}")
        time.sleep(0.002)


RESERVED = []  # a name for each port of free_port(), held until the program ends


def free_port():
    """One that is free for UDP and TCP, for a program that can't choose one itself. It is below those
    that the kernel gives to whoever asks for any, and no test program that runs beside this one is
    given it, so that it stays free until it is used."""
    lowest = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(lowest // 2, lowest)
        reserved = socket.socket(socket.AF_UNIX)
        try:
            reserved.bind(f"\0mesh-dns-test-port-{port}")
        except OSError:
            continue
        RESERVED.append(reserved)
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def service(name, port=6379, labels=None, kind="MeshService", extra=""):
    """A MeshService in the universal shape, as YAML."""
    text = f"type: {kind}\nmesh: default\nname: {name}\n"
    if labels:
        text += "labels:\n" + "".join(f'  {k}: "{v}"\n' for k, v in labels.items())
    text += f"spec:\n  selector: {{dataplaneTags: {{app: {name}}}}}\n"
    return text + f"  ports:\n  - {{port: {port}, name: main, appProtocol: tcp}}\n{extra}"


def generator(name, template, labels=None, kind="meshService"):
    match = json.dumps(labels or {})
    return (f"type: HostnameGenerator\nname: {name}\nspec:\n"
            f"  selector: {{{kind}: {{matchLabels: {match}}}}}\n"
            f"  template: {json.dumps(template)}\n")


def documents(*texts):
    return "---\n".join(texts)


def encode_name(name):
    out = b""
    for label in name.rstrip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.encode()
    return out + b"\0"


def encode_query(name, qtype, ident=None, edns=False):
    ident = random.randrange(65536) if ident is None else ident
    header = struct.pack("!6H", ident, 0x0100, 1, 0, 0, 1 if edns else 0)
    question = encode_name(name) + struct.pack("!2H", TYPES[qtype], 1)
    opt = b"\0" + struct.pack("!2HIH", 41, 1232, 0, 0) if edns else b""
    return header + question + opt


def decode_name(message, at):
    labels, end = [], None
    while True:
        length = message[at]
        if length >= 0xC0:
            end = end or at + 2
            at = (length & 0x3F) << 8 | message[at + 1]
        elif length == 0:
            return ".".join(labels) + ".", end or at + 1
        else:
            labels.append(message[at + 1:at + 1 + length].decode())
            at += 1 + length


def decode_rdata(message, rtype, at, length):
    if rtype == "A":
        return socket.inet_ntop(socket.AF_INET, message[at:at + 4])
    if rtype == "AAAA":
        return socket.inet_ntop(socket.AF_INET6, message[at:at + 16])
    if rtype == "SRV":
        numbers = struct.unpack_from("!3H", message, at)
        return " ".join(map(str, numbers)) + " " + decode_name(message, at + 6)[0]
    if rtype in ("PTR", "NS"):
        return decode_name(message, at)[0]
    return message[at:at + length].hex()


class Reply:
    """A decoded message: rcode, flags, and the answer as (type, rdata) pairs."""

    def __init__(self, message):
        self.id, flags, _, answers, authorities, _ = struct.unpack_from("!6H", message)
        self.rcode = RCODES.get(flags & 15, flags & 15)
        self.aa, self.tc = bool(flags & 0x400), bool(flags & 0x200)
        _, at = decode_name(message, 12)
        at += 4
        self.answer, self.authority = [], []
        for i in range(answers + authorities):
            _, at = decode_name(message, at)
            number, _, _, length = struct.unpack_from("!2HIH", message, at)
            rtype = NAMES.get(number, str(number))
            section = self.answer if i < answers else self.authority
            section.append((rtype, decode_rdata(message, rtype, at + 10, length)))
            at += 10 + length

    def addresses(self):
        return sorted(rdata for rtype, rdata in self.answer if rtype in ("A", "AAAA"))


# Runs its arguments with the descriptors $SOCKETS as 3, 4 ... and LISTEN_PID its own, as
# sd_listen_fds(3) expects.
ACTIVATE = """
import fcntl, os, sys
sockets = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 100) for fd in os.environ.pop("SOCKETS").split(",")]
os.closerange(3, 100)
for number, fd in enumerate(sockets, 3):
    os.dup2(fd, number)
    os.close(fd)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(sockets)))
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Server:
    """A running `mesh-dns serve`."""

    def __init__(self, folder, resources=None, arguments=(), settings=None, env=None, wait=True,
                 prefix=(), stderr=None, listen=True, sockets=()):
        """`prefix` is a command that runs the binary, as `ip netns exec`; `stderr` is where its
        log goes, else where log() finds it; `listen` is false when the settings say where;
        `sockets` are handed to it as systemd does, and --listen isn't given then."""
        self.folder = pathlib.Path(folder)
        self.log_path = self.folder / f"log-{random.randrange(1 << 32):08x}.txt"
        config = self.folder / "settings.yaml"
        config.write_text(settings or "log: {format: json}\n")
        defaults = {"--listen": "127.0.0.1:0", "--admin": "127.0.0.1:0", "--state": self.folder / "state.db",
                    "--resources": resources or self.folder / "resources"}
        self.command = [*prefix, BINARY, "serve", "--config", str(config), *arguments]
        if sockets or not listen:
            del defaults["--listen"]
        if sockets:
            self.command = [sys.executable, "-c", ACTIVATE, *self.command]
            env = {**(env or {}), "SOCKETS": ",".join(str(s.fileno()) for s in sockets)}
        for flag, value in defaults.items():
            if flag not in arguments:
                self.command += [flag, str(value)]
        environment = {k: v for k, v in os.environ.items()
                       if not k.startswith(("MESH_DNS", "KUMA_"))}
        # No test asks the servers of the host that it runs on.
        environment.update({"MESH_DNS_UPSTREAM_RESOLV_CONF": "/dev/null", **(env or {})})
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=stderr or log, env=environment,
                                            pass_fds=[s.fileno() for s in sockets])
        self.port = None
        if wait:
            self.wait_for("ready")
            # Each address has a line: all of them are there now.
            self.port = int(self.logged("listening")[-1]["port"])

    def log(self):
        """The log so far, a dictionary a line; other lines are {"message": line}."""
        lines = []
        # What follows the last line break is a line that is still being written.
        for line in self.log_path.read_text(errors="replace").split("\n")[:-1]:
            try:
                lines.append(json.loads(line))
            except ValueError:
                lines.append({"message": line})
        return lines

    def logged(self, text):
        """The lines that have the text as words of their own: "already" isn't "ready"."""
        words = re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
        return [line for line in self.log() if words.search(line.get("message", ""))]

    def wait_for(self, text, count=1):
        def seen():
            found = self.logged(text)
            if len(found) >= count:
                return found[-1]
            if self.process.poll() is not None:
                raise AssertionError(f"ended before {text!r}:\n" + self.log_path.read_text())
            return None
        return wait_until(seen, f"{text!r} in the log")

    def ask(self, name, qtype="A", tcp=False, edns=False, timeout=DEADLINE):
        query = encode_query(name, qtype, edns=edns)
        if tcp:
            with socket.create_connection(("127.0.0.1", self.port), timeout) as stream:
                stream.sendall(struct.pack("!H", len(query)) + query)
                return Reply(receive_message(stream))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            datagrams.settimeout(timeout)
            datagrams.connect(("127.0.0.1", self.port))
            datagrams.send(query)
            return Reply(datagrams.recv(65535))

    def addresses(self, name, qtype="A"):
        return self.ask(name, qtype).addresses()

    def wait_for_addresses(self, name, expected=None):
        """Until the name has these addresses, or any when none are named."""
        def right():
            found = self.addresses(name)
            return found if (found == expected if expected is not None else found) else None
        return wait_until(right, f"{name} is {expected or 'anything'}")

    def wait_for_rcode(self, name, rcode):
        return wait_until(lambda: self.ask(name).rcode == rcode, f"{name} is {rcode}")

    def dig(self, *arguments):
        command = ["dig", "@127.0.0.1", "-p", str(self.port), "+time=20", "+tries=1", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE).stdout

    def admin(self, path, method="GET"):
        """The status and the text of a page of the admin server."""
        port = int(self.wait_for("admin server")["port"])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def metrics(self):
        """What Prometheus is told: the values by name and labels, as text."""
        return dict(line.rsplit(" ", 1) for line in self.admin("/metrics")[1].splitlines()
                    if not line.startswith("#"))

    def memory(self, field="VmRSS"):
        """A field of /proc/PID/status in bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(field))
        return int(line.split()[1]) << 10

    def bound(self, size):
        """`size`, or what becomes of it under a sanitizer, which keeps what was freed."""
        maps = pathlib.Path(f"/proc/{self.process.pid}/maps").read_text()
        return size * 4 if "libasan" in maps or "libtsan" in maps else size

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        """SIGTERM, so that leaks are looked for and lines that ran are recorded; then SIGKILL."""
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.kill()

    def stop(self):
        """SIGTERM; gives the exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout=DEADLINE)


def receive_message(stream):
    def exactly(count):
        data = b""
        while len(data) < count:
            more = stream.recv(count - len(data))
            if not more:
                raise EOFError("the server closed the connection")
            data += more
        return data
    return exactly(struct.unpack("!H", exactly(2))[0])


def run(*arguments, stdin=None, env=None):
    """Runs a command of the binary to its end."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MESH_DNS", "KUMA_"))}
    environment.update(env or {})
    return subprocess.run([BINARY, *map(str, arguments)], input=stdin, capture_output=True,
                          text=True, timeout=10 * DEADLINE, env=environment)


class Case(unittest.TestCase):
    """A test with a folder of its own, whose servers end with it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mesh-dns-e2e-"))
        self.resources = self.folder / "resources"
        self.resources.mkdir()
        self.servers = []
        self.addCleanup(self.clean_up)

    def clean_up(self):
        for server in self.servers:
            if server.process.poll() is None:
                server.end()
            log = server.log_path.read_text(errors="replace")
            if any(report in log for report in ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer",
                                                "WARNING: ThreadSanitizer", "runtime error:")):
                self.fail("a sanitizer reported:\n" + log)
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name, *texts):
        path = self.resources / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(documents(*texts))
        return path

    def serve(self, *arguments, **options):
        server = Server(self.folder, arguments=arguments, **options)
        self.servers.append(server)
        return server

    def refuse_to_serve(self, *arguments, **options):
        """Starts a server that must end by itself with status 1; gives what it said."""
        server = Server(self.folder, arguments=arguments, wait=False, **options)
        self.servers.append(server)
        self.assertEqual(server.process.wait(timeout=DEADLINE), 1)
        return server.log_path.read_text()


class Load:
    """Asks questions at a rate from a thread of its own and checks each answer.

    `right(reply)` says whether an answer may be given. Queries that get no answer within the
    deadline of the whole are lost. At most MOST are unanswered at a time: on a machine that stalls
    the rate falls, where else a socket's buffer would run over and lose what nobody else lost.
    """

    MOST = 200

    def __init__(self, server, name, right, rate):
        self.server, self.name, self.right, self.rate = server, name, right, rate
        self.sent, self.received, self.wrong = 0, 0, []
        self.stopping = threading.Event()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.connect(("127.0.0.1", server.port))
        self.socket.settimeout(0.2)
        self.threads = [threading.Thread(target=self.send), threading.Thread(target=self.receive)]
        for thread in self.threads:
            thread.start()

    def send(self):
        base = encode_query(self.name, "A", 0)[2:]
        start = time.monotonic()
        while not self.stopping.is_set():
            due = min(int((time.monotonic() - start) * self.rate), self.received + self.MOST)
            while self.sent < due:
                self.socket.send(struct.pack("!H", self.sent & 0xFFFF) + base)
                self.sent += 1
            time.sleep(0.001)

    def receive(self):
        quiet = 0
        # The sender may still be at it when it is told to stop.
        while self.threads[0].is_alive() or (self.received < self.sent and quiet <= 50):
            try:
                reply = Reply(self.socket.recv(65535))
            except socket.timeout:
                quiet += 1
                continue
            quiet = 0
            self.received += 1
            if not self.right(reply):
                self.wrong.append((reply.rcode, reply.answer))

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        self.socket.close()


class TcpLoad(threading.Thread):
    """Asks over TCP, a connection a question, one after the other, until it is told to stop."""

    def __init__(self, server, name, right):
        super().__init__()
        self.port, self.name, self.right = server.port, name, right
        self.answered, self.wrong = 0, []
        self.stopping = threading.Event()
        self.start()

    def run(self):
        query = encode_query(self.name, "A")
        while not self.stopping.wait(0.01):
            try:
                with socket.create_connection(("127.0.0.1", self.port), DEADLINE) as stream:
                    stream.sendall(struct.pack("!H", len(query)) + query)
                    reply = Reply(receive_message(stream))
            except (OSError, EOFError) as error:
                self.wrong.append(repr(error))
                continue
            self.answered += 1
            if not self.right(reply):
                self.wrong.append((reply.rcode, reply.answer))

    def stop(self):
        self.stopping.set()
        self.join()
