"""validate, render, explain and plan, as a person or a pipeline runs them."""
import json
import unittest

from harness import SOURCE, Case, generator, run, service


class Validate(Case):
    def test_clean_input_exits_0(self):
        self.write("a.yaml", service("redis"))
        done = run("validate", self.resources)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("0 errors", done.stdout)

    def test_every_error_is_told_at_once_with_its_place(self):
        path = self.write("a.yaml", service("redis", port=99999), service("web", port=0),
                          generator("g", "{{ label 'x' }}.mesh"))
        done = run("validate", self.resources)
        self.assertEqual(done.returncode, 1)
        for text in (f"{path}:7:", f"{path}:15:", "spec.ports[0].port", "double quotes"):
            self.assertIn(text, done.stdout)

    def test_unknown_fields_are_errors_with_a_guess(self):
        self.write("a.yaml", service("redis").replace("appProtocol", "appProtokol"))
        done = run("validate", self.resources)
        self.assertEqual(done.returncode, 1)
        self.assertIn("appProtocol", done.stdout)

    def test_json_output(self):
        self.write("a.yaml", service("redis", port=0))
        done = run("validate", "-o", "json", self.resources)
        found = json.loads(done.stdout)["diagnostics"]
        self.assertEqual([d["severity"] for d in found], ["error"])
        self.assertEqual(found[0]["path"], "spec.ports[0].port")

    def test_standard_input(self):
        self.assertEqual(run("validate", "-", stdin=service("redis")).returncode, 0)

    def test_a_missing_path_is_an_error(self):
        done = run("validate", self.folder / "nowhere")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nowhere", done.stdout)

    def test_the_examples_are_clean(self):
        for example in sorted((SOURCE / "docs/examples").iterdir()):
            if example.name == "settings":
                continue
            with self.subTest(example=example.name):
                done = run("validate", example)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_example_settings_are_the_defaults(self):
        settings = SOURCE / "docs/examples/settings/mesh-dns.yaml"
        self.write("a.yaml", service("redis"))
        done = run("validate", "--config", settings, self.resources)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)


