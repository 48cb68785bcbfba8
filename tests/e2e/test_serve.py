"""The main job, from YAML to dig: answers, reloads, restarts."""
import contextlib
import os
import signal
import sqlite3
import time
import unittest

from harness import Case, Load, documents, generator, service, wait_until


class Answers(Case):
    def test_a_name_of_the_default_generator_is_a_vip(self):
        self.write("redis.yaml", service("redis"))
        server = self.serve()
        answer = server.dig("redis.svc.mesh.local", "+short").strip()
        self.assertRegex(answer, r"^241\.\d+\.\d+\.\d+$")
        self.assertEqual(server.dig("+tcp", "redis.svc.mesh.local", "+short").strip(), answer)

    def test_what_dig_shows_of_an_own_name(self):
        self.write("redis.yaml", service("redis"))
        server = self.serve()
        vip = server.addresses("redis.svc.mesh.local")[0]
        rows = [
            # why, arguments of dig, what stands in its output
            ("AAAA of a name with IPv4 only is NODATA", ["redis.svc.mesh.local", "AAAA"],
             ["status: NOERROR", "ANSWER: 0", "SOA"]),
            ("own names are authoritative", ["redis.svc.mesh.local"], ["flags: qr aa rd"]),
            ("case doesn't matter and is echoed", ["ReDiS.svc.MESH.local"],
             ["ReDiS.svc.MESH.local.", vip]),
            ("SRV at the port's name", ["_main._tcp.redis.svc.mesh.local", "SRV"],
             ["0 100 6379 redis.svc.mesh.local.", vip]),
            ("SRV at the hostname", ["redis.svc.mesh.local", "SRV"],
             ["0 100 6379 redis.svc.mesh.local."]),
            ("PTR of a VIP", ["-x", vip], ["redis.svc.mesh.local."]),
            ("PTR of an unused address", ["-x", "241.255.255.254"], ["NXDOMAIN", "SOA"]),
            ("SOA at the apex", ["mesh.local", "SOA"], ["nobody.invalid."]),
            ("NS at the apex", ["mesh.local", "NS"], ["NS"]),
            ("an empty non-terminal is NODATA", ["svc.mesh.local"],
             ["status: NOERROR", "ANSWER: 0", "SOA"]),
            ("an unknown name is NXDOMAIN", ["nope.svc.mesh.local"], ["NXDOMAIN", "SOA"]),
            ("what isn't ours fails with EDE 22 without upstreams", ["www.example.com"],
             ["SERVFAIL", "EDE: 22"]),
            ("AXFR is REFUSED", ["mesh.local", "AXFR", "+tcp"], ["Transfer failed"]),
            ("CH is REFUSED", ["version.bind", "CH", "TXT"], ["REFUSED"]),
            ("EDNS version 1 is BADVERS", ["+edns=1", "+noednsneg", "redis.svc.mesh.local"],
             ["BADVERS"]),
            ("no OPT without OPT", ["+noedns", "redis.svc.mesh.local"], ["ADDITIONAL: 0"]),
            ("a cookie is not returned", ["+cookie", "redis.svc.mesh.local"], ["udp: 1232"]),
            ("DO is tolerated", ["+dnssec", "redis.svc.mesh.local"], [vip]),
            ("ANY is answered in short", ["redis.svc.mesh.local", "ANY", "+notcp"],
             ["status: NOERROR"]),
        ]
        for why, arguments, expected in rows:
            output = server.dig(*arguments)
            for text in expected:
                self.assertIn(text, output, why)

    def test_pipelined_queries_of_keepopen(self):
        self.write("all.yaml", service("redis"), service("web"))
        server = self.serve()
        output = server.dig("+tcp", "+keepopen", "redis.svc.mesh.local", "web.svc.mesh.local",
                            "+short")
        self.assertEqual(len(output.split()), 2)

    def test_another_mesh_is_not_served(self):
        self.write("all.yaml", service("redis"),
                   service("web").replace("mesh: default", "mesh: other"))
        server = self.serve()
        self.assertEqual(server.ask("web.svc.mesh.local").rcode, "NXDOMAIN")
        self.assertEqual(server.ask("redis.svc.mesh.local").rcode, "NOERROR")

    def test_clients_outside_the_allow_list_are_refused(self):
        self.write("redis.yaml", service("redis"))
        server = self.serve(settings="log: {format: json}\naccess: {allow: [192.0.2.0/24]}\n")
        self.assertIn("EDE: 18", server.dig("redis.svc.mesh.local"))


