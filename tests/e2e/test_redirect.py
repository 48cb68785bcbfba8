"""`mesh-dns redirect` on a host of its own: a network and mount namespace with nftables.

mesh-dns runs as a user of its own, and forwards to a server on port 53 of another host, so that a
rule that caught its own queries would be seen.
"""
import os
import pathlib
import shutil
import socket
import subprocess
import unittest

import namespace
from harness import BINARY, DEADLINE, Case, encode_query, generator, service, wait_until
from upstream import Upstream

OWN, ELSEWHERE = "redis.svc.mesh.local", "www.example.org"
SERVER_UID, CLIENT_UID = 9901, 9902
RESOLV_CONF = pathlib.Path("/etc/resolv.conf")
BEFORE = pathlib.Path("/etc/resolv.conf.before-mesh-dns")
DROP_IN = pathlib.Path("/etc/systemd/resolved.conf.d/mesh-dns.conf")
SETTINGS = 'log: {format: json}\nlisten: ["127.0.0.1:15053", "[::1]:15053"]\n'
# A question is never asked twice because the upstream, which is a thread of the test, was slow.
PATIENT = "timeout: 60s"
UPSTREAM = f'upstream: {{servers: [192.0.2.53], {PATIENT}}}\n'


def script(question):
    if question.name == f"{ELSEWHERE}." and question.qtype == "A":
        return question.address("192.0.2.80")
    return question.soa("NXDOMAIN")


def as_user(user):
    return ["setpriv", f"--reuid={user}", "--regid=65534", "--clear-groups"]


def nft(*arguments, rules=None):
    return subprocess.run(["nft", *arguments], input=rules, capture_output=True, text=True,
                          check=True).stdout


def dig(name, server="198.51.100.1", *options, prefix=()):
    """What a client sees that asks a server somewhere: the answer's lines, or what went wrong."""
    done = subprocess.run([*prefix, "dig", f"@{server}", "+time=5", "+tries=1", "+noall", "+answer",
                           "+comments", "+short", *options, name],
                          capture_output=True, text=True, timeout=DEADLINE)
    return [line for line in done.stdout.splitlines() if line]


