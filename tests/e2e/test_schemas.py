"""The JSON Schemas say what the decoder says, of the examples and of many documents with one thing
changed. What a schema can't say is in BEYOND and SETTINGS_BEYOND, each with the reason."""
import json
import re
import subprocess
import sys
import tempfile
import unittest

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"skipped: {missing}: install Debian's python3-jsonschema and python3-yaml")
    sys.exit(77)

from harness import BINARY, SOURCE, Case, run, service
from schema_documents import BASES, KINDS, UNKNOWN, changed, mutations

EXAMPLES = sorted((SOURCE / "docs/examples").glob("*/*.yaml"))
SETTINGS_EXAMPLE = SOURCE / "docs/examples/settings/mesh-dns.yaml"

# What the decoder refuses and a schema can't: a part of the message, and why.
BEYOND = {
    "is given twice": "JSON Schema has no uniqueness by one field of the items",
    "is not a valid DNS name": "what a template makes of a service is in two documents",
    "the template is wrong": "the language of templates is not a regular one",
    "says \".*\": remove one of them": "two fields are compared",
    "is above max": "two fields are compared",
    "expected a time.*found \"2024-02-30": "a calendar is no pattern",
    "expected .*IP address.*found \"[0-9a-f:.]*:": "the pattern of IPv6 addresses takes the right "
                                                   "characters; the exact one fills a screen",
}
SETTINGS_BEYOND = {
    r"^[0-9]+(ms|s|m|h|d) is not between": "a pattern can't compare durations in several units",
    r"^[0-9]+(|B|KiB|MiB|GiB) is not between": "likewise sizes; one that is a number is compared",
    "whole seconds": "likewise",
    "found \"(1/)?99999999999999999999d?\"": "a pattern doesn't count up to 2^64",
    "no bits set behind the prefix": "a pattern can't see the bits of an address",
    "overlaps .*, which is": "likewise",
    "expected an (IP )?address and a port.*\\[?:[0-9a-f:]*:": "as of the resources",
}


