"""/metrics of a real instance: what the manual says of it, what promtool says of it, and the counts of
an instance to which everything happens."""
import re
import shutil
import subprocess
import unittest

from busy import BusyCase
from harness import DEADLINE, SOURCE, wait_until


def families(text):
    """(name, type, labels but for le, HELP) of each metric, in their order."""
    found = []
    for block in re.split(r"^# HELP ", text, flags=re.M)[1:]:
        header, kind, sample = block.split("\n", 3)[:3]
        name, said = header.split(" ", 1)
        labels = [label for label in re.findall(r'(\w+)="', sample) if label != "le"]
        found.append((name, kind.removeprefix(f"# TYPE {name} "), labels, said))
    return found


def manual():
    """(name, type, labels, meaning) of each metric of docs/metrics.md."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in (SOURCE / "docs/metrics.md").read_text().splitlines()
            if re.match(r"\| `(mesh_dns|process)_", line)]
    return [(name.strip("`"), kind.split(",")[0], labels.split(", ") if labels else [], meaning)
            for name, kind, labels, meaning, _ in rows]


# Figures of a source and an output that there are with `mode: kubernetes` only.
IN_A_CLUSTER = ("mesh_dns_source_received_bytes_total", "mesh_dns_output_statuses_total")


class Metrics(BusyCase):
    def test_the_manual_has_them_all(self):
        told = families(self.start().admin("/metrics")[1])
        written = [row for row in manual() if row[0] not in IN_A_CLUSTER]
        self.assertEqual([row[:3] for row in told], [row[:3] for row in written])
        for (name, _, _, said), (_, _, _, meaning) in zip(told, written):
            self.assertTrue(meaning.startswith(said), name)

    def test_everything_is_counted(self):
        server = self.start()
        self.traffic(server)
        self.spoil(server)
        wait_until(lambda: self.traffic(server) or self.zeros(server) <= QUIET,
                   "all that can happen to be counted")

    def zeros(self, server):
        """The counters of which every sample is 0."""
        values = {}
        for sample, value in server.metrics().items():
            values.setdefault(re.sub(r"\{.*|_(count|sum|bucket)\{.*", "", sample), []).append(value)
        return {name for name, samples in values.items() if set(samples) == {"0"}}

    def test_a_question_counts_once_however_many_are_asked(self):
        server = self.start()
        server.ask("one.closed.test", timeout=20)
        metrics = server.metrics()
        self.assertEqual(metrics["mesh_dns_upstream_questions_total"], "1")
        self.assertEqual(metrics["mesh_dns_upstream_questions_unanswered_total"], "1")

    def test_the_start_stays(self):
        server = self.start()
        first, second = (server.metrics()["process_start_time_seconds"] for _ in range(2))
        self.assertEqual(first, second)

    @unittest.skipUnless(shutil.which("promtool"), "promtool isn't installed")
    def test_promtool_has_nothing_to_say(self):
        server = self.start()
        self.traffic(server)
        done = subprocess.run(["promtool", "check", "metrics"], input=server.admin("/metrics")[1],
                              capture_output=True, text=True, timeout=DEADLINE)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))


# What needn't happen to it: a reader of logs that is too slow, a source that is away, and a query in
# the last moments of a popular answer.
QUIET = {"mesh_dns_queries_unlogged_total", "mesh_dns_dnstap_frames_dropped_total",
         "mesh_dns_table_age_seconds", "mesh_dns_cache_prefetches_total",
         "mesh_dns_source_behind_seconds", "mesh_dns_source_parsed"}

if __name__ == "__main__":
    unittest.main()