class Reloads(Case):
    def test_an_edit_is_seen(self):
        self.write("redis.yaml", service("redis"))
        server = self.serve()
        self.assertEqual(server.ask("web.svc.mesh.local").rcode, "NXDOMAIN")
        self.write("redis.yaml", service("redis"), service("web"))
        server.wait_for_addresses("web.svc.mesh.local")

    def test_new_files_and_folders_are_seen(self):
        server = self.serve()
        self.write("deep/er/web.yaml", service("web"))
        server.wait_for_addresses("web.svc.mesh.local")
        self.write("deep/er/api.yaml", service("api"))
        server.wait_for_addresses("api.svc.mesh.local")

    def test_a_rename_over_the_file_is_seen(self):
        path = self.write("a.yaml", service("redis"))
        server = self.serve()
        draft = self.folder / "draft"
        draft.write_text(service("web"))
        os.rename(draft, path)
        server.wait_for_addresses("web.svc.mesh.local")
        self.assertEqual(server.ask("redis.svc.mesh.local").rcode, "NXDOMAIN")

    def test_a_deleted_file_takes_its_names_with_it(self):
        path = self.write("a.yaml", service("redis"))
        self.write("b.yaml", service("web"))
        server = self.serve()
        path.unlink()
        server.wait_for_rcode("redis.svc.mesh.local", "NXDOMAIN")
        self.assertEqual(server.ask("web.svc.mesh.local").rcode, "NOERROR")

    def test_the_symlink_swap_of_a_config_map(self):
        for generation, name in (("1", "redis"), ("2", "web")):
            (self.resources / f"..gen{generation}").mkdir()
            (self.resources / f"..gen{generation}" / "all.yaml").write_text(service(name))
        (self.resources / "..data").symlink_to("..gen1")
        (self.resources / "all.yaml").symlink_to("..data/all.yaml")
        server = self.serve()
        server.wait_for_addresses("redis.svc.mesh.local")
        (self.resources / "..data_tmp").symlink_to("..gen2")
        os.rename(self.resources / "..data_tmp", self.resources / "..data")
        server.wait_for_addresses("web.svc.mesh.local")
        self.assertEqual(server.ask("redis.svc.mesh.local").rcode, "NXDOMAIN")

    def test_sighup_forces_a_look_at_every_file(self):
        self.write("redis.yaml", service("redis"))
        server = self.serve()
        server.signal(signal.SIGHUP)
        server.wait_for("reloaded")

    def test_what_others_write_beside_the_resources_is_no_reload(self):
        self.write("redis.yaml", service("redis"))
        server = self.serve()
        (self.resources.parent / "beside.yaml").write_text(service("beside"))
        (self.resources / "README.md").write_text("for people")
        time.sleep(0.3)  # longer than changes are collected
        self.write("web.yaml", service("web"))
        self.assertEqual(server.wait_for("reloaded")["parsed"], "1")  # the first is web's

    def test_a_broken_file_keeps_its_last_good_version_and_shows(self):
        path = self.write("a.yaml", service("redis"), service("web"))
        server = self.serve()
        before = server.addresses("redis.svc.mesh.local")
        path.write_text(documents(service("api"), "type: MeshService\nname: [\n"))
        server.wait_for_addresses("api.svc.mesh.local")
        self.assertEqual(server.addresses("redis.svc.mesh.local"), before)
        self.assertEqual(server.ask("web.svc.mesh.local").rcode, "NOERROR")
        self.assertTrue(any("a.yaml" in line["message"] and line.get("level") == "error"
                            for line in server.log()))
        path.write_text(service("api"))
        server.wait_for_rcode("redis.svc.mesh.local", "NXDOMAIN")
        server.wait_for("mended")

    def test_only_changed_documents_are_parsed(self):
        self.write("a.yaml", *[service(f"s{i}") for i in range(20)])
        server = self.serve()
        self.write("a.yaml", *[service(f"s{i}") for i in range(20)], service("new"))
        server.wait_for_addresses("new.svc.mesh.local")
        self.assertEqual(server.wait_for("reloaded")["parsed"], "1")

    def test_a_name_that_moves_to_another_service_is_a_warning(self):
        labels = {"team": "a"}
        self.write("generator.yaml", generator("g", '{{ label "host" }}.mesh'))
        self.write("a.yaml", service("one", labels={"host": "x"}))
        server = self.serve()
        first = server.wait_for_addresses("x.mesh")
        self.write("a.yaml", service("two", labels={"host": "x"} | labels))
        line = server.wait_for("name moved")
        self.assertEqual((line["level"], line["hostname"]), ("warning", "x.mesh"))
        wait_until(lambda: server.addresses("x.mesh") != first, "x.mesh has moved")

    def test_no_query_is_lost_or_wrong_during_50_reloads(self):
        self.write("redis.yaml", service("redis"))
        self.write("many.yaml", *[service(f"s{i}") for i in range(200)])
        server = self.serve()
        vip = server.addresses("redis.svc.mesh.local")
        load = Load(server, "redis.svc.mesh.local",
                    lambda reply: reply.rcode == "NOERROR" and reply.addresses() == vip, 5000)
        try:
            for i in range(50):
                self.write("changing.yaml", service(f"new{i}"))
                server.wait_for_addresses(f"new{i}.svc.mesh.local")
        finally:
            load.stop()
        self.assertEqual(load.wrong, [])
        self.assertGreater(load.sent, 0)
        self.assertEqual(load.received, load.sent)