class Render(Case):
    def json_of(self, *arguments, **options):
        done = run("render", "-o", "json", *arguments, "--state", self.folder / "none.db", **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_the_object_of_the_contract(self):
        self.write("a.yaml", service("redis"))
        rendered = self.json_of(self.resources)
        self.assertEqual(list(rendered), ["items", "diagnostics"])
        item = rendered["items"][0]
        self.assertEqual({k: item[k] for k in ("type", "mesh", "name")},
                         {"type": "MeshService", "mesh": "default", "name": "redis"})
        self.assertEqual(item["labels"], {
            "kuma.io/display-name": "redis", "kuma.io/env": "universal", "kuma.io/mesh": "default",
            "kuma.io/origin": "zone", "kuma.io/zone": "default"})
        self.assertEqual(item["spec"]["ports"], [
            {"name": "main", "port": 6379, "targetPort": 6379, "appProtocol": "tcp"}])
        ref = {"coreName": "local-universal-mesh-service"}
        self.assertEqual(item["status"]["addresses"], [
            {"hostname": "redis.svc.mesh.local", "origin": "HostnameGenerator",
             "hostnameGeneratorRef": ref}])
        self.assertRegex(item["status"]["vips"][0]["ip"], r"^241\.")
        self.assertEqual(item["status"]["hostnameGenerators"], [
            {"hostnameGeneratorRef": ref, "conditions": [
                {"type": "Generated", "status": "True", "reason": "Generated", "message": ""}]}])

    def test_a_collision_names_the_winner(self):
        self.write("a.yaml", service("one"), service("two"), generator("g", "same.mesh"))
        items = {i["name"]: i for i in self.json_of(self.resources)["items"]}
        losing = [c for g in items["two"]["status"]["hostnameGenerators"]
                  for c in g["conditions"] if c["status"] == "False"]
        self.assertEqual([c["reason"] for c in losing], ["Collision"])
        self.assertIn("MeshService one", losing[0]["message"])

    def test_the_order_of_files_and_documents_changes_nothing(self):
        texts = [service(f"s{i}") for i in range(5)] + [generator("g", "same.mesh")]
        self.write("a.yaml", *texts)
        first = self.json_of(self.resources)
        (self.resources / "a.yaml").unlink()
        for number, text in enumerate(reversed(texts)):
            self.write(f"{number}.yaml", text)
        second = self.json_of(self.resources)
        self.assertEqual(first["items"], second["items"])

    def test_yaml_can_be_loaded_again(self):
        example = SOURCE / "docs/examples/quickstart"
        done = run("render", example)
        again = run("render", "-", example / "generators.yaml", stdin=done.stdout)
        self.assertEqual(again.stdout, done.stdout)

    def test_hosts(self):
        self.write("a.yaml", service("redis"))
        line = run("render", "-o", "hosts", self.resources).stdout
        self.assertRegex(line, r"^241\.\d+\.\d+\.\d+ redis\.svc\.mesh\.local\n$")

    def test_zone_file(self):
        self.write("a.yaml", service("redis"))
        text = run("render", "-o", "zone", self.resources).stdout
        for expected in (r"redis\.svc\.mesh\.local\.\t30\tIN\tA\t241\.",
                         r"_main\._tcp\.redis\.svc\.mesh\.local\.\t30\tIN\tSRV\t0 100 6379 ",
                         r"in-addr\.arpa\.\t30\tIN\tPTR\tredis\.svc\.mesh\.local\.",
                         r"mesh\.local\.\t\d+\tIN\tSOA\t"):
            self.assertRegex(text, expected)

    def test_kuma_manual_in_kubernetes_shape(self):
        items = self.json_of(SOURCE / "docs/examples/kubernetes-shape")["items"]
        redis = [i for i in items if i["labels"]["kuma.io/display-name"] == "redis"][0]
        self.assertTrue(redis["status"]["addresses"])
        self.assertTrue(redis["status"]["vips"])


class Explain(Case):
    def explain(self, what, *arguments, env=None):
        done = run("explain", what, self.resources, "--state", self.folder / "none.db", *arguments,
                   env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_a_name_that_is_served(self):
        self.write("a.yaml", service("redis"))
        text = self.explain("redis.svc.mesh.local")
        for expected in ("MeshService redis", "local-universal-mesh-service", "241.", "a.yaml:3",
                         "kuma.io/origin=zone", "SRV"):
            self.assertIn(expected, text)

    def test_a_name_that_lost_a_collision(self):
        self.write("a.yaml", service("one"), service("two"), generator("g", "same.mesh"))
        text = self.explain("MeshService/two")
        self.assertIn("lost it", text)
        self.assertIn("MeshService one", text)
        self.assertIn("MeshService two", self.explain("same.mesh"))

    def test_a_template_that_failed_names_the_missing_label_and_those_there_are(self):
        self.write("a.yaml", service("redis", labels={"app": "x"}),
                   generator("g", '{{ label "team" }}.mesh'))
        text = self.explain("redis.mesh")
        for expected in ('"team"', "app", "template failed"):
            self.assertIn(expected, text)

    def test_what_is_no_name(self):
        self.write("a.yaml", service("redis"))
        rows = [("redis..mesh.local", "redis..mesh.local is no DNS name: it has an empty label"),
                (".redis.mesh.local", "it has an empty label"),
                ("", "it is empty"),
                ("a" * 64 + ".mesh.local", "it has a label of more than 63 octets")]
        for what, expected in rows:
            text = self.explain(what)
            self.assertIn(expected, text)
            self.assertNotIn("NODATA", text)

    def test_a_name_that_nobody_makes(self):
        self.write("a.yaml", service("redis"))
        self.assertIn("NXDOMAIN", self.explain("nope.svc.mesh.local"))

    def test_a_name_that_is_not_ours_says_who_is_asked_and_why(self):
        self.write("a.yaml", service("redis"))
        conf = self.folder / "resolv.conf"
        conf.write_text("nameserver 192.0.2.1\nnameserver 192.0.2.2\n")
        rows = [
            ("the resolv.conf", {"MESH_DNS_UPSTREAM_RESOLV_CONF": str(conf)}, "www.example.com",
             ["not ours", "192.0.2.1:53 is asked first", "192.0.2.2:53", str(conf)]),
            ("upstream.servers", {"MESH_DNS_UPSTREAM_SERVERS": "192.0.2.3"}, "www.example.com",
             ["192.0.2.3:53 is asked first (upstream.servers)"]),
            ("us, and nobody else", {"MESH_DNS_UPSTREAM_SERVERS": "127.0.0.1:15053"},
             "www.example.com", ["none: SERVFAIL"]),
            ("one label", {"MESH_DNS_UPSTREAM_SERVERS": "192.0.2.3"}, "printer",
             ["NXDOMAIN", "upstream.singleLabels"]),
        ]
        for why, env, name, expected in rows:
            with self.subTest(why):
                text = self.explain(name, env=env)
                for part in expected:
                    self.assertIn(part, text)
        settings = self.folder / "routes.yaml"
        settings.write_text('upstream: {zones: {corp.example: ["192.0.2.4"]}}\n')
        text = self.explain("db.corp.example", "--config", settings)
        self.assertIn("192.0.2.4:53 is asked first (upstream.zones, for corp.example.)", text)

    def test_a_special_name_says_which_rule_makes_it_one(self):
        text = self.explain("db.LOCALHOST")
        self.assertIn("RFC 6761", text)
        self.assertIn("127.0.0.1", text)
        self.assertIn("::1", text)
        self.assertIn("RFC 7686", self.explain("a.onion"))
        self.assertIn("NXDOMAIN", self.explain("a.invalid"))

    def test_a_service_without_a_vip(self):
        self.write("a.yaml", *[service(f"s{i}") for i in range(3)])
        done = run("explain", "MeshService/s2", self.resources, "--state", self.folder / "none.db",
                   env={"MESH_DNS_VIP_MESH_SERVICE": "241.0.0.0/30"})
        texts = [run("explain", f"msvc/s{i}", self.resources, "--state", self.folder / "none.db",
                     env={"MESH_DNS_VIP_MESH_SERVICE": "241.0.0.0/30"}).stdout for i in range(3)]
        self.assertEqual(done.returncode, 0)
        self.assertEqual(sum("VIP       none" in text for text in texts), 1)

    def test_an_address(self):
        self.write("a.yaml", service("redis"))
        vip = json.loads(run("render", "-o", "json", self.resources, "--state",
                             self.folder / "none.db").stdout)["items"][0]["status"]["vips"][0]["ip"]
        self.assertIn("MeshService redis", self.explain(vip))

    def test_no_such_resource_is_an_error(self):
        self.write("a.yaml", service("redis"))
        self.assertEqual(run("explain", "MeshService/nope", self.resources).returncode, 1)


class Plan(Case):
    def plan(self, *arguments):
        done = run("plan", self.resources, "--state", self.folder / "state.db", "-o", "json",
                   *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_what_would_change(self):
        self.write("generator.yaml", generator("g", '{{ label "host" }}.mesh'))
        self.write("a.yaml", service("one", labels={"host": "x"}), service("gone"))
        server = self.serve()
        server.stop()
        self.assertEqual(self.plan(), {"names": [], "vips": []})
        self.write("a.yaml", service("two", labels={"host": "x"}))
        changes = self.plan()
        names = {c["hostname"]: c["change"] for c in changes["names"]}
        self.assertEqual(names, {"x.mesh": "moved", "two.svc.mesh.local": "added",
                                 "one.svc.mesh.local": "removed", "gone.svc.mesh.local": "removed"})
        vips = {c["name"]: c["change"] for c in changes["vips"]}
        self.assertEqual(vips, {"one": "release", "gone": "release", "two": "allocate"})

    def test_the_plan_as_text(self):
        self.write("a.yaml", service("redis"))
        def text():
            done = run("plan", self.resources, "--state", self.folder / "state.db")
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout
        for expected in (r"\+ name redis\.svc\.mesh\.local added to MeshService redis 241\.",
                         r"\+ VIP  241\.\S+ allocate MeshService redis", "1 name and 1 VIP would change"):
            self.assertRegex(text(), expected)
        self.serve().stop()
        self.assertRegex(text(), "^(nothing|0 names|Nothing)")
        self.write("a.yaml", service("web"))
        for expected in (r"- name redis\.svc\.mesh\.local", r"- VIP  241\.\S+ release"):
            self.assertRegex(text(), expected)

    def test_plan_works_beside_a_running_instance(self):
        self.write("a.yaml", service("redis"))
        self.serve()
        self.assertEqual(self.plan(), {"names": [], "vips": []})

    def test_renumber_moves_what_no_pool_contains(self):
        self.write("a.yaml", service("redis"))
        server = self.serve()
        before = server.addresses("redis.svc.mesh.local")
        server.stop()
        settings = self.folder / "new.yaml"
        settings.write_text("vip: {meshService: [10.99.0.0/16]}\n")
        self.assertEqual(self.plan("--config", settings), {"names": [], "vips": []})
        moved = self.plan("--config", settings, "--renumber")
        self.assertTrue(any(c["ip"].startswith("10.99.") for c in moved["vips"]))
        text = settings.read_text() + "log: {format: json}\n"
        self.assertEqual(self.serve(settings=text).addresses("redis.svc.mesh.local"), before)
        self.servers[-1].stop()
        renumbered = self.serve("--renumber", settings=text).addresses("redis.svc.mesh.local")
        self.assertTrue(renumbered[0].startswith("10.99."))


class CommandLine(Case):
    def test_help_and_version_work_everywhere(self):
        for command in ([], ["serve"], ["validate"], ["render"], ["explain"], ["plan"]):
            done = run(*command, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("--config" if command else "serve", done.stdout)
        self.assertRegex(run("--version").stdout, r"^mesh-dns \d+\.\d+\.\d+")

    def test_usage_errors_exit_with_2(self):
        for arguments in ([], ["nope"], ["validate"], ["render", "-o", "nope", "."],
                          ["serve", "--nope"]):
            self.assertEqual(run(*arguments).returncode, 2, arguments)

    def test_bad_settings_are_told_with_their_source(self):
        settings = self.folder / "s.yaml"
        settings.write_text("dns: {ttl: banana}\nlissten: []\n")
        done = run("validate", "--config", settings, self.resources)
        self.assertEqual(done.returncode, 1)
        for text in (f"{settings}:1:12", "dns.ttl", f"{settings}:2:1", "listen"):
            self.assertIn(text, done.stderr)
        done = run("validate", self.resources, env={"MESH_DNS_DNS_TTL": "banana"})
        self.assertIn("MESH_DNS_DNS_TTL", done.stderr)

    def test_a_wrong_value_of_a_flag_is_wrong_usage(self):
        self.write("a.yaml", service("redis"))
        for arguments, flag in ((("status", "--admin", "foo"), "--admin"),
                                (("serve", "--listen", "foo"), "--listen"),
                                (("validate", "--mode", "foo", self.resources), "--mode")):
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            self.assertTrue(done.stderr.startswith(f"{flag}: error: "), done.stderr)

    def test_a_wrong_setting_is_none(self):
        self.write("a.yaml", service("redis"))
        done = run("validate", self.resources, env={"MESH_DNS_MODE": "foo"})
        self.assertEqual(done.returncode, 1, done.stderr)
        settings = self.folder / "s.yaml"
        settings.write_text("mode: foo\n")
        done = run("validate", "--zone", "a", "--config", settings, self.resources)
        self.assertEqual(done.returncode, 1, done.stderr)


if __name__ == "__main__":
    unittest.main()
