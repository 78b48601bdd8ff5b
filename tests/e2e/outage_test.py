"""What paytick does while something it needs is away: the disk, the database, the chain."""
import base64
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
        batch = self.paytick.content()
        status, answers = self.beats(batch, "s", 0, 10)
        self.assertEqual((status, {a["status"] for a in answers}), (200, {"accepted"}), answers)
        meter = self.paytick.dev["viewer"]["meter"]
        for path in ["account/history?meter=" + meter, f"creators/{self.paytick.dev['creator']['publicKey']}/earnings"]:
            status, body = self.paytick.get("/api/" + path)
            self.assertEqual((status, json.loads(body)["error"]["code"]), (503, "database_away"))
        # As paytick starts it: not as root.
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--inh-caps=+dac_read_search",
                   "--ambient-caps=+dac_read_search"] if os.geteuid() == 0 else []
        again = subprocess.Popen([*as_user, *command], stderr=subprocess.DEVNULL)
        self.addCleanup(again.wait)
        self.addCleanup(again.send_signal, signal.SIGINT)
        wait_for("a database that is back", lambda: self.part("database") == (200, "ready", "ok"))
        player.close()
        self.paytick.await_settled()
        bill = {item["content"]: item["amount"] for item in self.paytick.history(meter) if item["kind"] == "session"}
        self.assertEqual(bill, {player.content: "0.0200000", batch: "0.1000000"})

    def test_without_the_chain_billing_goes_on_and_is_settled_later(self):
        self.start()
        content = self.paytick.content()
        dear = self.paytick.content(pricePerTick=20_000_000)
        player = Player(self.paytick, dear)
        node = self.child("paytick-localnet")
        os.kill(node, signal.SIGSTOP)
        try:
            status, answers = self.beats(content, "s", 0, 20)
            self.assertEqual((status, {a["status"] for a in answers}), (200, {"accepted"}), answers)
            wait_for("a chain that is away", lambda: self.part("chain_events")[2] != "ok")
            self.assertEqual(self.part("chain_events")[:2], (200, "degraded"))
            status, answers = self.beats(content, "s", 20, 20)
            self.assertEqual({a["status"] for a in answers}, {"accepted"}, answers)
            # Within the balance that is known: of what 0.4 XLM leave of 5, two ticks at 2 XLM can be paid.
            halt = wait_for("the end of the balance", lambda: (a := player.ping())["type"] == "error" and a)
            self.assertEqual((halt["code"], halt["newBalance"]), ("balance", "0.6000000"))
        finally:
            os.kill(node, signal.SIGCONT)
        wait_for("a chain that is back", lambda: self.part("chain_events") == (200, "ready", "ok"))
        self.assertIn("warning chain-events: ", self.paytick.log(), "an operator reads the log first")
        self.assertIn("info  chain-events: goes on", self.paytick.log())
        report = self.paytick.await_settled()
        self.assertEqual((report["charged"], report["settled"]), ("4.4000000", "4.4000000"))

    def fill(self, content, lines_n):
        """Posts lines that are heavy on the log, opens with long names that cannot be compressed, around a tick of the
        session `s`. Gives that tick if it was accepted, and whether all was."""
        dev, now = self.paytick.dev, int(time.time() * 1000)
        names = [base64.b64encode(os.urandom(90)).decode() for _ in range(lines_n)]
        lines = [{"type": "open", "session": name, "attachment": name, "viewer": dev["viewer"]["publicKey"],
                  "meter": dev["viewer"]["meter"], "content": content, "at": now} for name in names]
        tick = (now - self.begin) // 100 - 1
        lines.insert(lines_n // 2, {"type": "heartbeat", "session": "s", "attachment": "s", "seq": tick,
                                    "at": self.begin + tick * 100 + 50})
        status, answer = self.paytick.post("/v1/heartbeats", "".join(json.dumps(line) + "\n" for line in lines))
        self.assertEqual(status, 200, answer)
        answers = [json.loads(line) for line in answer.splitlines()]
        self.assertLessEqual({a["code"] for a in answers if a["status"] == "refused"}, {"log_full"})
        accepted = [a["status"] == "accepted" for a in answers]
        return {tick} if accepted[lines_n // 2] else set(), all(accepted)

    def test_a_full_log_refuses_and_loses_nothing(self):
        self.start(PAYTICK_LOG_BYTES_MAX=str(24 << 20))
        content = self.paytick.content(pricePerTick=1, tickMs=100, heartbeatMs=100)
        status, answers = self.beats(content, "s", 0, 10)
        self.assertEqual({a["status"] for a in answers}, {"accepted"}, answers)
        # A heartbeat lies in its second, ticks last a tenth; the first one comes with the first heartbeat.
        ticks = {0, *(k * 10 + 3 for k in range(10))}
        player = Player(self.paytick, self.paytick.content())
        answer, asked = player.ping(), time.monotonic()
        lines_n = 500
        while answer["type"] == "tick":
            # Smaller and smaller ones, until there is no room for a ping either.
            bought, all_of_it = self.fill(content, lines_n)
            lines_n = min(500, lines_n * 2) if all_of_it else max(1, lines_n // 2)
            ticks |= bought
            if not all_of_it or time.monotonic() > asked + 5:  # and no idling for the session
                paid, asked = answer["newBalance"], time.monotonic()
                answer = player.ping()
        self.assertEqual(answer["code"], "log_full")
        player.socket.shutdown()
        self.assertGreater(len(ticks), 12)
        wait_for("content that is refused", lambda: self.create_content() == (507, "log_full"))
        wait_for("trouble on record", lambda: self.part("log")[0] == 503)
        self.assertEqual(self.paytick.get("/healthz")[0], 200)
        # With room again everything goes on, and what was accepted is billed; even if it was killed while full.
        self.paytick.kill()
        self.paytick.environment = {}
        self.paytick.start()
        wait_for("a log with room", lambda: self.part("log")[2] == "ok")
        status, answers = self.beats(content, "s", 10, 10)
        self.assertEqual({a["status"] for a in answers}, {"accepted"}, answers)
        ticks.update(k * 10 + 3 for k in range(10, 20))
        again = Player(self.paytick, player.content)
        answer = again.ping(resumeToken=player.resume_token)
        self.assertEqual(answer["type"], "tick", answer)
        self.assertLess(answer["newBalance"], paid)
        again.close()
        self.paytick.await_settled()
        items = self.paytick.history(self.paytick.dev["viewer"]["meter"])
        self.assertEqual([item["ticks"] for item in items if item.get("reference") == "s"], [len(ticks)])
        self.assertEqual(len([item for item in items if item.get("content") == player.content]), 1, "it was resumed")

    def create_content(self):
        status, body = self.paytick.post("/api/content", json.dumps({
            "title": "x", "creatorWallet": self.paytick.dev["creator"]["publicKey"], "plan": {"pricePerTick": 1}}))
        return status, json.loads(body).get("error", {}).get("code")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