class Restarts(Case):
    NAMES = [f"s{i}" for i in range(30)]

    def vips(self, server, names=NAMES):
        return {name: server.addresses(f"{name}.svc.mesh.local") for name in names}

    def test_a_table_that_could_not_be_kept_is_kept_when_there_is_room(self):
        def execute(statement):
            with contextlib.closing(sqlite3.connect(self.folder / "state.db")) as database:
                with database:
                    return database.execute(statement).fetchall()

        self.write("a.yaml", service("redis"))
        server = self.serve()
        # As on a full disk, which has room again later.
        execute("CREATE TRIGGER full BEFORE INSERT ON last_table "
                "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
        self.write("b.yaml", service("web"))
        server.wait_for("the table can't be kept for the next start")
        server.wait_for("reloaded")
        self.assertEqual(server.metrics()["mesh_dns_table_stored"], "0")
        self.assertIn("The state file doesn't have the table", server.admin("/status")[1])
        execute("DROP TRIGGER full")
        server.wait_for("the table is kept for the next start again")
        self.assertIn(b"web", execute("SELECT bytes FROM last_table")[0][0])
        self.assertEqual(server.metrics()["mesh_dns_table_stored"], "1")
        self.assertEqual(len(server.logged("reloaded")), 1)

    def test_a_reload_that_changes_nothing_keeps_the_serial(self):
        self.write("a.yaml", service("redis"))
        server = self.serve()
        def serial():
            return server.dig("+short", "mesh.local", "SOA").split()[2]
        before = serial()
        server.signal(signal.SIGHUP)
        server.wait_for("reloaded")
        self.assertEqual(serial(), before)
        self.write("b.yaml", service("web"))
        server.wait_for("reloaded", count=2)
        self.assertGreater(int(serial()), int(before))

    def test_every_vip_survives_kill_9(self):
        self.write("all.yaml", *map(service, self.NAMES))
        server = self.serve()
        before = self.vips(server)
        self.assertEqual(len({tuple(v) for v in before.values()}), len(self.NAMES))
        server.kill()
        self.assertEqual(self.vips(self.serve()), before)

    def test_vips_survive_a_reordering_and_new_services(self):
        self.write("all.yaml", *map(service, self.NAMES))
        server = self.serve()
        before = self.vips(server)
        server.kill()
        self.write("all.yaml", *map(service, reversed(self.NAMES)),
                   *[service(f"new{i}") for i in range(100)])
        self.assertEqual(self.vips(self.serve()), before)

    def test_a_service_that_comes_back_gets_its_vip_back(self):
        self.write("all.yaml", service("redis"))
        server = self.serve()
        before = server.addresses("redis.svc.mesh.local")
        self.write("all.yaml", service("web"))
        server.wait_for_rcode("redis.svc.mesh.local", "NXDOMAIN")
        server.kill()
        server = self.serve()
        self.write("all.yaml", service("web"), service("redis"))
        server.wait_for_addresses("redis.svc.mesh.local", before)

    def test_a_restart_starts_from_the_last_good_table(self):
        self.write("all.yaml", *map(service, self.NAMES))
        server = self.serve()
        before = self.vips(server)
        # It is stored after the names are served.
        wait_until(lambda: server.metrics()["mesh_dns_table_stored"] == "1", "the table is stored")
        server.kill()
        server = self.serve()
        self.assertEqual(self.vips(server), before)
        self.assertTrue(server.logged("serving the table of the state file"))

    def test_sigterm_drains_and_exits_with_0(self):
        self.write("all.yaml", service("redis"))
        server = self.serve()
        self.assertEqual(server.stop(), 0)
        self.assertTrue(server.logged("stopped"))


if __name__ == "__main__":
    unittest.main()
