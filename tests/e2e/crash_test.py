"""SIGKILL at random moments under load, each with a restart: nothing acknowledged is lost, nothing is billed twice.

bill_oracle.py is the judge, given the heartbeats that were acknowledged. It shares nothing with the fold.
"""
import http.client
import json
import os
import random
import threading
import time
import unittest
import urllib.error
from decimal import Decimal

from bill_oracle import ticks_bought
from player import Player
from running_paytick import Paytick

KILLS = int(os.environ.get("PAYTICK_TEST_KILLS", "50"))
SEED = int(os.environ.get("PAYTICK_TEST_SEED", "1"))
TICK_MS = 100
PLAN = {"tickMs": TICK_MS, "heartbeatMs": TICK_MS, "pricePerTick": 100, "minimumTicks": 1, "refundUnused": True}
BEATS_A_SESSION = 40
AWAY = (OSError, http.client.HTTPException, urllib.error.URLError)


class Platform(threading.Thread):
    """Posts batches of several sessions, some lines twice, shuffled; sends again what was not acknowledged."""

    def __init__(self, test, name, meter, viewer, content, seed):
        super().__init__()
        self.test, self.name_, self.meter, self.viewer, self.content = test, name, meter, viewer, content
        self.random = random.Random(seed)
        self.acknowledged = {}  # session name -> (start, times of heartbeats)
        self.refused = []
        self.ending = threading.Event()
        self.failure = None

    def run(self):
        try:
            number = 0
            while not self.ending.is_set():
                self.play(f"{self.name_}-{number}")
                number += 1
        except Exception as failure:  # noqa: BLE001 - told by the test
            self.failure = failure

    def play(self, session):
        start = int(time.time() * 1000)
        names = {"session": session, "attachment": session}
        self.send([{"type": "open", "viewer": self.viewer, "meter": self.meter, "content": self.content, "at": start} | names])
        self.acknowledged[session] = (start, [])
        sent = 0
        while sent < BEATS_A_SESSION and not self.ending.is_set():
            # What lies in the past by now, in the middle of its tick; one in five is skipped, one in five doubled.
            due = min(BEATS_A_SESSION, (int(time.time() * 1000) - start) // TICK_MS)
            ticks = [k for k in range(sent, due) if self.random.random() > 0.2]
            sent = max(sent, due)
            lines = [{"type": "heartbeat", "seq": k, "at": start + k * TICK_MS + TICK_MS // 2} | names for k in ticks]
            lines += [line for line in lines if self.random.random() < 0.2]
            self.random.shuffle(lines)
            if lines:
                self.send(lines)
                self.acknowledged[session][1].extend(line["at"] for line in lines)
            time.sleep(self.random.uniform(0.05, 0.3))
        self.send([{"type": "stop", "at": start + max(sent - 1, 0) * TICK_MS + TICK_MS // 2} | names])

    def send(self, lines):
        """Until the answer is there: an unanswered batch may or may not be in the log."""
        body = "".join(json.dumps(line) + "\n" for line in lines)
        unanswered = False
        while True:
            try:
                status, answer = self.test.paytick.post("/v1/heartbeats", body)
            except AWAY:
                unanswered = True
                self.test.still_expected()
                time.sleep(0.02)
                continue
            if status == 200:
                answers = [json.loads(line) for line in answer.splitlines()]
                wrong = [a for a in answers if a["status"] != "accepted"]
                if not wrong:
                    return
                # A stop that was not answered may have been taken: then the session is gone.
                if unanswered and lines[0]["type"] == "stop" and {a["code"] for a in wrong} <= {"unknown_session", "session_closed"}:
                    return
                # Being busy is no refusal.
                if {a["code"] for a in wrong} <= {"try_again", "draining"}:
                    time.sleep(0.02)
                    continue
                raise AssertionError(f"refused: {wrong}, sent {lines}")
            if status not in (503, 429):
                raise AssertionError(f"{status}: {answer}")
            time.sleep(0.02)


class Screen(threading.Thread):
    """Pings over a socket, and resumes its session after each crash. Its plan gives nothing back."""

    def __init__(self, test, meter, content):
        super().__init__()
        self.test, self.meter, self.content = test, meter, content
        self.acknowledged = 0  # of the balance, in the smallest unit: what answers said was spent
        self.first = self.last = None
        self.ending = threading.Event()
        self.failure = None

    def run(self):
        try:
            player, full, token = None, None, {}
            while not self.ending.is_set():
                try:
                    if player is None:
                        player = Player(self.test.paytick, self.content, self.meter)
                    self.first = self.first or time.time()
                    answer = player.ping(**token)
                    self.last = time.time()
                except Exception as failure:  # noqa: BLE001 - a broken socket has many names
                    if not isinstance(failure, AWAY) and "websocket" not in type(failure).__module__:
                        raise
                    player = None
                    self.test.still_expected()
                    time.sleep(0.02)
                    continue
                if answer["type"] == "tick":
                    token = {"resumeToken": answer["resumeToken"]}
                    balance = Decimal(answer["newBalance"])
                    full = full if full is not None else balance
                    self.acknowledged = max(self.acknowledged, int((full - balance) * 10_000_000))
                elif answer["code"] not in ("try_again", "draining", "unknown_contract"):
                    raise AssertionError(f"refused: {answer}")
                time.sleep(0.1)
            if player:
                player.close()
        except Exception as failure:  # noqa: BLE001 - told by the test
            self.failure = failure


class CrashTest(unittest.TestCase):
    def setUp(self):
        self.paytick = Paytick()
        self.addCleanup(self.paytick.remove)
        self.paytick.start()

    given_up = False

    def still_expected(self):
        """An actor without an answer waits for a restart, unless there will be none."""
        if self.given_up:
            raise AssertionError("paytick did not come back")

    def meters(self, count):
        funded = self.paytick.run("load", "--fund", "--viewers", str(count), "--for", "1s")
        self.assertEqual(funded.returncode, 0, funded.stdout + funded.stderr)
        router, *found = (self.paytick.data / "load.meters").read_text().split()
        self.assertEqual((router, len(found)), (self.paytick.dev["router"], count))
        self.paytick.await_settled()
        return [(m, json.loads(self.paytick.get("/api/account/history?meter=" + m)[1])["viewer"]) for m in found]

    def kill_at_random(self, moments):
        if moments.random() < 0.3:  # while it starts: restoring, taking over, before it is ready
            self.paytick.kill()
            self.paytick.spawn()
            time.sleep(moments.uniform(0, 0.6))
        else:
            time.sleep(moments.uniform(0, 1.2))
        self.paytick.kill()
        begin = time.monotonic()
        self.paytick.start()
        self.restarts.append(time.monotonic() - begin)

    def test_fifty_kills_under_load(self):
        print(f"seed {SEED}, {KILLS} kills", flush=True)
        self.restarts = []
        meters = self.meters(5)
        content = self.paytick.content(**PLAN)
        screen_content = self.paytick.content(pricePerTick=100, refundUnused=False)
        platforms = [Platform(self, f"platform{i}", *meters[i % 3], content, SEED * 100 + i) for i in range(6)]
        screens = [Screen(self, meter, screen_content) for meter, _ in meters[3:]]
        actors = [*platforms, *screens]
        before = self.charged(self.paytick.verify())
        for actor in actors:
            actor.start()
        try:
            moments = random.Random(SEED)
            for number in range(KILLS):
                self.kill_at_random(moments)
                failed = [actor.failure for actor in actors if actor.failure]
                self.assertFalse(failed, f"after kill {number + 1}: {self.paytick.log()}")
        except BaseException:
            self.given_up = True
            raise
        finally:
            for actor in actors:
                actor.ending.set()
            for actor in actors:
                actor.join()
        self.assertFalse([actor.failure for actor in actors if actor.failure])
        report = self.paytick.await_settled(patience_s=180)
        self.restarts.sort()
        print(f"a restart took {self.restarts[len(self.restarts) // 2]:.2f} s, {self.restarts[-1]:.2f} s at most", flush=True)
        self.assertTrue(report["chainChecked"] and report["databaseChecked"])

        billed = {}
        for meter, _ in meters[:3]:
            for item in self.paytick.history(meter):
                if item["kind"] == "session" and item["content"] == content:
                    self.assertNotIn(item["reference"], billed)
                    billed[item["reference"]] = item["ticks"]
        wanted = {}
        for platform in platforms:
            for session, (start, beats) in platform.acknowledged.items():
                wanted[session] = len(ticks_bought(PLAN, start, beats))
        self.assertEqual(billed, wanted)
        self.assertGreater(sum(wanted.values()), KILLS * 10)

        spent = [self.assert_screen(screen, screen_content) for screen in screens]
        # What the log charged, and the contracts paid by now, is the oracle's sum and nothing beside it.
        self.assertEqual(self.charged(report) - before, PLAN["pricePerTick"] * sum(wanted.values()) + sum(spent))

    @staticmethod
    def charged(report):
        return int(Decimal(report["charged"]) * 10_000_000)

    def assert_screen(self, screen, content):
        """Gives what the screen was billed, in the smallest unit."""
        sessions = [item for item in self.paytick.history(screen.meter)
                    if item["kind"] == "session" and item["content"] == content]
        self.assertEqual(len(sessions), 1, "a resume token continues the session through every crash")
        spent = sessions[0]["ticks"] * 100
        self.assertGreaterEqual(spent, screen.acknowledged)
        # One tick a second at most, the first and the last one cut.
        self.assertLessEqual(spent, 100 * (int(screen.last - screen.first) + 3))
        return spent


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
