"""The dashboard's shape. Its expressions are evaluated in test_scrape.py, with a real Prometheus."""
import re
import unittest

from dashboard import SOURCE, expressions, load, substituted

WIDTH = 24  # of Grafana's grid
UNITS = {"short", "s", "percentunit", "reqps", "cps", "bytes", "Bps"}


class Dashboard(unittest.TestCase):
    def setUp(self):
        self.dashboard = load()
        self.panels = self.dashboard["panels"]

    def test_ids_and_titles_are_unique(self):
        for key in ("id", "title"):
            values = [panel[key] for panel in self.panels]
            self.assertEqual(len(values), len(set(values)), values)

    def test_no_panel_covers_another(self):
        taken = {}
        for panel in self.panels:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], WIDTH, panel["title"])
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    self.assertNotIn((x, y), taken, f'{panel["title"]} and {taken.get((x, y))}')
                    taken[x, y] = panel["title"]

    def test_panels_stand_from_top_to_bottom(self):
        places = [(panel["gridPos"]["y"], panel["gridPos"]["x"]) for panel in self.panels]
        self.assertEqual(places, sorted(places))
        self.assertEqual(self.panels[0]["type"], "row")

    def test_each_has_a_unit_a_description_and_a_data_source_to_choose(self):
        source = {"type": "prometheus", "uid": "${datasource}"}
        for panel in self.panels:
            if panel["type"] == "row":
                continue
            with self.subTest(panel["title"]):
                self.assertIn(panel["type"], ("stat", "timeseries"))
                self.assertIn(panel["fieldConfig"]["defaults"]["unit"], UNITS)
                self.assertGreater(len(panel["description"]), 10)
                self.assertEqual(panel["datasource"], source)
                references = [target["refId"] for target in panel["targets"]]
                self.assertEqual(len(references), len(set(references)))
                for target in panel["targets"]:
                    self.assertEqual(target["datasource"], source)

    def test_a_unit_is_that_of_the_metric(self):
        for panel in self.panels:
            for target in panel.get("targets", []):
                unit = panel["fieldConfig"]["defaults"]["unit"]
                quantile = "histogram_quantile" in target["expr"]
                age = re.match(r"(max\()?mesh_dns_table_age_seconds", target["expr"])
                self.assertEqual(unit == "s", bool(quantile or age), panel["title"])
                if "_bytes" in target["expr"]:
                    self.assertEqual(unit, "Bps" if "rate(" in target["expr"] else "bytes")

    def test_each_expression_asks_for_the_chosen_instances_only(self):
        for title, expression in expressions(self.dashboard):
            expression = expression.replace("last_over_time(mesh_dns_build_info[1d])", "")
            with self.subTest(title):
                for found in re.finditer(r"\b(mesh_dns_\w+|process_\w+|up\b|ALERTS)(\{[^}]*\})?", expression):
                    self.assertIn('job=~"$job",instance=~"$instance"', found.group(2) or "")

    def test_each_metric_is_shown_and_one_of_the_manual(self):
        text = " ".join(expression for _, expression in expressions(self.dashboard))
        shown = {re.sub("_bucket$", "", name)
                 for name in re.findall(r"\b(?:mesh_dns|process)_\w+", text)}
        written = set(re.findall(r"^\| `(\w+)`", (SOURCE / "docs/metrics.md").read_text(), re.M))
        # The age tells the first, an alert the last; the other is for comparing with a client's view.
        # The figures of sources and outputs are for looking at one instance.
        self.assertEqual(written - shown, {"mesh_dns_table_confirmed", "mesh_dns_table_generation",
                                           "mesh_dns_table_stored", "mesh_dns_source_behind_seconds",
                                           "mesh_dns_source_files", "mesh_dns_source_documents",
                                           "mesh_dns_source_parsed", "mesh_dns_output_current",
                                           "mesh_dns_output_statuses_total"})
        self.assertLessEqual(shown, written)

    def test_variables(self):
        variables = {v["name"]: v for v in self.dashboard["templating"]["list"]}
        self.assertEqual(list(variables), ["datasource", "job", "instance"])
        self.assertEqual((variables["datasource"]["type"], variables["datasource"]["query"]),
                         ("datasource", "prometheus"))
        for name in ("job", "instance"):
            self.assertTrue(variables[name]["multi"] and variables[name]["includeAll"])
        self.assertEqual(substituted('{i=~"$i"}[$__rate_interval]', "1m", i=["[::1]:9", "a"]),
                         '{i=~"(\\\\[::1\\\\]:9|a)"}[1m]')


if __name__ == "__main__":
    unittest.main()
