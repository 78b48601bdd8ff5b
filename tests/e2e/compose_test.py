"""The command lines of docker-compose.yml, run for real: against a broker, a database and a chain that were started natively,
and scraped by a real Prometheus. Only addresses and paths differ from what would run in the containers."""
import json
import pathlib
import re
import signal
import socket
import subprocess
import time
import unittest
import urllib.parse
import urllib.request

import yaml

from metrics_page import ROOT, check_page
from running_kafka import Kafka, die_with_the_test
from running_paytick import PAYTICK, Paytick

PATIENCE_S = 120
ROLES = ("aggregate", "settle", "project", "ingest")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Services(Paytick):
    """A chain and a database on this machine, as `paytick dev` has them."""

    def spawn(self):
        with open(self.folder / "up.log", "a") as log:
            self.process = subprocess.Popen([PAYTICK, "dev", "--data", self.data, "--ledger-ms", "200"], stdout=log,
                                            stderr=log, preexec_fn=die_with_the_test)

    def _announced(self):
        try:
            self.dev = json.loads((self.data / "dev.json").read_text())
            return True
        except (OSError, ValueError):
            return False


class ComposeTest(unittest.TestCase):
    def setUp(self):
        self.kafka = Kafka()
        self.addCleanup(self.kafka.remove)
        self.services = Services()
        self.addCleanup(self.services.remove)
        self.services.spawn()
        self.kafka.start()
        self.services.await_ready()
        self.folder = self.services.folder
        self.compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
        self.processes = {}
        self.addCleanup(self.end)
        dev = self.services.dev
        self.places = {
            "kafka:9092": self.kafka.bootstrap,
            "http://stellar:8000/rpc": dev["rpcUrl"],
            "http://stellar:8000/friendbot": dev["friendbotUrl"],
            "postgresql://paytick@postgres:5432/paytick": dev["databaseUrl"],
            "0.0.0.0:8090": "127.0.0.1:0",
            "127.0.0.1:8081": "127.0.0.1:0",
            "/etc/paytick/paytick.toml": str(self.folder / "paytick.toml"),
            "/var/lib/paytick": str(self.folder / "volume"),
        }
        (self.folder / "paytick.toml").write_text(self.here((ROOT / "deploy/paytick.toml").read_text()))

    def end(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            process.wait()

    def here(self, text):
        for there, place in self.places.items():
            text = text.replace(there, place)
        return text

    def command(self, service):
        return [PAYTICK, *map(self.here, self.compose[service]["command"])]

    def once(self, service):
        done = subprocess.run(self.command(service), capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 0, f"{service}: {done.stdout}{done.stderr}")
        return done.stdout

    def spawn(self, service):
        with open(self.folder / f"{service}.log", "w") as log:
            self.processes[service] = subprocess.Popen(self.command(service), stdout=log, stderr=log,
                                                       preexec_fn=die_with_the_test)

    def log(self, service):
        return (self.folder / f"{service}.log").read_text()

    def wait_for(self, what, condition, patience_s=PATIENCE_S):
        deadline = time.monotonic() + patience_s
        while not (found := condition()):
            for service, process in self.processes.items():
                self.assertIsNone(process.poll(), f"{service} has ended:\n{self.log(service)[-3000:]}")
            self.assertLess(time.monotonic(), deadline, f"waited in vain for {what}")
            time.sleep(0.1)
        return found

    def fetch(self, url):
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return answer.read().decode()
        except OSError:
            return None

    def start_roles(self):
        self.once("topics")
        self.once("setup")
        self.admin = {}
        for service in ROLES:
            self.spawn(service)
            self.admin[service] = self.wait_for(
                f"the address of {service}", lambda: re.search(r"health and metrics on (http://[^\s\"]+)", self.log(service)))[1]
        for service in ROLES:
            self.wait_for(f"readiness of {service}", lambda: self.fetch(self.admin[service] + "/readyz"))

    def page_fits(self, service):
        try:
            check_page(self, self.fetch(self.admin[service] + "/metrics"), service)
            return True
        except AssertionError as difference:
            self.difference = difference
            return False

    def start_prometheus(self):
        """With the rules of the project, and its scrape job pointed at these processes."""
        config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
        job = config["scrape_configs"][0]
        del job["dns_sd_configs"], job["relabel_configs"]
        job["scrape_interval"] = "1s"
        job["scrape_timeout"] = "1s"
        job["static_configs"] = [{"targets": [url.removeprefix("http://")], "labels": {"service": service}}
                                 for service, url in self.admin.items()]
        config["scrape_configs"] = [job]
        config["global"] |= {"evaluation_interval": "1s"}
        config["rule_files"] = [str(ROOT / "deploy/prometheus/alerts.yml")]
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        self.prometheus = f"127.0.0.1:{free_port()}"
        with open(self.folder / "prometheus.log", "w") as log:
            self.processes["prometheus"] = subprocess.Popen(
                ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/tsdb",
                 f"--web.listen-address={self.prometheus}"], stdout=log, stderr=log, preexec_fn=die_with_the_test)

    def query(self, expression):
        asked = self.fetch(f"http://{self.prometheus}/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        answer = json.loads(asked) if asked else {"status": "away"}
        return answer["data"]["result"] if answer["status"] == "success" else None

    def test_the_roles_of_the_compose_file_bill_settle_and_are_watched(self):
        self.start_roles()
        self.start_prometheus()
        self.wait_for("every role scraped", lambda: len(self.query('up{job="paytick"} == 1') or []) == len(ROLES))

        played = subprocess.run([PAYTICK, "play", "--data", self.folder / "volume"], capture_output=True, text=True,
                                timeout=PATIENCE_S)
        self.assertEqual(played.returncode, 0, played.stdout + played.stderr + self.log("ingest")[-2000:])
        self.assertIn("in the meter        4.8800000 XLM on chain", played.stdout)
        self.once("verify")

        for service in ROLES:
            deadline = time.monotonic() + 30
            while not self.page_fits(service):
                self.assertLess(time.monotonic(), deadline, f"{service}: {getattr(self, 'difference', '')}")
                time.sleep(0.5)
        # What the dashboards ask, Prometheus can answer of these processes; no alert is up.
        self.wait_for("the ticks in Prometheus", lambda: [
            found for found in self.query("sum(paytick_fold_ticks_total)") or [] if found["value"][1] == "12"])
        self.wait_for("the money in Prometheus", lambda: [
            found for found in self.query("paytick:owed_units:sum") or [] if found["value"][1] == "0"])
        for path in sorted((ROOT / "deploy/grafana/dashboards").glob("*.json")):
            for panel in json.loads(path.read_text())["panels"]:
                for target in panel["targets"]:
                    found = self.query(target["expr"].replace("$__rate_interval", "1m"))
                    self.assertIsNotNone(found, f"{path.name}: {target['expr']}")
                    if "ALERTS" not in target["expr"] and "> 0" not in target["expr"]:
                        self.assertTrue(found, f"{path.name}, {panel['title']}: nothing to show for {target['expr']}")
        self.assertEqual(self.query('ALERTS{alertstate="firing"}'), [])

        for service in reversed(ROLES):
            self.processes[service].send_signal(signal.SIGTERM)
            self.assertEqual(self.processes[service].wait(timeout=60), 0, self.log(service)[-2000:])


if __name__ == "__main__":
    unittest.main(verbosity=2)
