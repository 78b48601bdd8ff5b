"""Starts and ends `paytick up --dev` for a test; by its own pid, on free ports, in a folder of its own."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from contract import check_http

PAYTICK = os.environ["PAYTICK"]
START_S = 120


class Paytick:
    def __init__(self, ledger_ms=200, **environment):
        self.environment = environment
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="paytick-e2e-"))
        self.data = self.folder / "data"
        self.ledger_ms = ledger_ms
        self.process = None

    def start(self):
        self.spawn()
        return self.await_ready()

    def spawn(self):
        with open(self.folder / "up.log", "a") as log:
            self.process = subprocess.Popen(
                [PAYTICK, "up", "--dev", "--data", self.data, "--listen", "127.0.0.1:0",
                 "--ledger-ms", str(self.ledger_ms)], stdout=log, stderr=log,
                env=os.environ | self.environment)

    def await_ready(self):
        deadline = time.monotonic() + START_S
        # The old process's file is removed at start, so wait for one that this process has written.
        while not self._announced():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("paytick up did not become ready:\n" + self.log())
            time.sleep(0.05)
        return self

    def _announced(self):
        try:
            self.dev = json.loads((self.data / "dev.json").read_text())
            with urllib.request.urlopen(self.dev["listen"] + "/healthz", timeout=1) as answer:
                return answer.status == 200
        except (OSError, ValueError):
            return False

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def run(self, *command, timeout=120, environment=None):
        return subprocess.run([PAYTICK, *command, "--data", self.data], capture_output=True, text=True, timeout=timeout,
                              env=os.environ | (environment or {}))

    def content(self, **plan):
        """Creates content at 0.01 XLM a tick of a second, unless told otherwise; gives its id."""
        plan = {"tickMs": 1000, "pricePerTick": 100000, "heartbeatMs": 1000, "minimumTicks": 1, "platformBps": 0,
                "refundUnused": True} | plan
        status, body = self.post("/api/content", json.dumps({
            "title": "Film", "creator": "C", "description": "", "thumbnailUrl": "", "duration": 60,
            "creatorWallet": self.dev["creator"]["publicKey"], "plan": plan}))
        assert status == 201, body
        return json.loads(body)["id"]

    def history(self, meter):
        """All items of a meter's history, as the API pages them, newest first."""
        items, cursor = [], ""
        while cursor is not None:
            status, body = self.get(f"/api/account/history?meter={meter}&limit=500" + (cursor and "&cursor=" + cursor))
            assert status == 200, body
            page = json.loads(body)
            items += page["items"]
            cursor = page["next"]
        return items

    def verify(self):
        """Asserts that log, database and chain agree; gives the report."""
        verified = self.run("verify", "--json")
        assert verified.returncode == 0, verified.stdout + verified.stderr + self.log()
        return json.loads(verified.stdout)

    def await_settled(self, patience_s=90):
        """Until all that is due is settled and the database has read it; asserts agreement all the while."""
        deadline = time.monotonic() + patience_s
        wanted = None
        while True:
            report = self.verify()
            if report["settled"] == report["charged"]:
                wanted = wanted or report["cuts"]
                if all(cut["databaseTicks"] >= wanted[p]["ticks"] and cut["databaseSettlements"] >= wanted[p]["settlements"]
                       for p, cut in report["cuts"].items()):
                    return report
            assert time.monotonic() < deadline, f"not settled: {report}\n{self.log()}"
            time.sleep(0.2)

    def metric(self, name, page=None):
        """The sum of its series on a page, the present one unless it is given; nothing when it has none."""
        rows = re.findall(rf"^{name}(?:{{.*}})? (\S+)$", page or self.get("/metrics")[1], re.M)
        return sum(map(float, rows)) if rows else None

    def get(self, path):
        return self.ask(urllib.request.Request(self.dev["listen"] + path))

    def post(self, path, body, key=None):
        headers = {"Authorization": "Bearer " + (key or self.dev["platformApiKey"])}
        data = body if isinstance(body, bytes) else body.encode()
        return self.ask(urllib.request.Request(self.dev["listen"] + path, data=data, headers=headers))

    def call(self, method, path, body=None, status=200, token=None, key=None, headers=None):
        """What a viewer in development mode, or whose token it is, is answered; asserts the status. `body` is a dict."""
        headers = dict(headers or {}) | ({"Content-Type": "application/json"} if body is not None else {})
        if token:
            headers["Authorization"] = "Bearer " + token
        if key:
            headers["Idempotency-Key"] = key
        data = json.dumps(body).encode() if body is not None else b"" if method == "POST" else None
        told, answer = self.ask(urllib.request.Request(self.dev["listen"] + path, data=data, headers=headers, method=method))
        assert told == status, f"{method} {path}: {told}, not {status}: {answer}\n{self.log()}"
        return json.loads(answer) if answer else None

    def ask(self, request):
        """Status and body, which are as schemas/openapi.yaml says."""
        try:
            answer = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            status, body = answer.status, answer.read().decode()
        headers = {name.lower(): value for name, value in answer.headers.items()}
        check_http(request.get_method(), request.selector, status, headers, body, request.data)
        return status, body

    def log(self):
        return (self.folder / "up.log").read_text()[-4000:]

    def remove(self):
        if self.process and self.process.poll() is None:
            self.kill()
        # The private database ends when it notices; its folder can be removed then.
        deadline = time.monotonic() + 30
        while (self.data / "postgres/data/postmaster.pid").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        shutil.rmtree(self.folder, ignore_errors=True)
