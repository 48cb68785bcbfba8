"""The servers that the pages speak of, for a sandbox without a network: each name has the address
192.0.2.80, but those that begin with "no" or "nothing", which don't exist."""
import pathlib
import socket
import socketserver
import struct
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from upstream import Question  # noqa: E402

SERVERS = ("10.0.0.2", "10.0.0.3", "10.8.0.53", "192.0.2.53")


def reply(question):
    if question.name.startswith(("no.", "nothing.")) or question.name.endswith(".internal."):
        return question.soa("NXDOMAIN")
    if question.qtype == "A":
        return question.address("192.0.2.80", ttl=3600)
    return question.soa()


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        message, sock = self.request
        sock.sendto(reply(Question(message, False, self.client_address, 0.0)), self.client_address)


class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        while size := self.rfile.read(2):
            message = self.rfile.read(struct.unpack("!H", size)[0])
            answer = reply(Question(message, True, self.client_address, 0.0))
            self.wfile.write(struct.pack("!H", len(answer)) + answer)


def main():
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    servers = [kind((address, 53), handler) for address in SERVERS
               for kind, handler in ((socketserver.ThreadingUDPServer, Datagram),
                                     (socketserver.ThreadingTCPServer, Stream))]
    for server in servers:
        threading.Thread(target=server.serve_forever).start()
    print("serving", flush=True)


if __name__ == "__main__":
    main()
