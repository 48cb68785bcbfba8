"""The manual pages: well-formed, and in step with --help and the settings."""
import os
import pathlib
import re
import shutil
import subprocess
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PAGES = [SOURCE / "packaging/man" / name for name in ("mesh-dns.1", "mesh-dns.yaml.5")]
PROGRAM = os.environ["MESH_DNS"]


def plain(page):
    """The text of a page's source: no escapes, no fonts."""
    text = page.read_text()
    text = re.sub(r"\\f[RIB]", "", text).replace(r"\-", "-").replace(r"\e", "\\")
    return re.sub(r"^\.(?:B|I|BR|BI|RB|IR|RI) ", "", text, flags=re.M).replace('"', "")



def section(page, title):
    return re.search(rf"^\.S[HS] {re.escape(title)}\n(.*?)(?=^\.S[HS] |\Z)", plain(page),
                     re.M | re.S).group(1)


def help_of(*command):
    return subprocess.run([PROGRAM, *command, "--help"], capture_output=True, text=True,
                          check=True).stdout


def commands(*command):
    text = help_of(*command).partition("Subcommands:\n")[2].partition("\n\n")[0]
    return re.findall(r"^  ([a-z-]+)", text, re.M)


def options(*command):
    """("-o", "--output") ... of a command and of those within it."""
    found = {tuple(names.split(",")) for names in re.findall(r"^  (-\S+)", help_of(*command), re.M)}
    return found.union(*(options(*command, inner) for inner in commands(*command)))


class Pages(unittest.TestCase):
    def test_they_are_well_formed(self):
        tools = [["mandoc", "-Tlint", "-W", "warning"], ["groff", "-man", "-Tutf8", "-ww", "-z"],
                 ["man", "--warnings", "-l"]]
        found = [tool for tool in tools if shutil.which(tool[0])]
        if not found:
            self.skipTest("none of mandoc, groff and man is there")
        for tool in found:
            for page in PAGES:
                run = subprocess.run([*tool, page], capture_output=True, text=True,
                                     env={**os.environ, "LC_ALL": "C.UTF-8"})
                said = run.stdout + run.stderr if tool[0] != "man" else run.stderr
                self.assertEqual((run.returncode, said), (0, ""), (tool, page.name))

    def test_every_command_of_help_and_no_other(self):
        described = re.findall(r"^\.TP\n([a-z-]+)", section(PAGES[0], "COMMANDS"), re.M)
        self.assertEqual(sorted(described), sorted(commands()))

    def test_every_option_of_help_and_no_other(self):
        text = plain(PAGES[0]).partition(".SH OPTIONS\n")[2].partition(".SH SIGNALS\n")[0]
        described = {tuple(re.findall(r"(?<![\w-])--?[a-z-]+", tag))
                     for tag in re.findall(r"^\.TP\n(-.*)$", text, re.M)}
        self.assertEqual(sorted(described), sorted(options()))

    def test_the_commands_within_a_command_are_named(self):
        for command in commands():
            entry = re.search(rf"^\.TP\n{command}\b.*?(?=^\.TP|^\.S|^\.PP)", plain(PAGES[0]),
                              re.M | re.S).group()
            for inner in commands(command):
                self.assertRegex(entry, rf"\b{inner}\b")

    def test_every_setting_with_type_and_default(self):
        rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]*) \| [^|]+ \|$",
                          (SOURCE / "docs/configuration.md").read_text(), re.M)
        self.assertGreater(len(rows), 40)
        described = re.findall(r"^\.TP\n(\S+)\n\((.*); default: (.*)\)$", plain(PAGES[1]), re.M)
        self.assertEqual(sorted(described), sorted(
            (name, kind.strip(), default.strip() or "none") for name, kind, default in rows))


if __name__ == "__main__":
    unittest.main()
