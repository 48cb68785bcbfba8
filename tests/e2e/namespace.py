"""Runs a test program in a namespace of its own, where it may change what it likes."""
import contextlib
import ctypes
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

CLIENTS = pathlib.Path(__file__).resolve().parent / "clients"
INSIDE = "MESH_DNS_TEST_INSIDE"
# linux/netlink.h, linux/netfilter/nfnetlink.h and nfnetlink_conntrack.h
NETLINK_NETFILTER, NLM_F_REQUEST, NLM_F_ACK = 12, 1, 4
CTNETLINK_DELETE = 1 << 8 | 2


@contextlib.contextmanager
def other_host():
    """Sockets that are made within belong to the other host, which has 192.0.2.53."""
    libc = ctypes.CDLL(None, use_errno=True)
    def enter(path):
        with open(path, "rb") as file:
            if libc.setns(file.fileno(), 0) != 0:
                raise OSError(ctypes.get_errno(), path)
    with open("/proc/thread-self/ns/net", "rb") as own:
        enter("/run/netns/other")
        try:
            yield
        finally:
            enter(f"/proc/self/fd/{own.fileno()}")


def forget_connections():
    """Deletes the entries of connection tracking of this network namespace.

    The kernel translates a packet as it did the first one between the same addresses and ports,
    whatever the rules are now, for 30 s after the last one. A new socket may have the port of an old
    one, and then its query goes where the old one's went.
    """
    flush = struct.pack("=IHHIIBBH", 20, CTNETLINK_DELETE, NLM_F_REQUEST | NLM_F_ACK, 0, 0, 0, 0, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as netfilter:
        netfilter.send(flush)
        _, _, _, _, _, error = struct.unpack_from("=IHHIIi", netfilter.recv(4096))
    if error != 0:
        raise OSError(-error, "deleting the tracked connections")


def skip(why):
    print(why)
    sys.exit(77)


def main(file, programs):
    """unittest.main(), once inside. Skips where the namespace can't be had."""
    if INSIDE in os.environ:
        return unittest.main()
    for program in ("ip", *programs):
        if not shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            skip(f"{program} is not on this machine")
    unshare = ["unshare", "--net", "--mount"]
    if subprocess.run([*unshare, "ip", "link", "add", "type", "veth"], capture_output=True,
                      check=False).returncode != 0:
        skip("namespaces, or interfaces in them, can't be made here")
    rules = "table inet t { chain c { type nat hook output priority 0; udp dport 53 redirect to :1; }; }"
    done = subprocess.run([*unshare, "nft", rules], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        skip("the kernel has no nftables with NAT: " + done.stderr.strip())
    with tempfile.TemporaryDirectory(prefix="mesh-dns-etc-") as etc:
        os.chmod(etc, 0o755)
        done = subprocess.run(
            [*unshare, "sh", CLIENTS / "redirect_namespace.sh", etc, sys.executable, file,
             *sys.argv[1:]], env={**os.environ, INSIDE: "1"}, check=False)
    return sys.exit(done.returncode)
