"""Every command in README.md and docs/*.md is run, in a sandbox of its page, and prints what is shown.

    MESH_DNS=build/dev/app/mesh-dns python3 tests/docs/test_commands.py [-k PAGE]
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import exceptions
import page

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
BINARY = os.path.abspath(os.environ.get("MESH_DNS", ""))
PAGES = ["README.md", *sorted(p.relative_to(SOURCE).as_posix() for p in SOURCE.glob("docs/*.md"))]
UNSHARE = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"]
DEADLINE = 400  # seconds a page


def blocks(name):
    return page.blocks(name, (SOURCE / name).read_text())


def commands(name):
    return [command for block in blocks(name) if page.kind(block) == "commands"
            for command in page.commands(block)]


def mesh_dns(*arguments, **options):
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=60, **options)
    return done.returncode, done.stdout + done.stderr


class Lists(unittest.TestCase):
    """What the pages hold and what the lists say of it."""

    def test_every_block_is_known(self):
        unknown = [str(block) for name in PAGES for block in blocks(name)
                   if page.kind(block) == "unknown"]
        self.assertEqual(unknown, [], "what are these? Fence a command as sh or begin its lines with "
                         "`$ `, a picture or a message as ```text; a program that tests/docs/page.py "
                         "doesn't know goes into PROGRAMS there")

    def test_what_is_listed_is_there(self):
        there = {(command.page, command.key) for name in PAGES for command in commands(name)}
        self.assertEqual([e for e in exceptions.NOT_RUN if e not in there], [],
                         "no page has these commands: take them out of tests/docs/exceptions.py")
        yaml = {(block.page, block.lines[0]) for name in PAGES for block in blocks(name)
                if page.kind(block) in ("settings", "resources")}
        self.assertEqual([e for e in exceptions.NOT_OURS if e not in yaml], [],
                         "no page has this YAML: take it out of tests/docs/exceptions.py")

    def test_every_reason_is_given(self):
        reasons = [entry.why for entry in exceptions.NOT_RUN.values()]
        self.assertTrue(all([*reasons, *exceptions.NOT_OURS.values()]))

    def test_what_happens_before_a_page_is_of_a_page(self):
        names = {pathlib.Path(name).stem for name in PAGES} | {"every"}
        self.assertLessEqual({path.stem for path in HERE.glob("before/*.sh")}, names)

    def test_links_lead_somewhere(self):
        broken = []
        for name in PAGES:
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (SOURCE / name).read_text()):
                if not (SOURCE / name).parent.joinpath(target).exists():
                    broken.append(f"{name}: {target}")
        self.assertEqual(broken, [])

    def test_metrics_are_those_of_their_page(self):
        def named(name):
            return set(re.findall(r"\bmesh_dns_[a-z_]+\b", (SOURCE / name).read_text()))
        known = named("docs/metrics.md")
        self.assertEqual({name: named(name) - known for name in PAGES if named(name) - known}, {})


class Yaml(unittest.TestCase):
    """YAML on a page is read by mesh-dns without an error."""

    def each(self, kind, status_and_output):
        for block in (block for name in PAGES for block in blocks(name)):
            first = block.lines[0] if block.lines else ""
            if page.kind(block) != kind or (block.page, first) in exceptions.NOT_OURS:
                continue
            with self.subTest(str(block)):
                status, output = status_and_output("\n".join(block.lines) + "\n")
                self.assertEqual(status, 0, f"{output}\nif this isn't ours, add to NOT_OURS in "
                                 "tests/docs/exceptions.py:\n"
                                 f"    ({block.page!r}, {first!r}): \"what it is a part of\",")

    def test_resources(self):
        self.each("resources", lambda text: mesh_dns("validate", "-", input=text))

    def test_settings(self):
        def read(text):
            with tempfile.TemporaryDirectory() as folder:
                file = pathlib.Path(folder) / ".settings"
                file.write_text(text)
                return mesh_dns("validate", "--config", file, folder)
        self.each("settings", read)


class Synopsis(unittest.TestCase):
    """The flags that a synopsis shows are those of the program."""

    def test_flags(self):
        for name in PAGES:
            for block in blocks(name):
                if page.kind(block) != "synopsis":
                    continue
                for part in re.split(r"\n(?=\S)", "\n".join(block.lines)):
                    flags = re.findall(r"(?<![\w-])--?[a-z][\w-]*", page.without_comment(part))
                    with self.subTest(part):
                        command = re.match(r"mesh-dns((?: [a-z]+)+)", part)
                        self.assertIsNotNone(command, "what is it a synopsis of?")
                        status, output = mesh_dns(*command[1].split(), "--help")
                        self.assertEqual(status, 0, output)
                        self.assertEqual([f for f in flags if f not in output], [], output)


def sandboxes():
    """Whether they can be made: needs root, overlays and network namespaces."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([*UNSHARE, HERE / "sandbox.sh", folder, BINARY, SOURCE, "true"],
                              capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stderr


class Commands(unittest.TestCase):
    """One test a page; made below."""

    @classmethod
    def setUpClass(cls):
        possible, reason = sandboxes()
        if not possible:
            raise unittest.SkipTest(f"no sandbox can be made here: {reason}")

    def run_page(self, name):
        with tempfile.TemporaryDirectory(prefix="mesh-dns-docs-") as folder:
            done = subprocess.run(
                [*UNSHARE, HERE / "sandbox.sh", folder, BINARY, SOURCE, "python3",
                 "tests/docs/run_page.py", name],
                capture_output=True, text=True, timeout=DEADLINE, check=False)
        if done.returncode != 0:
            self.fail(f"{done.stdout}{done.stderr}\n\n{HOW}")


HOW = """Is the page wrong? Then mend it. What varies is written `...`; what is there before the first command
is in tests/docs/before/PAGE.sh. A command that can't be run in a sandbox is listed in NOT_RUN of
tests/docs/exceptions.py:
    ("PAGE", "COMMAND"): NotRun("why", "a command that proves it in another way"),"""


def add_pages():
    for name in PAGES:
        if commands(name):
            test = "test_" + re.sub(r"\W", "_", name.removesuffix(".md"))
            setattr(Commands, test, lambda self, name=name: self.run_page(name))


add_pages()


if __name__ == "__main__":
    unittest.main()
