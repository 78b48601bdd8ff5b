"""What paytick does while something it needs is away: the disk, the database, the chain."""
import json
import os
import signal
import subprocess
import time
import unittest

from player import Player
from running_paytick import Paytick


def wait_for(what, condition, patience_s=60):
    deadline = time.monotonic() + patience_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.1)
    return found


def children(pid):
    """Pids of a process's children and theirs."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as stat:
                parent = int(stat.read().rsplit(")", 1)[1].split()[1])
        except (OSError, ValueError):
            continue
        if parent == pid:
            found += [int(entry), *children(int(entry))]
    return found


def command_of(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as line:
        return line.read().rstrip(b"\0").split(b"\0")


class OutageTest(unittest.TestCase):
    def start(self, **environment):
        self.paytick = Paytick(**environment)
        self.addCleanup(self.paytick.remove)
        self.paytick.start()

    def child(self, program):
        """The topmost child that runs this program."""
        return next(pid for pid in children(self.paytick.process.pid)
                    if os.path.basename(command_of(pid)[0].decode()) == program)

    def part(self, name):
        status, body = self.paytick.get("/readyz")
        answer = json.loads(body)
        return status, answer["status"], answer["parts"][name]

    def beats(self, content, name, first, count):
        now = int(time.time() * 1000)
        if first == 0:
            self.begin = now - 60_000
        dev = self.paytick.dev
        lines = [{"type": "open", "session": name, "attachment": name, "viewer": dev["viewer"]["publicKey"],
                  "meter": dev["viewer"]["meter"], "content": content, "at": self.begin}] if first == 0 else []
        lines += [{"type": "heartbeat", "session": name, "attachment": name, "seq": k, "at": self.begin + k * 1000 + 300}
                  for k in range(first, first + count)]
        status, body = self.paytick.post("/v1/heartbeats", "".join(json.dumps(line) + "\n" for line in lines))
        return status, [json.loads(line) for line in body.splitlines()]

    def test_without_the_database_billing_goes_on_and_the_tables_catch_up(self):
        self.start()
        player = Player(self.paytick, self.paytick.content())
        self.assertEqual(player.ping()["newBalance"], "4.9900000")
        postmaster = self.child("postgres")
        command = command_of(postmaster)
        os.kill(postmaster, signal.SIGINT)
        wait_for("a database that is down", lambda: self.part("database")[2] != "ok")
        self.assertEqual(self.part("database")[:2], (200, "degraded"))
        time.sleep(1)
        self.assertEqual(player.ping()["newBalance"], "4.9800000")
        meter = self.paytick.dev["viewer"]["meter"]
        self.assertEqual(self.paytick.get("/api/account/history?meter=" + meter)[0], 503)
        # As paytick starts it: not as root.
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--inh-caps=+dac_read_search",
                   "--ambient-caps=+dac_read_search"] if os.geteuid() == 0 else []
        again = subprocess.Popen([*as_user, *command], stderr=subprocess.DEVNULL)
        self.addCleanup(again.wait)
        self.addCleanup(again.send_signal, signal.SIGINT)
        wait_for("a database that is back", lambda: self.part("database") == (200, "ready", "ok"))
        player.close()
        self.paytick.await_settled()
        bill = [item["amount"] for item in self.paytick.history(meter) if item["kind"] == "session"]
        self.assertEqual(bill, ["0.0200000"])

    def test_without_the_chain_billing_goes_on_and_is_settled_later(self):
        self.start()
        content = self.paytick.content()
        node = self.child("paytick-localnet")
        os.kill(node, signal.SIGSTOP)
        try:
            status, answers = self.beats(content, "s", 0, 20)
            self.assertEqual((status, {a["status"] for a in answers}), (200, {"accepted"}), answers)
            wait_for("a chain that is away", lambda: self.part("chain_events")[2] != "ok")
            self.assertEqual(self.part("chain_events")[:2], (200, "degraded"))
            status, answers = self.beats(content, "s", 20, 20)
            self.assertEqual({a["status"] for a in answers}, {"accepted"}, answers)
        finally:
            os.kill(node, signal.SIGCONT)
        wait_for("a chain that is back", lambda: self.part("chain_events") == (200, "ready", "ok"))
        report = self.paytick.await_settled()
        self.assertEqual((report["charged"], report["settled"]), ("0.4000000", "0.4000000"))

    def test_a_full_log_refuses_and_loses_nothing(self):
        limit = 48 << 20
        self.start(PAYTICK_LOG_BYTES_MAX=str(limit))
        content = self.paytick.content(pricePerTick=1, tickMs=100, heartbeatMs=100)
        status, answers = self.beats(content, "s", 0, 10)
        self.assertEqual({a["status"] for a in answers}, {"accepted"}, answers)
        dev = self.paytick.dev
        accepted, codes = 0, set()
        # A heartbeat lies in its second, ticks last a tenth; the first one comes with the first heartbeat.
        ticks = {0, *(k * 10 + 3 for k in range(10))}
        while "log_full" not in codes:
            # Lines that are heavy on the log, opens with long names, around a tick of the session.
            now = int(time.time() * 1000)
            name = str(now) + "x" * 110
            lines = [{"type": "open", "session": name, "attachment": f"{i:04d}{name}", "viewer": dev["viewer"]["publicKey"],
                      "meter": dev["viewer"]["meter"], "content": content, "at": now} for i in range(500)]
            tick = (now - self.begin) // 100 - 1
            lines.insert(250, {"type": "heartbeat", "session": "s", "attachment": "s", "seq": tick,
                               "at": self.begin + tick * 100 + 50})
            status, answer = self.paytick.post("/v1/heartbeats", "".join(json.dumps(line) + "\n" for line in lines))
            self.assertEqual(status, 200, answer)
            answers = [json.loads(line) for line in answer.splitlines()]
            codes = {a["code"] for a in answers if a["status"] == "refused"}
            self.assertLessEqual(codes, {"log_full"})
            accepted += sum(a["status"] == "accepted" for a in answers)
            if answers[250]["status"] == "accepted":
                ticks.add(tick)
        self.assertGreater(accepted, 1000)
        self.assertEqual(self.part("log")[0], 503)
        self.assertEqual(self.paytick.get("/healthz")[0], 200)
        # With room again everything goes on, and what was accepted is billed; even if it was killed while full.
        self.paytick.kill()
        self.paytick.environment = {}
        self.paytick.start()
        wait_for("a log with room", lambda: self.part("log")[2] == "ok")
        status, answers = self.beats(content, "s", 10, 10)
        self.assertEqual({a["status"] for a in answers}, {"accepted"}, answers)
        ticks.update(k * 10 + 3 for k in range(10, 20))
        self.paytick.await_settled()
        bill = [item["ticks"] for item in self.paytick.history(dev["viewer"]["meter"]) if item.get("reference") == "s"]
        self.assertEqual(bill, [len(ticks)])


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