class Yaml12(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors and mesh-dns read it: `off` is no boolean, a time a text."""


Yaml12.yaml_implicit_resolvers = {}
for tag, pattern, first in (
        ("bool", r"^(true|True|TRUE|false|False|FALSE)$", "tTfF"),
        ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
        ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
        ("float", r"^[-+]?([0-9]+\.[0-9]*|\.[0-9]+)$", "-+.0123456789")):
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


def pattern(validator, wanted, instance, schema):
    """The patterns are of ECMA 262, whose $ is Python's \\Z."""
    if isinstance(instance, str) and not re.search(wanted.replace("$", r"\Z"), instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {wanted!r}")


Validator = jsonschema.validators.extend(jsonschema.Draft7Validator, {"pattern": pattern})


def documents_of(file):
    return list(yaml.load_all(file.read_text(), Yaml12))


def schema(name):
    done = run("schema", name)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def inlined(node, definitions, done):
    """The same without references, whose look-up takes most of the time of a check."""
    if isinstance(node, list):
        return [inlined(item, definitions, done) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        name = node["$ref"].removeprefix("#/definitions/")
        if name not in done:
            done[name] = inlined(definitions[name], definitions, done)
        return done[name]
    return {key: inlined(child, definitions, done) for key, child in node.items()
            if key != "definitions"}


def named(document, number):
    """A generator by a name of its own, since of two of one name only the first is looked into."""
    at = document.get("metadata") if "kind" in document else document
    if "HostnameGenerator" in document.values() and isinstance(at, dict) and at.get("name") == "x":
        path = ("metadata", "name") if "kind" in document else ("name",)
        return changed(document, path, lambda parent, key: parent.__setitem__(key, f"x{number}"))
    return document


def written(path):
    """A path as the decoder writes it."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        elif not key or re.search(r"[./ ]", key):
            text += f'["{key}"]'
        else:
            text += ("." if text else "") + key
    return text


def validate(documents, folder):
    """The errors that the decoder has of each: (path, message). One run for all."""
    file = folder / "all.yaml"
    file.write_text("".join(f"---\n{json.dumps(d)}\n" for d in documents))
    done = subprocess.run([BINARY, "validate", "-o", "json", file], capture_output=True, text=True,
                          check=False, timeout=600)
    errors = [[] for _ in documents]
    for found in json.loads(done.stdout)["diagnostics"]:
        # The documents are made of each other, so nearly all have one name.
        if found["severity"] == "error" and "is already used at" not in found["message"]:
            errors[found["line"] // 2 - 1].append((found["path"], found["message"]))
    return errors


def is_beyond(message, classes):
    return any(re.search(part, message) for part in classes)


class Files(unittest.TestCase):
    def test_the_files_are_what_the_program_prints(self):
        for name in ("settings", "resources"):
            with self.subTest(name=name):
                self.assertEqual(run("schema", name).stdout,
                                 (SOURCE / f"schemas/{name}.json").read_text(),
                                 f"run: mesh-dns schema {name} > schemas/{name}.json")

    def test_each_is_a_schema_with_everything_in_it(self):
        for name in ("settings", "resources", "List", *KINDS):
            with self.subTest(name=name):
                one = schema(name)
                Validator.check_schema(one)
                list(Validator(one).iter_errors({"type": name, "kind": "x"}))

    def test_a_name_that_is_none(self):
        done = run("schema", "MeshTimeout")
        self.assertEqual(done.returncode, 2)
        self.assertIn("HostnameGenerator", done.stderr)

    def test_neither_settings_nor_environment_are_read(self):
        done = run("schema", "Mesh", env={"MESH_DNS_CONFIG": "/nowhere"})
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class Examples(unittest.TestCase):
    def test_the_schemas_take_them(self):
        settings = Validator(schema("settings"))
        resources = Validator(schema("resources"))
        for file in EXAMPLES:
            validator = settings if file == SETTINGS_EXAMPLE else resources
            for document in documents_of(file):
                with self.subTest(file=file.relative_to(SOURCE).as_posix()):
                    self.assertEqual([e.message for e in validator.iter_errors(document)], [])

    def test_a_kind_s_own_schema_takes_its_documents_and_no_others(self):
        for kind in KINDS:
            validator = Validator(schema(kind))
            for base in BASES:
                with self.subTest(kind=kind, base=base.get("type", base.get("kind"))):
                    of_kind = kind in (base.get("type"), base.get("kind"))
                    self.assertEqual(validator.is_valid(base), of_kind)

    def test_the_first_line_of_each_document_names_its_schema_for_editors(self):
        """The language server takes such a line for its own document only."""
        for file in EXAMPLES:
            name = "settings" if file == SETTINGS_EXAMPLE else "resources"
            for text in re.split(r"^---\n", file.read_text(), flags=re.M):
                with self.subTest(file=file.relative_to(SOURCE).as_posix()):
                    first = text.splitlines()[0]
                    match = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
                    self.assertTrue(match, first)
                    self.assertEqual((file.parent / match[1]).resolve(),
                                     SOURCE / f"schemas/{name}.json")


class Hook(Case):
    """What pre-commit runs in the repositories of others."""

    def test_it_refuses_what_validate_refuses(self):
        hook, = yaml.safe_load((SOURCE / ".pre-commit-hooks.yaml").read_text())
        self.assertFalse(hook["pass_filenames"], "names are compared across files")
        program, *arguments = hook["entry"].split()
        self.assertEqual(program, "mesh-dns")
        for port, status in ((80, 0), (99999, 1)):
            self.write("a.yaml", service("redis", port=port))
            self.assertEqual(run(*arguments, self.resources).returncode, status)


class Resources(Case):
    def setUp(self):
        super().setUp()
        whole = schema("resources")
        self.schema = inlined(whole, whole["definitions"], {})
        self.validator = Validator(self.schema)

    def closed_maps(self):
        """Those of the schema that name all their fields, by identity."""
        found = {}

        def walk(node, where):
            if isinstance(node, dict):
                if node.get("additionalProperties") is False:
                    found[id(node)] = where
                for key, child in node.items():
                    walk(child, f"{where}/{key}")
            elif isinstance(node, list):
                for child in node:
                    walk(child, where)

        walk(self.schema, "")
        return found

    def check_details(self, errors, refused):
        """Where both refuse: the same fields, words and bounds."""
        by_path = {}
        for error in refused:
            by_path.setdefault((written(error.absolute_path), error.validator), error.schema)
        for path, message in errors:
            fields = re.search("there is no such field; there are (.*)", message)
            if fields and path.endswith(UNKNOWN):
                closed = by_path[path[:-len(UNKNOWN)].rstrip("."), "additionalProperties"]
                self.assertEqual(set(fields[1].split(", ")), set(closed["properties"]), path)
                self.seen.discard(id(closed))
            if words := re.search("expected one of (.*), found", message):
                self.assertEqual(set(words[1].split(", ")),
                                 set(by_path[path, "enum"]["enum"]) - {None}, path)
            if bounds := re.search("is not between (.*) and (.*)", message):
                number = by_path.get((path, "minimum")) or by_path[path, "maximum"]
                self.assertEqual((number["minimum"], number["maximum"]),
                                 (int(bounds[1]), int(bounds[2])), path)

    def test_schema_and_decoder_agree_on_whatever_is_changed(self):
        documents = [d for base in BASES for d in mutations(base)]
        self.assertGreater(len(documents), 10_000)
        self.assertEqual([e for e in validate(BASES, self.folder) if e], [])
        documents = [named(d, number) for number, d in enumerate(documents)]
        everything = validate(documents, self.folder)
        self.seen = set(self.closed_maps())
        differ = {}
        used = set()
        for document, errors in zip(documents, everything):
            refused = list(self.validator.iter_errors(document))
            if refused and errors and "items" not in document:
                self.check_details(errors, refused)
            if refused and not errors:
                said = f"only the schema refuses: {refused[0].message[:100]}"
                differ.setdefault(f"{said} at {written(refused[0].absolute_path)}", document)
            for path, message in errors if not refused else ():
                classes = [part for part in BEYOND if re.search(part, message)]
                used.update(classes)
                if not classes:
                    differ.setdefault(f"only the decoder refuses: {path}: {message}", document)
        self.assertEqual([], [f"{why}: {json.dumps(d)[:600]}" for why, d in differ.items()])
        self.assertEqual(used, set(BEYOND), "a class that nothing needs any more")
        closed = self.closed_maps()
        self.assertEqual([closed[one] for one in self.seen], [],
                         "maps whose fields were compared with the decoder's nowhere")


class Settings(Case):
    def setUp(self):
        super().setUp()
        self.schema = schema("settings")
        self.validator = Validator(self.schema)
        self.settings = dict(self.leaves(self.schema, ()))

    def leaves(self, node, path):
        for name, child in node["properties"].items():
            if "properties" in child:
                yield from self.leaves(child, path + (name,))
            else:
                yield path + (name,), child

    def refused_by_decoder(self, document):
        """{path of a setting: message}"""
        file = self.folder / "settings.yaml"
        file.write_text(json.dumps(document) + "\n")
        done = run("validate", "--config", file, self.resources)
        found = {}
        for line in done.stderr.splitlines():
            if ": warning: " in line:
                continue
            match = re.search(r"error: ([^:\[\]]+)[^:]*: (.*)", line)
            self.assertTrue(match, line)
            found.setdefault(match[1], match[2])
        return found

    def refused_by_schema(self, document):
        """Paths of settings, and of fields that are none."""
        for error in self.validator.iter_errors(document):
            path = [str(key) for key in error.absolute_path]
            if error.validator == "additionalProperties":
                for name in set(error.instance) - set(error.schema["properties"]):
                    yield ".".join([*path, name])
            else:
                yield ".".join(path)

    def setting_of(self, path):
        """The setting that a path is at or below."""
        return next((name for name in (".".join(p) for p in self.settings)
                     if path == name or path.startswith(name + ".")), path)

    def check(self, document, why):
        decoder = self.refused_by_decoder(document)
        refused = {self.setting_of(path) for path in self.refused_by_schema(document)}
        told = {self.setting_of(path): message for path, message in decoder.items()}
        for path in set(told) ^ refused:
            message = told.get(path)
            if message and is_beyond(message, SETTINGS_BEYOND):
                continue
            yield f"{why}: {path}: only " + (f"the decoder refuses: {message}" if message
                                             else "the schema refuses")

    def all_set_to(self, value):
        document = {}
        for path in self.settings:
            at = document
            for key in path[:-1]:
                at = at.setdefault(key, {})
            at[path[-1]] = value
        return document

    def values(self):
        yield from (
            None, True, 0, 1, -1, 5, 1.5, "", "x", " x", "A.b.", "a..b", "a_b", "-a", "80", "a" * 253,
            "a" * 254, "a" * 253 + ".", "30s", "1500ms", "5m", "12h", "7d", "30", "s", "3 s", "-3s",
            "1.5s", "99999999999999999999d", "9999d", "0s", "00ms", "1/100", "1/0", "1/", "2/3", "1/99999999999999999999", "unix:/x", "unix:", "unix",
            "16MiB", "64KiB", "1GiB", "10B", "16MB", "MiB",
            "127.0.0.1", "127.0.0.1:53", "127.0.0.1:65536", "127.0.0.1:65535", "127.0.0.1:00053",
            "127.0.0.1:", "256.0.0.1:53", "01.0.0.1:53", "::1", "[::1]:53", "::1:53", "[::1]",
            "[127.0.0.1]:53", "[::x]:53", "localhost:53", "241.0.0.0/8", "241.0.0.1/8", "10.0.0.0/33",
            "10.0.0.0/", "10.0.0.0/08", "fd00:241::/64", "fd00::/129", "::1/128", "fd00::1/64",
            "224.0.0.0/4", "::/64", "169.254.0.0/16",
            [], {}, ["x"], [None], [["x"]], [{}], {"a": "b"}, {"corp.example": "192.0.2.1"},
            {"corp.example": ["192.0.2.1:53", "[::1]:53", "::1"]}, {"corp.example": None},
            {"corp.example": "x"}, {"a_b": "192.0.2.1"}, {"Corp.Example.": []})
        bounds, words = set(), set()
        for one in self.settings.values():
            for part in (one, one.get("else", {})):
                if "minimum" in part:
                    least, most = part["minimum"], part["maximum"]
                    bounds |= {least - 1, least, most, most + 1}
                words |= set(part.get("enum", ()))
        yield from sorted(bounds)
        yield from sorted(words - {None})

    def test_schema_and_decoder_agree_on_every_value(self):
        values = list(self.values())
        wrong = []
        for value in values:
            wrong += self.check(self.all_set_to(value), json.dumps(value)[:60])
            if isinstance(value, str):
                wrong += self.check(self.all_set_to([value]), json.dumps([value])[:60])
        self.assertEqual(wrong, [])

    def test_sections_and_fields(self):
        sections = sorted({path[0] for path in self.settings if len(path) > 1})
        wrong = []
        for value in (None, 5, "x", [], {}, {UNKNOWN: 1}):
            wrong += self.check({name: value for name in sections}, json.dumps(value))
        wrong += self.check({UNKNOWN: 1}, "a field that is unknown")
        self.assertEqual(wrong, [])
        for value in (5, "x", []):
            self.assertFalse(self.validator.is_valid(value))

    def test_hover_and_completion_have_what_the_documentation_has(self):
        page = (SOURCE / "docs/configuration.md").read_text()
        for path, one in self.settings.items():
            name = ".".join(path)
            with self.subTest(setting=name):
                row = re.search(rf"^\| `{re.escape(name)}` \|(.*)\|$", page, re.M)
                kind, default, what = (cell.strip() for cell in row[1].split("|"))
                self.assertTrue(one["description"].startswith(f"{what}\n\n{kind}"))
                self.assertEqual("default" in one, bool(default))
                self.assertTrue(self.validator.is_valid(self.nested(path, one.get("default"))))

    def nested(self, path, value):
        for key in reversed(path):
            value = {key: value}
        return value


if __name__ == "__main__":
    unittest.main()
