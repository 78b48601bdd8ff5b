"""Starts and ends paytick's roles as processes of their own over a real broker; `paytick dev` beside them brings chain and
database. By their own pids, on free ports, in a folder of its own."""
import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

from running_kafka import Kafka, die_with_the_test
from running_paytick import PAYTICK, START_S, Paytick

SESSION_TIMEOUT_MS = 2000
TRANSACTION_TIMEOUT_S = 5


class Process:
    """One role."""

    def __init__(self, roles, name, instance, **environment):
        self.roles, self.name, self.instance = roles, name, instance
        self.environment = environment
        self.stopped = False  # by SIGSTOP
        self.log_file = roles.folder / f"{name}-{instance}.log"
        self.process = None
        self.start()

    def start(self):
        command = [PAYTICK, self.name, "--dev", "--config", self.roles.config, "--data", self.roles.data,
                   "--admin", "127.0.0.1:0"]
        if self.name in ("ingest", "settle"):  # a folder and an account of its own
            command += ["--instance", f"{self.name}-{self.instance}"]
        if self.name == "ingest":
            command += ["--listen", "127.0.0.1:0"]
        self.offset = self.log_file.stat().st_size if self.log_file.exists() else 0
        with open(self.log_file, "a") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=die_with_the_test,
                                            env=os.environ | self.environment)
        self.admin = self.await_log(r"health and metrics on (http://\S+)")[1]
        return self

    def log(self):
        """Of this start."""
        with open(self.log_file) as log:
            log.seek(self.offset)
            return log.read()

    def await_log(self, pattern, patience_s=START_S):
        def found():
            ended = self.process.poll() is not None
            match = re.search(pattern, self.log())
            assert match or not ended, f"{self.name} has ended:\n{self.log()}"
            return match
        return self.roles.wait_for(f"{pattern} of {self.name}", found, patience_s)

    def readyz(self):
        assert self.process.poll() is None, f"{self.name} has ended:\n{self.log()}"
        try:
            with urllib.request.urlopen(self.admin + "/readyz", timeout=20) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as answer:
            return answer.code, json.loads(answer.read())
        except urllib.error.URLError as failure:
            raise AssertionError(f"{self.name} does not answer:\n{self.log()}") from failure

    def await_ready(self):
        self.roles.wait_for(f"readiness of {self.name}", lambda: self.readyz()[0] == 200)
        if self.name == "ingest":
            self.url = self.await_log(r"ready on (http://\S+)")[1]
        return self

    def metrics(self):
        with urllib.request.urlopen(self.admin + "/metrics", timeout=20) as answer:
            return answer.read().decode()

    def metric(self, name):
        """The sum over its labels."""
        values = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", self.metrics(), re.MULTILINE)
        return sum(float(value) for value in values)

    def pause(self):
        """Stops it in its tracks (SIGSTOP): connections stay, nothing is answered."""
        self.stopped = True
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)
        self.stopped = False

    def kill(self):
        self._end(signal.SIGKILL)

    def stop(self):
        """Asks it to end; gives the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, how):
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(timeout=60)


class Roles(Paytick):
    """As Paytick for a test, with a process for each role."""

    def __init__(self, kafka_settings=None, proxied=False, settings="", ledger_ms=200, disk_mb=None):
        super().__init__(ledger_ms)
        self.kafka = Kafka(settings=kafka_settings, proxied=proxied, disk_mb=disk_mb)
        self.settings = settings
        self.config = self.folder / "paytick.toml"
        self.processes = []

    def start(self, behind_proxy=(), **counts):
        """`counts` instances of each role, one unless told otherwise; returns when all are ready. The roles named by
        `behind_proxy` reach the broker through its proxy alone."""
        self.spawn()
        self.kafka.start()
        self.configure(self.kafka.bootstrap)
        self.wait_for("the topics", self.apply_topics)
        self.wait_for("dev.json", self._announced)
        counts = {"aggregate": 1, "ingest": 1, "settle": 1, "project": 1} | counts
        ways = {name: {"PAYTICK_KAFKA_BOOTSTRAP": self.kafka.proxied_bootstrap} for name in behind_proxy}
        started = [Process(self, name, str(i), **ways.get(name, {})) for name, count in counts.items() for i in range(count)]
        self.processes += started
        for process in started:
            process.await_ready()
        self.use(self.of("ingest")[0])
        return self

    def apply_topics(self):
        """On a machine that is busy with something else the broker may take its time: then it is said again."""
        applied = subprocess.run([PAYTICK, "topics", "apply", "--config", self.config], capture_output=True, text=True,
                                 timeout=60)
        passing = "(log_busy)" in applied.stderr or "(broker_unreachable)" in applied.stderr
        assert applied.returncode == 0 or passing, applied.stdout + applied.stderr
        return applied.returncode == 0

    def configure(self, bootstrap, more=""):
        self.config.write_text(f"""
[log]
engine = "kafka"
[kafka]
bootstrap = "{bootstrap}"
session_timeout_ms = {SESSION_TIMEOUT_MS}
transaction_timeout_ms = {TRANSACTION_TIMEOUT_S * 1000}
request_timeout_ms = 3000
[topics]
replication = 1
min_insync = 1
{self.settings}{more}""")

    def spawn(self):
        with open(self.folder / "up.log", "a") as log:
            self.process = subprocess.Popen([PAYTICK, "dev", "--data", self.data, "--ledger-ms", str(self.ledger_ms)],
                                            stdout=log, stderr=log, preexec_fn=die_with_the_test)

    def _announced(self):
        assert self.process.poll() is None, self.log()
        try:
            self.dev = json.loads((self.data / "dev.json").read_text())
            return True
        except (OSError, ValueError):
            return False

    def use(self, gateway):
        """Requests go to this gateway from here on."""
        self.dev = json.loads((self.data / "dev.json").read_text()) | {"listen": gateway.url}

    def of(self, name):
        return [process for process in self.processes if process.name == name]

    def run(self, *command, timeout=120):
        configured = ["--config", self.config] if command[0] in ("verify", "replay", "topics") else []
        return super().run(*command, *configured, timeout=timeout)

    def projection_lag(self):
        return sum(process.metric("paytick_projection_lag_records") for process in self.of("project"))

    def wait_for(self, what, condition, patience_s=START_S):
        deadline = time.monotonic() + patience_s
        while not (found := condition()):
            assert time.monotonic() < deadline, f"waited in vain for {what}\n{self.log()}"
            time.sleep(0.05)
        return found

    def log(self):
        logs = [f"{p.name} {p.instance}:\n" + p.log()[-3000:] for p in self.processes]
        return "\n".join([super().log(), *logs])

    def remove(self):
        for process in self.processes:
            process.kill()
        self.kafka.remove()
        super().remove()
