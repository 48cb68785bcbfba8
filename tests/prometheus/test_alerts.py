"""The alert rules: each is well-formed, is proved by alerts_test.yaml to fire when it should, and leads
to a section of the manual."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
RULES = SOURCE / "packaging/prometheus/alerts.yaml"
UNIT_TESTS = SOURCE / "tests/prometheus/alerts_test.yaml"
MANUAL = SOURCE / "docs/troubleshooting.md"


def rules():
    """The text of each rule by its name."""
    parts = re.split(r"^  - alert: (\w+)\n", RULES.read_text(), flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2]))


def anchors(page):
    """Those that a heading gets, as far as our headings go."""
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
            for title in re.findall(r"^#+ (.*)$", page.read_text(), re.M)}


def promtool(*arguments):
    if not shutil.which("promtool"):
        raise unittest.SkipTest("promtool isn't installed")
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=120)


class Alerts(unittest.TestCase):
    def test_each_says_how_bad_it_is_and_what_to_do(self):
        for name, rule in rules().items():
            with self.subTest(name):
                self.assertRegex(rule, r"labels: \{severity: (critical|warning|info)\}\n")
                self.assertRegex(rule, r"\n      summary: \S")
                self.assertRegex(rule, r"\n      description: >-\n        \S")
                self.assertIn(f"      runbook: docs/troubleshooting.md#{name.lower()}\n", rule)

    def test_each_has_its_section_and_its_test(self):
        names = set(rules())
        self.assertGreater(len(names), 15)
        sections = {name for name in anchors(MANUAL) if name.startswith("meshdns")}
        self.assertEqual({name.lower() for name in names}, sections)
        self.assertEqual(set(re.findall(r"^- name: (\w+)$", UNIT_TESTS.read_text(), re.M)), names)
        self.assertEqual(set(re.findall(r'alertname="(\w+)"', UNIT_TESTS.read_text())), names)

    def test_the_manual_names_no_other(self):
        for page in SOURCE.glob("docs/*.md"):
            self.assertLessEqual(set(re.findall(r"\bMeshDns\w+", page.read_text())), set(rules()), page)

    def test_each_metric_is_one_of_the_manual(self):
        written = set(re.findall(r"^\| `(\w+)`", (SOURCE / "docs/metrics.md").read_text(), re.M))
        read = re.findall(r"\b(?:mesh_dns|process)_\w+", re.sub(r"process_\*", "", RULES.read_text()))
        self.assertLessEqual({re.sub("_bucket$", "", name) for name in read}, written)

    def test_promtool_can_read_them(self):
        done = promtool("check", "rules", "--lint=all", "--lint-fatal", RULES)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = promtool("check", "config", RULES.with_name("prometheus.yaml"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_fires_when_it_should(self):
        done = promtool("test", "rules", UNIT_TESTS)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_one_that_never_fires_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "alerts.yaml").write_text(re.sub(
                r"    expr: (>-\n(      .*\n)+|.*\n)", "    expr: vector(0) > 1\n", RULES.read_text()))
            (folder / "test.yaml").write_text(UNIT_TESTS.read_text().replace(
                "../../packaging/prometheus/", ""))
            done = promtool("test", "rules", folder / "test.yaml")
        self.assertEqual(done.returncode, 1)
        missed = re.findall(r'exp: .*?alertname="(\w+)".*\n *got: nil', done.stdout + done.stderr)
        self.assertEqual(set(missed), set(rules()))


if __name__ == "__main__":
    unittest.main()
