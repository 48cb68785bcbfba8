"""What every file looks like, as far as a formatter doesn't see to it."""
import pathlib
import re
import subprocess
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CODE = (".h", ".cc")
MAX_FILE = 500_000  # bytes


def files():
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=SOURCE, capture_output=True, text=True)
    if listed.returncode != 0:
        raise unittest.SkipTest("this is no git checkout")
    return [SOURCE / name for name in listed.stdout.split("\0")
            if name and (SOURCE / name).is_file()]


class Style(unittest.TestCase):
    def check(self, suffixes, broken):
        wrong = []
        for file in files():
            if file.suffix in suffixes and "corpus" not in file.parts:
                reason = broken(file.read_text())
                if reason:
                    wrong.append(f"{file.relative_to(SOURCE)}: {reason}")
        self.assertEqual(wrong, [])

    def test_lines(self):
        def broken(text):
            if "\r" in text:
                return "CR"
            if re.search(r"[ \t]$", text, re.M):
                return "blanks at the end of a line"
            return "no newline at the end" if text and not text.endswith("\n") else ""
        self.check(CODE + (".py", ".sh", ".md", ".yaml", ".txt", ".cmake"), broken)

    def test_no_tabs_and_nothing_left_for_later(self):
        def broken(text):
            found = re.search(r"\t|\b(TODO|FIXME|XXX)\b", text)
            return found and repr(found.group())
        self.check(CODE, broken)

    def test_a_header_says_what_it_is_before_anything_else(self):
        def broken(text):
            return not re.match(r"(//.*\n)+#pragma once\n", text) and "no comment, then #pragma once"
        self.check((".h",), broken)

    def test_no_file_is_large(self):
        large = [str(f) for f in files() if f.stat().st_size > MAX_FILE]
        self.assertEqual(large, [])


if __name__ == "__main__":
    unittest.main()
