"""load.py PORT NAME: asks 127.0.0.1 for NAME, 1,000 times a second over UDP and one after the other over
TCP, until a line comes on standard input. Prints, as JSON, how many were asked and answered, and
what was answered wrongly; right is what the first answer is.
"""
import json
import sys

from harness import Load, Server, TcpLoad

server = Server.__new__(Server)
server.port = int(sys.argv[1])
addresses = server.addresses(sys.argv[2])


def right(reply):
    return reply.rcode == "NOERROR" and reply.addresses() == addresses


udp, tcp = Load(server, sys.argv[2], right, 1000), TcpLoad(server, sys.argv[2], right)
print("asking", flush=True)
sys.stdin.readline()
udp.stop()
tcp.stop()
print(json.dumps({"addresses": addresses, "sent": udp.sent, "received": udp.received,
                  "tcp": tcp.answered, "wrong": [str(wrong) for wrong in udp.wrong + tcp.wrong]}))