class Redirect(Case):
    def setUp(self):
        super().setUp()
        self.addCleanup(nft, "flush", "ruleset")
        namespace.forget_connections()
        with namespace.other_host():
            self.upstream = Upstream(script, listen=("192.0.2.53", 53))
        self.addCleanup(self.upstream.stop)
        self.write("a.yaml", service("redis"),
                   generator("local", "{{ .DisplayName }}.svc.mesh.local"))
        os.chmod(self.folder, 0o755)
        self.environment = {}
        self.config = self.folder / "settings.yaml"
        self.configure()

    def configure(self, text=SETTINGS + UPSTREAM):
        self.config.write_text(text)
        self.settings = text

    def start(self, prefix=tuple(as_user(SERVER_UID))):
        """serve, as a user of its own."""
        state = self.folder / "state"
        state.mkdir(exist_ok=True)
        os.chmod(state, 0o777)
        server = self.serve("--state", str(state / "state.db"), settings=self.settings,
                            prefix=prefix, listen=False, env=self.environment)
        self.vip = server.addresses(OWN)
        return server

    def redirect(self, *arguments, env=None, prefix=()):
        command = [*prefix, BINARY, "redirect", *arguments]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MESH_DNS")}
        return subprocess.run(command, capture_output=True, text=True, timeout=10 * DEADLINE,
                              env={**environment, **(env or {})})

    def install(self, *arguments, **options):
        done = self.redirect("install", "--config", str(self.config), *arguments, **options)
        namespace.forget_connections()
        return done

    def installed(self, *arguments, **options):
        done = self.install(*arguments, **options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def refused(self, why, *arguments, **options):
        before = nft("list", "ruleset")
        done = self.install(*arguments, **options)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(why, done.stderr)
        self.assertEqual(nft("list", "ruleset"), before)
        return done

    def removed(self):
        done = self.redirect("remove")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout


class Rules(Redirect):
    def test_clients_are_answered_by_mesh_dns_whomever_they_ask(self):
        self.start()
        self.installed()
        for server in ("198.51.100.1", "192.0.2.53", "127.0.0.53", "2001:db8::1", "2001:db8::53"):
            for transport in ("+notcp", "+tcp"):
                with self.subTest(f"{server} {transport}"):
                    self.assertEqual(dig(OWN, server, transport), self.vip)
        self.assertEqual(self.upstream.names(), [])

    def test_the_answer_comes_from_the_server_that_was_asked(self):
        self.start()
        self.installed()
        for server in ("198.51.100.1", "2001:db8::1"):
            done = subprocess.run(["dig", f"@{server}", "+tries=1", OWN], capture_output=True,
                                  text=True, timeout=DEADLINE).stdout
            # dig complains of a reply from anybody else.
            self.assertIn(f"SERVER: {server}#53", done)
            self.assertNotIn("reply from unexpected source", done)

    def test_mesh_dns_itself_reaches_its_upstream(self):
        server = self.start()
        self.installed()
        for transport in ("+notcp", "+tcp"):
            self.assertEqual(dig(ELSEWHERE, "192.0.2.53", transport), ["192.0.2.80"])
        self.assertEqual(self.upstream.count(f"{ELSEWHERE}."), 1, "the second came from the cache")
        self.assertEqual(server.logged("leads back to this server"), [])

    def test_without_the_exemption_it_would_not(self):
        server = self.start()
        rules = self.installed("--dry-run").stdout
        self.assertIn(f"meta skuid {SERVER_UID} return", rules)
        # Started again, so that the rules are there before its first query. The answer to the last
        # one of before has to be there as well: it would be tracked as a connection without rules.
        wait_until(lambda: self.upstream.loop_checks > 0, "the answer to the loop check")
        server.stop()
        nft("-f", "-", rules="\n".join(l for l in rules.splitlines() if "skuid" not in l))
        namespace.forget_connections()
        server = self.start()
        server.wait_for("upstream leads back to this server")
        self.assertEqual(server.ask(ELSEWHERE).rcode, "SERVFAIL")
        self.assertEqual(dig(ELSEWHERE), [])
        self.assertEqual(self.upstream.names(), [])

    def test_a_socket_that_is_used_already_goes_on_as_before(self):
        """docs/redirect.md says so, and says what ends it."""
        nft("-f", "-", rules="""
            table inet other {
              chain c {
                type filter hook output priority 0; policy accept;
                ct state established accept
              }
            }""")  # so that connections are tracked before there are rules of ours
        self.start()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(DEADLINE)
            client.connect(("192.0.2.53", 53))
            def asked_of_the_upstream(name):
                client.send(encode_query(name, "A"))
                client.recv(65535)
                return self.upstream.count(f"{name}.") > 0
            self.assertTrue(asked_of_the_upstream("before.example.org"))
            done = self.redirect("install", "--config", str(self.config))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(asked_of_the_upstream(f"after.{OWN}"))
            namespace.forget_connections()
            self.assertFalse(asked_of_the_upstream(OWN))

    def test_only_a_user(self):
        self.start()
        self.installed("--uid", str(CLIENT_UID), "--uid", "nobody")
        for user in (CLIENT_UID, "nobody"):
            self.assertEqual(dig(OWN, "192.0.2.53", prefix=as_user(user)), self.vip)
        self.assertEqual(self.upstream.names(), [])
        self.assertEqual(dig(OWN, "192.0.2.53"), [])
        self.assertEqual(self.upstream.names(), [f"{OWN}."])

    def test_only_a_cgroup(self):
        cgroup = pathlib.Path(f"/sys/fs/cgroup/mesh-dns-test-{os.getpid()}/app")
        try:
            cgroup.mkdir(parents=True)
        except OSError as error:
            self.skipTest(f"cgroup v2 can't be written here: {error}")
        self.addCleanup(cgroup.parent.rmdir)
        self.addCleanup(cgroup.rmdir)
        self.start()
        inside = ["sh", "-c", f'echo $$ > {cgroup}/cgroup.procs && exec "$@"', "sh"]
        if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("processes can't be moved between cgroups here")
        name = f"{cgroup.parent.name}/app"
        self.installed("--cgroup", name)
        self.assertEqual(dig(OWN, "192.0.2.53", prefix=inside), self.vip)
        self.assertEqual(dig(OWN, "192.0.2.53"), [])
        with self.subTest("a cgroup is exempt"):
            self.installed("--exempt-cgroup", str(cgroup))
            self.assertEqual(dig(OWN, "192.0.2.53", prefix=inside), [])
            self.assertEqual(dig(OWN, "192.0.2.53"), self.vip)
        self.refused("no such cgroup", "--cgroup", "no/such.slice")

    def test_install_twice_replace_and_remove(self):
        self.start()
        others = "table inet other {\n\tchain c {\n\t\tmeta skuid 7 accept\n\t}\n}\n"
        nft("-f", "-", rules=others)
        before = nft("list", "ruleset")
        self.installed()
        once = nft("list", "ruleset")
        self.assertIn("mesh_dns", once)
        self.installed()
        self.assertEqual(nft("list", "ruleset"), once)
        self.installed("--uid", str(CLIENT_UID))
        self.assertIn(f"skuid {CLIENT_UID} goto", nft("list", "ruleset"))
        self.installed()
        self.assertEqual(nft("list", "ruleset"), once)
        self.assertIn("removed", self.removed())
        self.assertEqual(nft("list", "ruleset"), before)
        self.assertIn("no rules", self.removed())
        self.assertEqual(nft("list", "ruleset"), before)

    def test_show_and_dry_run(self):
        self.start()
        self.assertIn("rules: none", self.redirect("show").stdout)
        rules = self.installed("--dry-run").stdout
        self.assertEqual(nft("list", "ruleset"), "")
        self.installed()
        shown = self.redirect("show").stdout
        self.assertIn("127.0.0.1:15053", shown)
        listed = nft("list", "ruleset")
        nft("flush", "ruleset")
        nft("-f", "-", rules=rules)
        self.assertEqual(nft("list", "ruleset"), listed, "what is printed is what is installed")

    def test_nothing_goes_where_nobody_answers(self):
        said = self.refused("mesh-dns doesn't serve 127.0.0.1:15053", "--exempt-uid", "nobody")
        self.assertIn("--force", said.stderr)
        self.refused("--exempt-uid")
        self.installed("--exempt-uid", "nobody", "--force")
        self.assertIn("mesh_dns", nft("list", "ruleset"))

    def test_a_server_that_refuses_its_clients(self):
        self.configure(SETTINGS + UPSTREAM + "access: {allow: [10.0.0.0/8]}\n")
        state = self.folder / "state"
        state.mkdir()
        os.chmod(state, 0o777)
        self.serve("--state", str(state / "state.db"), settings=self.settings,
                   prefix=as_user(SERVER_UID), listen=False)
        said = self.refused("the answer is REFUSED over TCP")
        self.assertIn("access.allow doesn't contain 127.0.0.1", said.stderr)

    def test_mesh_dns_as_root(self):
        self.start(prefix=())
        self.refused("runs as root")
        self.installed("--uid", str(CLIENT_UID))
        self.assertEqual(dig(OWN, prefix=as_user(CLIENT_UID)), self.vip)
        self.assertEqual(dig(ELSEWHERE, prefix=as_user(CLIENT_UID)), ["192.0.2.80"])
        self.installed("--exempt-uid", "root")
        self.assertEqual(dig(OWN, prefix=as_user(CLIENT_UID)), self.vip)
        self.assertEqual(dig(OWN, "192.0.2.53"), [], "root's programs go around it")

    def test_a_resolver_on_this_host_that_mesh_dns_forwards_to(self):
        # dnsmasq runs as nobody, and asks 192.0.2.53:53 for what mesh-dns asks it.
        if not shutil.which("dnsmasq"):
            self.skipTest("dnsmasq is not on this machine")
        dnsmasq = subprocess.Popen(
            ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=nobody", "--no-resolv",
             "--server=192.0.2.53", "--listen-address=127.0.0.9", "--bind-interfaces", "--no-hosts",
             "--pid-file="])
        self.addCleanup(dnsmasq.wait)
        self.addCleanup(dnsmasq.terminate)
        self.configure(SETTINGS + f"upstream: {{servers: [127.0.0.9], {PATIENT}}}\n")
        self.start()
        wait_until(lambda: dig(ELSEWHERE, "127.0.0.9") == ["192.0.2.80"], "dnsmasq to answer")
        self.upstream.seen.clear()
        said = self.installed().stdout
        self.assertIn("dnsmasq listens on 127.0.0.9:53", said)
        self.assertEqual(dig(ELSEWHERE, "127.0.0.9"), ["192.0.2.80"])
        self.assertEqual(dig("nope.example.org", "127.0.0.9"), [])
        self.assertEqual(self.upstream.count("nope.example.org."), 1)

    def test_rules_of_others_for_port_53(self):
        """As in a container of Docker: 127.0.0.11:53 is translated to a port of the host's process."""
        nft("-f", "-", rules="""
            table ip nat {
              chain OUTPUT {
                type nat hook output priority -100; policy accept;
                ip daddr 127.0.0.11 udp dport 53 dnat to 127.0.0.11:5311
                ip daddr 127.0.0.11 tcp dport 53 dnat to 127.0.0.11:5311
              }
            }""")
        inside = Upstream(script, listen=("127.0.0.11", 5311))
        self.addCleanup(inside.stop)
        self.configure(SETTINGS + f"upstream: {{servers: [127.0.0.11], {PATIENT}}}\n")
        self.start()
        self.installed()
        for transport in ("+notcp", "+tcp"):
            self.assertEqual(dig(OWN, "127.0.0.11", transport), self.vip)
            self.assertEqual(dig(ELSEWHERE, "127.0.0.11", transport), ["192.0.2.80"])
        self.assertEqual(inside.names(), [f"{ELSEWHERE}."], "what mesh-dns asks is theirs")

    def test_a_family_that_mesh_dns_has_no_address_of(self):
        self.configure("log: {format: json}\nlisten: [127.0.0.1:15053]\n" + UPSTREAM)
        self.start()
        self.assertIn("rejected: the same over IPv6", self.installed().stdout)
        self.assertEqual(dig(OWN), self.vip)
        said = dig(OWN, "2001:db8::1", "+tcp")
        self.assertIn("connection refused", "".join(said))
        start = os.times().elapsed
        self.assertIn("connection refused", "".join(dig(OWN, "2001:db8::1", "+time=20")))
        self.assertLess(os.times().elapsed - start, 15, "an error at once, no timeout")
        self.assertIn("goes around it", self.installed("--other-family", "leave").stderr)
        self.assertNotIn("reject", nft("list", "ruleset"))
        RESOLV_CONF.write_text("nameserver 2001:db8::53\n")
        self.addCleanup(RESOLV_CONF.write_text, "nameserver 192.0.2.53\n")
        self.refused("no name would be found any more")

    def test_what_a_host_may_lack(self):
        self.start()
        fake = self.folder / "bin"
        fake.mkdir()
        def with_nft(text):
            (fake / "nft").write_text("#!/bin/sh\n" + text)
            os.chmod(fake / "nft", 0o755)
            return {"PATH": f"{fake}:{os.environ['PATH']}"}
        self.refused("nft is too old: found 0.8.2, expected at least 0.9.1",
                     env=with_nft("echo 'nftables v0.8.2 (Joe Btfsplk)'\n"))
        self.refused("select by --uid", "--cgroup", "a", env=with_nft("echo 'nftables v0.9.8 (E.D.S.)'\n"))
        self.refused("Linux 5.2", env=with_nft(
            'test "$1" = --version && exec echo "nftables v1.0.6 (Lester Gooch #5)"\n'
            "echo 'Error: Could not process rule: Operation not supported' >&2\nexit 1\n"))
        hidden = ["unshare", "--mount", "sh", "-c",
                  f'mount --bind {self.resources} /usr/sbin && exec "$@"', "sh"]
        said = self.refused("install the package nftables", prefix=hidden, env={"PATH": "/usr/bin:/bin"})
        self.assertNotIn("terminate", said.stderr)
        # Without the capability, and still seeing whose process listens.
        self.refused("CAP_NET_ADMIN", prefix=["setpriv", "--bounding-set=-net_admin",
                                              "--inh-caps=-net_admin"])
        for action in ("show", "remove"):
            done = self.redirect(action, prefix=as_user(CLIENT_UID))
            self.assertEqual(done.returncode, 1)
            self.assertIn("CAP_NET_ADMIN", done.stderr)

    def test_wrong_flags(self):
        self.refused('no user "nobody-at-all"', "--uid", "nobody-at-all")
        self.refused("below /sys/fs/cgroup", "--cgroup", "../etc")
        for arguments in (["install", "--with", "iptables"], ["install", "--other-family", "drop"], []):
            self.assertEqual(self.redirect(*arguments).returncode, 2)


if __name__ == "__main__":
    namespace.main(__file__, ["nft", "setpriv", "dig"])
