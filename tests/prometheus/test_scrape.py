"""A real Prometheus scrapes a real instance to which everything happens; it evaluates every expression
of the dashboard and of the alert rules, and shows the alerts that are due."""
import json
import math
import re
import shutil
import subprocess
import sys
import unittest
import urllib.error
import urllib.parse
import urllib.request

from busy import BusyCase
from dashboard import SOURCE, expressions, load, substituted
from harness import DEADLINE, wait_until

PROMETHEUS = shutil.which("prometheus")
CONFIG = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}"]
scrape_configs:
- {{job_name: mesh-dns, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}
- {{job_name: prometheus, static_configs: [{{targets: ["127.0.0.1:{gone}"]}}]}}
"""
# Expressions that have no sample here, by their panel, and why.
EMPTY = {
    "Received from the API server": "there is none",
    "Kubernetes: not all received yet": "there is no cluster",
}
# What is pending or fires after seconds of this.
DUE = {"MeshDnsResourceErrors", "MeshDnsHostnamesMissing", "MeshDnsServicesWithoutVip",
       "MeshDnsPoolNearlyFull", "MeshDnsUpstreamDown", "MeshDnsUpstreamsFail", "MeshDnsServfail",
       "MeshDnsQueriesLimited", "MeshDnsTcpLimited", "MeshDnsHostnamesMoved"}


class Prometheus:
    """A server of its own, in a folder, which scrapes every second."""

    def __init__(self, folder, port, gone):
        config = folder / "prometheus.yml"
        config.write_text(CONFIG.format(rules=SOURCE / "packaging/prometheus/alerts.yaml", port=port,
                                        gone=gone))
        self.log_path = folder / "prometheus.log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
                 "--web.listen-address=127.0.0.1:0", "--log.format=json"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        listening = r'"address":"127\.0\.0\.1:(\d+)".*"msg":"Listening on"'
        self.port = wait_until(lambda: re.search(listening, self.log_path.read_text()),
                               "Prometheus to listen").group(1)
        wait_until(self.ready, "Prometheus to be ready")

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=DEADLINE):
                return True
        except urllib.error.URLError:
            return False

    def get(self, path, **parameters):
        """The data of an answer of the HTTP API; an error of Prometheus is an AssertionError."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=DEADLINE) as answer:
                said = json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from error
        assert said["status"] == "success" and not said.get("warnings"), said
        return said["data"]

    def numbers(self, expression):
        """The values of the samples that are numbers."""
        values = [float(sample["value"][1]) for sample in self.get("query", query=expression)["result"]]
        return [value for value in values if not math.isnan(value)]

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=DEADLINE)


class Scrape(BusyCase):
    def setUp(self):
        super().setUp()
        self.server = self.start()
        self.traffic(self.server)
        port = int(self.server.wait_for("admin server")["port"])
        self.prometheus = Prometheus(self.folder, port, gone=self.server.port)
        self.addCleanup(self.prometheus.stop)
        self.variables = {"job": ["mesh-dns"], "instance": [f"127.0.0.1:{port}"]}

    def scraped(self, times):
        """Traffic until there were so many scrapes."""
        samples = f"count_over_time(mesh_dns_ready[10m]) >= {times}"
        wait_until(lambda: self.traffic(self.server) or self.prometheus.numbers(samples),
                   f"{times} scrapes")

    def test_every_expression_has_samples_and_what_is_due_is_pending(self):
        self.scraped(2)
        self.spoil(self.server)
        self.scraped(4)
        self.check_dashboard()
        self.check_alerts()

    def check_dashboard(self):
        for title, expression in expressions(load()):
            with self.subTest(title, expression=expression):
                numbers = self.prometheus.numbers(substituted(expression, "1m", **self.variables))
                self.assertEqual(numbers == [], title in EMPTY)

    def check_alerts(self):
        # Which are due may take a scrape or two more.
        due = wait_until(lambda: self.traffic(self.server) or self.alerts_if_due(), f"alerts: {DUE}")
        for alert in due:
            text = "\n".join(alert["annotations"].values())
            self.assertNotRegex(text, r"<error|\{\{|%!|<no value>")
            self.assertTrue(alert["labels"]["severity"])
        for rule in (rule for group in self.prometheus.get("rules")["groups"] for rule in group["rules"]):
            self.assertEqual((rule["health"], rule.get("lastError", "")), ("ok", ""), rule["name"])
            self.prometheus.get("query", query=rule["query"])
        names = {alert["labels"]["alertname"] for alert in due}
        self.assertEqual(names & {"MeshDnsDown", "MeshDnsNotReady", "MeshDnsTableOld"}, set())

    def alerts_if_due(self):
        alerts = self.prometheus.get("alerts")["alerts"]
        return alerts if DUE <= {alert["labels"]["alertname"] for alert in alerts} else None

    def test_an_instance_that_is_gone_is_down(self):
        self.scraped(1)
        self.server.stop()
        down = wait_until(lambda: [alert for alert in self.prometheus.get("alerts")["alerts"]
                                   if alert["labels"]["alertname"] == "MeshDnsDown"], "it is down")
        # The other target, which never was one of ours, isn't told of.
        self.assertEqual([alert["labels"]["instance"] for alert in down], self.variables["instance"])


if __name__ == "__main__":
    if not PROMETHEUS:
        print("prometheus isn't installed: skipped")
        sys.exit(77)
    unittest.main()
