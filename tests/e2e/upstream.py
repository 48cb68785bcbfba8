"""An upstream that does what a test tells it to, over UDP and TCP on one port.

A script is a function of a Question; it gives the message or messages that are sent, one after the
other. None is silence.
"""
import dataclasses
import selectors
import socket
import struct
import threading
import time

from harness import TYPES, NAMES, RCODES, encode_name, decode_name

NUMBERS = {name: number for number, name in RCODES.items()}


@dataclasses.dataclass
class Question:
    """A query as it came."""
    message: bytes
    tcp: bool
    client: tuple
    at: float  # time.monotonic()

    def __post_init__(self):
        self.id, self.flags = struct.unpack_from("!2H", self.message)
        self.asked, end = decode_name(self.message, 12)  # in the case it came in
        self.name = self.asked.lower()
        number = struct.unpack_from("!H", self.message, end)[0]
        self.qtype = NAMES.get(number, number)
        self.question = self.message[12:end + 4]
        self.options = self.message[end + 4:]

    def reply(self, *answers, rcode="NOERROR", authority=(), additional=(), flags=0x8180,
              ident=None, question=None, edns=True, count=1):
        """A message. Records are (owner, type, ttl, rdata); an owner of None is the qname."""
        question = self.question if question is None else question
        opt = b"\0" + struct.pack("!2HIH", 41, 4096, 0, 0) if edns else b""
        header = struct.pack("!6H", self.id if ident is None else ident, flags | NUMBERS[rcode],
                             count, len(answers), len(authority), len(additional) + bool(edns))
        records = b"".join(map(record, (*answers, *authority, *additional)))
        return header + question + records + opt

    def address(self, address="192.0.2.1", ttl=60, **options):
        return self.reply((None, "A", ttl, address), **options)

    def soa(self, rcode="NOERROR", ttl=60):
        parent = self.name.split(".", 1)[1]
        return self.reply(rcode=rcode, authority=[(parent, "SOA", ttl, ttl)])


def record(entry):
    owner, rtype, ttl, rdata = entry
    if rtype == "A":
        data = socket.inet_aton(rdata)
    elif rtype in ("CNAME", "NS", "PTR"):
        data = encode_name(rdata)
    elif rtype == "SOA":
        data = encode_name("ns.test.") + encode_name("root.test.") + struct.pack(
            "!5I", 1, 2, 3, 4, rdata)
    else:
        data = rdata
    number = {"CNAME": 5, **TYPES}.get(rtype, rtype)
    name = b"\xc0\x0c" if owner is None else encode_name(owner)
    return name + struct.pack("!2HIH", number, 1, ttl, len(data)) + data


def answer(question):
    """What is asked for in most tests: an address for every name."""
    return question.address() if question.qtype == "A" else question.soa()


class Upstream:
    """Serves until stop(). `seen` are the questions that came, but for loop checks, of which
    `loop_checks` counts those that were answered."""

    def __init__(self, script=answer, tcp=True, listen=("127.0.0.1", 0)):
        self.script = script
        self.seen = []
        self.loop_checks = 0
        self.selector = selectors.DefaultSelector()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.tcp = None
        for _ in range(50):
            self.udp.bind(listen)
            self.address = self.udp.getsockname()
            if not tcp:
                break
            self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                self.tcp.bind(self.address)
                self.tcp.listen(64)
                break
            except OSError:
                self.tcp.close()
                self.udp.close()
                self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.selector.register(self.udp, selectors.EVENT_READ, self.receive)
        if self.tcp:
            self.selector.register(self.tcp, selectors.EVENT_READ, self.accept)
        self.wake, self.woken = socket.socketpair()
        self.selector.register(self.woken, selectors.EVENT_READ, self.end)
        self.running = True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @property
    def text(self):
        return "%s:%d" % self.address

    def names(self):
        return [q.name for q in self.seen]

    def count(self, name):
        return self.names().count(name)

    def run(self):
        while self.running:
            for key, _ in self.selector.select():
                key.data(key.fileobj)

    def end(self, _):
        self.running = False

    def handle(self, message, client, send, tcp):
        question = Question(message, tcp, client, time.monotonic())
        if question.name.endswith(".mesh-dns-loop.internal."):
            send(question.soa("NXDOMAIN"))
            self.loop_checks += 1
            return
        self.seen.append(question)
        said = self.script(question)
        for item in [said] if isinstance(said, bytes) else said or []:
            send(item)

    def receive(self, sock):
        message, client = sock.recvfrom(65535)
        try:
            self.handle(message, client, lambda data: sock.sendto(data, client), False)
        except OSError:
            pass

    def accept(self, sock):
        stream, client = sock.accept()
        thread = threading.Thread(target=self.talk, args=(stream, client), daemon=True)
        thread.start()

    def talk(self, stream, client):
        from harness import receive_message
        with stream:
            try:
                while True:
                    message = receive_message(stream)
                    self.handle(message, client, lambda data: stream.sendall(
                        struct.pack("!H", len(data)) + data), True)
            except (EOFError, OSError):
                pass

    def stop(self):
        if self.running:
            self.wake.send(b"x")
            self.thread.join()
            for used in (self.wake, self.woken, self.udp, self.tcp, self.selector):
                if used:
                    used.close()
