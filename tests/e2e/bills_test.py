"""The same bill, whatever the player does: 0.12 XLM for twelve ticks at 0.01, on the socket, in PostgreSQL and on chain."""
import json
import random
import threading
import time
import unittest
from decimal import Decimal

from machine_watch import undisturbed
from player import Player
from running_paytick import Paytick

TWELVE = Decimal("0.12")


class BillsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.paytick = Paytick()
        cls.addClassCleanup(cls.paytick.remove)
        cls.paytick.start()

    def bills(self, content):
        """What each session of the content cost, by PostgreSQL."""
        return sorted(Decimal(item["amount"]) for item in self.paytick.history(self.paytick.dev["viewer"]["meter"])
                      if item.get("content") == content)

    # Each scenario plays on content of its own, so all of them run at once: they take twelve seconds together.
    # Pings lie 0.3 s into their tick, so a machine that is busy for half a second changes nothing.

    @staticmethod
    def at_ticks(begin, ticks):
        for k in ticks:
            time.sleep(max(0, begin + k + 0.3 - time.monotonic()))
            yield k

    def each_ping_once(self, content):
        player = Player(self.paytick, content)
        begin = time.monotonic()
        player.ping()
        for _ in self.at_ticks(begin, range(1, 12)):
            player.ping()
        player.close()

    def each_ping_twice(self, content):
        player = Player(self.paytick, content)
        begin = time.monotonic()
        player.ping()
        player.ping()
        for _ in self.at_ticks(begin, range(1, 12)):
            player.ping()
            player.ping()
        player.close()

    def ten_pings_a_second(self, content):
        player = Player(self.paytick, content)
        begin = time.monotonic()
        while time.monotonic() < begin + 11.5:
            player.ping()
            time.sleep(0.1)
        player.close()

    def reconnects_every_three_seconds(self, content):
        player = Player(self.paytick, content)
        begin = time.monotonic()
        player.ping()
        for k in self.at_ticks(begin, range(1, 12)):
            if k % 3 == 0:
                player.close()
                player.connect()
                player.ping(resumeToken=player.resume_token)
            else:
                player.ping()
        player.close()

    def a_decoy_joins_and_leaves(self, content):
        player = Player(self.paytick, content)
        begin = time.monotonic()
        player.ping()
        for k in self.at_ticks(begin, range(1, 12)):
            player.ping()
            if k == 4:
                decoy = Player(self.paytick, content)
                decoy.ping(resumeToken=player.resume_token)
                decoy.close()
        player.close()

    def a_second_screen(self, content):
        screens = [Player(self.paytick, content), Player(self.paytick, content)]
        begin = time.monotonic()
        for screen in screens:
            screen.ping()
        for _ in self.at_ticks(begin, range(1, 12)):
            for screen in screens:
                screen.ping()
        for screen in screens:
            screen.close()

    def pings_stop(self, content):
        player = Player(self.paytick, content)
        begin = time.monotonic()
        player.ping()
        for _ in self.at_ticks(begin, range(1, 3)):
            player.ping()
        time.sleep(6)
        player.close()

    SCENARIOS = {
        "each_ping_once": [TWELVE],
        "each_ping_twice": [TWELVE],
        "ten_pings_a_second": [TWELVE],
        "reconnects_every_three_seconds": [TWELVE],
        "a_decoy_joins_and_leaves": [TWELVE],
        "a_second_screen": [TWELVE, TWELVE],
        "pings_stop": [Decimal("0.03")],
    }

    def scenarios(self):
        """The amount settled so far, and content for each scenario."""
        settled = self.paytick.await_settled()["settled"]
        return Decimal(settled), {name: self.paytick.content() for name in self.SCENARIOS}

    def play_all(self, contents):
        """What failed, by scenario."""
        failures = {}

        def run(name):
            try:
                getattr(self, name)(contents[name])
            except Exception as failure:  # noqa: BLE001 - told below, by scenario
                failures[name] = failure

        threads = [threading.Thread(target=run, args=(name,)) for name in self.SCENARIOS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return failures

    def test_players(self):
        (before, contents), failures = undisturbed(self.scenarios, lambda prepared: self.play_all(prepared[1]))
        report = self.paytick.await_settled()
        for name, expected in self.SCENARIOS.items():
            with self.subTest(name):
                self.assertIsNone(failures.get(name))
                self.assertEqual(self.bills(contents[name]), expected)
        total = sum(sum(expected) for expected in self.SCENARIOS.values())
        self.assertEqual(Decimal(report["settled"]) - before, total)

    def batch(self, content, name, order, start):
        """Lines of a platform's session of twelve ticks, its heartbeats in `order`, 0.3 s into their ticks."""
        dev = self.paytick.dev
        beats = [{"type": "heartbeat", "session": name, "attachment": name, "seq": k, "at": start + k * 1000 + 300}
                 for k in order]
        return [{"type": "open", "session": name, "attachment": name, "viewer": dev["viewer"]["publicKey"],
                 "meter": dev["viewer"]["meter"], "content": content, "at": start}, *beats,
                {"type": "stop", "session": name, "attachment": name, "at": start + 11_300}]

    def test_a_platforms_batch_in_any_order(self):
        shuffled = list(range(12)) * 2
        random.Random(7).shuffle(shuffled)
        for name, order in {"in order": range(12), "each twice": sorted(list(range(12)) * 2), "shuffled": shuffled}.items():
            with self.subTest(name):
                content, start = self.paytick.content(), int(time.time() * 1000) - 20_000
                status, answer = self.paytick.post(
                    "/v1/heartbeats", "".join(json.dumps(line) + "\n" for line in self.batch(content, name, order, start)))
                self.assertEqual(status, 200, answer)
                self.assertEqual({json.loads(line)["status"] for line in answer.splitlines()}, {"accepted"}, answer)
                self.paytick.await_settled()
                self.assertEqual(self.bills(content), [TWELVE])


if __name__ == "__main__":
    unittest.main(verbosity=2)
