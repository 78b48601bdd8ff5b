#!/usr/bin/env python3
"""docker-compose.yml and the Dockerfile fit together, fit the configuration of Prometheus and Grafana, and fit the program.

There is no container engine here: compose reads its file by itself, hadolint the Dockerfile, and what would run inside is
compared with the program that was built. tests/e2e/compose_test.py runs the command lines."""
import json
import os
import pathlib
import re
import subprocess
import tomllib
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAYTICK = os.environ.get("PAYTICK", str(ROOT / "build/release/paytick"))
ROLES = ["aggregate", "ingest", "project", "settle"]
# Part of the base image: apt itself needs them.
BASE = {"libc6", "libgcc-s1", "libstdc++6"}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)


def compose():
    """The file as compose reads it: merged, interpolated, checked against its schema."""
    done = run("docker-compose", "-f", "docker-compose.yml", "--profile", "tools", "config")
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.services = compose()["services"]
        cls.ours = {name: service for name, service in cls.services.items() if service["image"].startswith("paytick:")}
        cls.settings = tomllib.loads((ROOT / "deploy/paytick.toml").read_text())

    def test_has_every_role_and_what_it_needs(self):
        self.assertLessEqual(set(ROLES) | {"kafka", "postgres", "stellar", "prometheus", "grafana"}, set(self.services))
        self.assertEqual(sorted(set(self.ours) & set(ROLES)), ROLES)
        for name in ROLES:
            self.assertEqual(self.services[name]["command"][0], name)
            self.assertEqual(self.services[name]["depends_on"]["topics"]["condition"], "service_completed_successfully")

    def test_images_are_pinned(self):
        for name, service in self.services.items():
            if "build" not in service and name != "stellar":  # whose tags are networks; the file says how to pin it
                self.assertRegex(service["image"], r":v?\d+\.\d+", name)

    def test_everything_says_when_it_is_healthy(self):
        once = {name for name, service in self.services.items() if service.get("restart") == "no"}
        for name, service in self.services.items():
            if name not in once | {"edge"}:
                self.assertIn("test", service["healthcheck"], name)

    def test_only_this_machine_reaches_it(self):
        for name, service in self.services.items():
            for port in service.get("ports", []):
                text = port if isinstance(port, str) else str(port.get("host_ip", ""))
                self.assertTrue(text.startswith("127.0.0.1"), f"{name}: {port}")

    def test_what_is_mounted_is_there(self):
        for name, service in self.services.items():
            for volume in service.get("volumes", []):
                source = volume.split(":")[0] if isinstance(volume, str) else volume.get("source", "")
                if source.startswith(("/", ".")):
                    self.assertTrue(pathlib.Path(source).exists(), f"{name}: {source}")

    def test_prometheus_and_health_checks_ask_where_roles_answer(self):
        port = self.settings["admin"]["listen"].rsplit(":", 1)[1]
        job = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"][0]
        self.assertEqual(sorted(job["dns_sd_configs"][0]["names"]), ROLES)
        self.assertEqual(str(job["dns_sd_configs"][0]["port"]), port)
        for name in ROLES:
            self.assertIn(f":{port}/readyz", " ".join(self.services[name]["healthcheck"]["test"]))

    def test_the_edge_passes_on_to_the_gateway(self):
        to = self.services["edge"]["command"][1]
        self.assertEqual(to, "TCP:" + self.settings["gateway"]["listen"])
        self.assertEqual(self.services["edge"]["network_mode"], "service:ingest")

    def test_grafana_gets_the_dashboards_where_it_looks(self):
        provider = yaml.safe_load((ROOT / "deploy/grafana/provisioning/dashboards/paytick.yml").read_text())["providers"][0]
        mounts = " ".join(map(str, self.services["grafana"]["volumes"]))
        self.assertIn(provider["options"]["path"], mounts)
        source = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"][0]
        self.assertEqual(source["url"], "http://prometheus:9090")

    def test_settings_and_variables_are_ones_that_paytick_knows(self):
        documented, table = set(), ""
        for line in (ROOT / "docs/configuration.md").read_text().splitlines():
            table = (re.match(r"## \[(\w+)\]", line) or [0, table])[1]
            if key := re.match(r"\| `(\w+)` \|", line):
                documented.add((table, key[1]))
        for section, keys in self.settings.items():
            for key in keys:
                self.assertIn((section, key), documented)
        variables = set(re.findall(r"`(\w+)`", (ROOT / "docs/configuration.md").read_text()))
        for name, service in self.ours.items():
            self.assertLessEqual(set(service.get("environment") or {}), variables, name)

    def test_options_are_ones_that_the_program_has(self):
        for name, service in self.ours.items():
            command, *rest = service["command"]
            words = [command] + ([rest.pop(0)] if rest and not rest[0].startswith("-") else [])
            told = run(PAYTICK, *words, "--help")
            self.assertEqual(told.returncode, 0, f"{name}: {told.stderr}")
            known = re.findall(r"--[a-z-]+", told.stdout)
            for option in rest:
                if option.startswith("--"):
                    self.assertIn(option, known, name)


class Image(unittest.TestCase):
    text = (ROOT / "Dockerfile").read_text()

    def runtime(self):
        return self.text.split("\nFROM ")[-1]

    def test_has_the_libraries_that_the_program_links(self):
        needed = re.findall(r"\(NEEDED\).*\[(.+)\]", run("readelf", "-d", PAYTICK).stdout)
        paths = dict(re.findall(r"^\s*(\S+) => (\S+)", run("ldd", PAYTICK).stdout, re.M))
        packages = set()
        for library in needed:
            if library in paths:
                path = str(pathlib.Path(paths[library]).resolve())
                # A merged /usr: the package may list either name.
                owner = run("dpkg", "-S", path).stdout or run("dpkg", "-S", path.removeprefix("/usr")).stdout
                self.assertTrue(owner, path)
                packages.add(owner.split(":")[0])
        installed = set(re.findall(r"^      ([a-z0-9.+-]+) \\$", self.runtime(), re.M))
        self.assertEqual(packages - BASE - installed, set(), "linked, and not in the image")
        spare = {name for name in installed if name.startswith("lib")} - packages
        self.assertEqual(spare, set(), "in the image, and not linked")

    def test_runs_as_nobody_in_particular(self):
        users = re.findall(r"^USER (\d+)$", self.runtime(), re.M)
        self.assertEqual(len(users), 1)
        self.assertNotEqual(users[0], "0")

    def test_has_the_ports_of_the_compose_file(self):
        settings = tomllib.loads((ROOT / "deploy/paytick.toml").read_text())
        self.assertIn(settings["admin"]["listen"].rsplit(":", 1)[1], re.search(r"^EXPOSE (.*)$", self.text, re.M)[1].split())

    def test_builds_with_a_preset_that_exists(self):
        presets = {preset["name"] for preset in json.loads((ROOT / "CMakePresets.json").read_text())["buildPresets"]}
        for preset in re.findall(r"--preset (\w+)", self.text):
            self.assertIn(preset, presets)

    def test_copies_scripts_that_exist(self):
        for script in re.findall(r"scripts/[a-z-]+", self.text):
            self.assertTrue((ROOT / script).exists(), script)


if __name__ == "__main__":
    unittest.main()
