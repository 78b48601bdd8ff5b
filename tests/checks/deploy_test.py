#!/usr/bin/env python3
"""What deploy/ says fits the program: metrics that exist, a runbook section and a test for every alert."""
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
METRIC = re.compile(r"\b(?:paytick|process)_[a-z0-9_]+\b")


def documented():
    """Name -> (type, labels) of docs/metrics.md."""
    rows = re.findall(r"^\| `([a-z_0-9]+)` \| (\w+) \| [^|]* \| ([^|]*) \|", (ROOT / "docs/metrics.md").read_text(), re.M)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def metric_of(name, metrics):
    """The metric of a series' name: a histogram has three."""
    for suffix in ("", "_bucket", "_count", "_sum"):
        if name.endswith(suffix) and name[: len(name) - len(suffix)] in metrics:
            base = name[: len(name) - len(suffix)]
            if (metrics[base][0] == "histogram") == bool(suffix):
                return base
    return None


def rules():
    groups = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboards():
    return {path: json.loads(path.read_text()) for path in sorted((DEPLOY / "grafana/dashboards").glob("*.json"))}


def expressions():
    """(where, PromQL) of every rule and panel."""
    for rule in rules():
        yield rule.get("alert") or rule["record"], rule["expr"]
    for path, board in dashboards().items():
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                yield f"{path.name}: {panel['title']}", target["expr"]
        for variable in board.get("templating", {}).get("list", []):
            if variable["type"] == "query":
                yield f"{path.name}: ${variable['name']}", variable["query"]


class Deploy(unittest.TestCase):
    metrics = documented()

    def test_names_only_metrics_that_exist(self):
        self.assertGreater(len(self.metrics), 50)
        for where, expression in expressions():
            for name in METRIC.findall(re.sub(r'"[^"]*"', '""', expression)):
                self.assertIsNotNone(metric_of(name, self.metrics), f"{where} names {name}")

    def test_rates_only_what_counts(self):
        for where, expression in expressions():
            for name in re.findall(r"(?:rate|increase)\(\s*([a-z_0-9]+)", expression):
                self.assertNotEqual(self.metrics[metric_of(name, self.metrics)][0], "gauge", f"{where} rates {name}")

    def test_selects_only_labels_that_are_there(self):
        for where, expression in expressions():
            for name, selectors in re.findall(r"\b((?:paytick|process)_[a-z0-9_]+)\{([^}]*)\}", expression):
                known = self.metrics[metric_of(name, self.metrics)][1] | {"job", "instance", "service", "le"}
                for label in re.findall(r"(\w+)\s*[=!]", re.sub(r'"[^"]*"', '""', selectors)):
                    self.assertIn(label, known, f"{where} selects {name} by {label}")

    def test_recorded_names_that_are_used_are_recorded(self):
        recorded = {rule["record"] for rule in rules() if "record" in rule}
        for where, expression in expressions():
            for name in re.findall(r"\bpaytick:[a-z0-9_:]+", expression):
                self.assertIn(name, recorded, where)

    def test_every_alert_says_what_to_do(self):
        sections = re.findall(r"^## (\w+)$", (ROOT / "docs/runbook.md").read_text(), re.M)
        alerts = [rule for rule in rules() if "alert" in rule]
        self.assertEqual([rule["alert"] for rule in alerts], sections, "alerts.yml and runbook.md, in one order")
        for rule in alerts:
            self.assertIn(rule["labels"]["severity"], ("page", "ticket"), rule["alert"])
            self.assertTrue(rule["annotations"]["summary"], rule["alert"])
            link = f"docs/runbook.md#{rule['alert'].lower()}"
            self.assertTrue(rule["annotations"]["description"].endswith(link), rule["alert"])

    def test_every_alert_is_tested(self):
        tests = (DEPLOY / "prometheus/alerts_test.yml").read_text()
        for rule in rules():
            if "alert" in rule:
                self.assertRegex(tests, rf"{rule['alert']}\b")

    def test_dashboards_are_what_is_written_down(self):
        done = subprocess.run([DEPLOY / "grafana/make-dashboards", "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(path.stem for path in dashboards()), ["aggregate", "ingest", "overview", "settle"])

    def test_dashboards_are_provisioned(self):
        source = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"][0]
        for path, board in dashboards().items():
            for panel in board["panels"]:
                self.assertEqual(panel["datasource"]["uid"], source["uid"], path.name)
                self.assertTrue(panel["targets"], f"{path.name}: {panel['title']}")

    def test_dashboards_speak_promql(self):
        rules = [{"record": "x", "expr": expr.replace("$__rate_interval", "1m")} for where, expr in expressions() if ".json" in where]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}, file)
            file.flush()
            done = subprocess.run(["promtool", "check", "rules", "--lint=none", file.name], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_panels_lie_beside_each_other(self):
        for path, board in dashboards().items():
            taken = set()
            for panel in board["panels"]:
                place = panel["gridPos"]
                cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                         for y in range(place["y"], place["y"] + place["h"])}
                self.assertFalse(taken & cells, f"{path.name}: {panel['title']} lies on another")
                taken |= cells


if __name__ == "__main__":
    unittest.main()
