"""The main job on the real thing: pings over a WebSocket, money on a real Soroban host, and what is left after SIGKILL."""
import json
import time
import unittest

from machine_watch import undisturbed
from player import Player
from running_paytick import Paytick


class StoryTest(unittest.TestCase):
    def setUp(self):
        self.paytick = self.fresh()

    def fresh(self):
        paytick = Paytick()
        self.addCleanup(paytick.remove)
        return paytick.start()

    def test_twelve_pings_cost_twelve_ticks_on_every_side(self):
        ready = iter([self.paytick])
        self.paytick, played = undisturbed(lambda: next(ready, None) or self.fresh(), lambda paytick: paytick.run("play"))
        self.assertEqual(played.returncode, 0, played.stdout + played.stderr + self.paytick.log())
        self.assertIn("on the socket       4.8800000 XLM left", played.stdout)
        self.assertIn("in the meter        4.8800000 XLM on chain", played.stdout)
        self.assertIn("with the creator    0.1200000 XLM more than before", played.stdout)
        # The chain holds the money a moment before the log holds its confirmation.
        report = self.paytick.await_settled()
        self.assertEqual((report["charged"], report["settled"], report["ticks"]), ("0.1200000", "0.1200000", 12))
        self.assertTrue(report["databaseChecked"] and report["chainChecked"])
        self.assertIn("in PostgreSQL       12 ticks, 0.1200000 XLM", played.stdout)

        # What the account and the creator are shown: money with its ticks, proof and transaction.
        dev = self.paytick.dev
        status, body = self.paytick.get("/api/account/history?meter=" + dev["viewer"]["meter"])
        self.assertEqual(status, 200, body)
        history = json.loads(body)
        self.assertEqual((history["charged"], history["spendable"]), ("0.1200000", "4.8800000"))
        session = next(item for item in history["items"] if item["kind"] == "session")
        self.assertEqual((session["ticks"], session["amount"], session["settled"]), (12, "0.1200000", True))
        self.assertEqual((len(session["proof"]), len(session["transaction"])), (43, 64))
        self.assertIn(session["transaction"], played.stdout)
        status, body = self.paytick.get("/api/creators/" + dev["creator"]["publicKey"] + "/earnings")
        self.assertEqual(status, 200, body)
        self.assertEqual((json.loads(body)["paid"], json.loads(body)["pending"]), ("0.1200000", "0.0000000"))

        # Rebuilt from the log while paytick runs, the tables are the same.
        replayed = self.paytick.run("replay")
        self.assertEqual(replayed.returncode, 0, replayed.stderr)
        self.assertEqual(json.loads(self.paytick.get("/api/account/history?meter=" + dev["viewer"]["meter"])[1]), history)
        self.paytick.verify()
        self.assertEqual(self.paytick.stop(), 0, self.paytick.log())

        # The log is checked without the process that wrote it.
        report = self.paytick.verify()
        self.assertEqual((report["charged"], report["databaseChecked"]), ("0.1200000", False))

    def test_a_viewer_browses_is_warned_is_told_why_it_halts_and_goes_on_after_a_top_up(self):
        paytick, dev = self.paytick, self.paytick.dev
        film = paytick.content(pricePerTick=20_000_000, refundUnused=False)
        paytick.content()
        # Browse and details, under the names of the first draft as well.
        page = paytick.call("GET", "/api/content?limit=1")
        self.assertEqual(len(page["items"]), 1)
        rest = paytick.call("GET", "/api/videos?cursor=" + page["next"])
        self.assertIn(film, [item["id"] for item in rest["items"]])
        details = paytick.call("GET", "/api/videos/" + film)
        same = paytick.call("GET", "/api/content/" + film)
        self.assertEqual(details.pop("views", 0), same.pop("views", 0))
        self.assertEqual((details, details["plan"]["priceXlmPerTick"]), (same, "2.0000000"))

        player = Player(paytick, film)
        self.assertEqual(player.ping()["newBalance"], "3.0000000")
        warned = player.await_news("low_balance")
        self.assertEqual((warned["newBalance"], warned["secondsLeft"], warned["topUp"]), ("3.0000000", 1, "5.0000000"))
        # The next second is paid, the one after it is not: the player is told why, once it asks.
        deadline = time.monotonic() + 30
        while (answer := player.ping())["type"] == "tick":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.3)
        self.assertEqual((answer["code"], answer["newBalance"]), ("balance", "1.0000000"))
        self.assertIn("top it up", answer["message"])
        # Paid into the meter on chain, the session goes on by itself.
        bought = paytick.call("POST", "/api/tokens/purchase?meter=" + dev["viewer"]["meter"], {"amountTokens": 50}, key="top-up")
        self.assertEqual((bought["status"], bought["amount"]), ("paid", "5.0000000"))
        resumed = player.await_news("resumed")
        self.assertEqual((resumed["was"], resumed["newBalance"]), ("balance", "6.0000000"))
        self.assertEqual(player.ping()["type"], "tick")
        player.close()
        report = paytick.await_settled()
        self.assertEqual(report["charged"], "6.0000000")
        history = paytick.history(dev["viewer"]["meter"])
        top_ups = [item for item in history if item["kind"] == "top_up"]
        self.assertEqual(sorted(item["amount"] for item in top_ups), ["5.0000000", "5.0000000"])
        self.assertEqual([len(item["transaction"]) for item in top_ups], [64, 64])
        self.assertEqual([item["amount"] for item in history if item["kind"] == "session"], ["6.0000000"])
        while paytick.call("GET", "/api/content/" + film).get("views") != 1:
            self.assertLess(time.monotonic(), deadline + 30, "a view is counted")
            time.sleep(0.2)
        shown = {item["id"]: item["views"] for item in paytick.call("GET", "/api/content")["items"]}
        self.assertEqual((shown.pop(film), set(shown.values())), (1, {0}))

    def test_whoever_asks_gets_the_rest_once_what_is_owed_is_settled(self):
        paytick, dev = self.paytick, self.paytick.dev
        player = Player(paytick, paytick.content(pricePerTick=1_000_000, tickMs=1_000))
        self.assertEqual(player.ping()["newBalance"], "4.9000000")
        asked = paytick.run("refund")
        self.assertEqual(asked.returncode, 0, asked.stdout + asked.stderr + paytick.log())
        halted = player.await_news("error")
        self.assertEqual(halted["code"], "refund", halted)
        player.close()
        refund = next(item for item in paytick.history(dev["viewer"]["meter"]) if item["kind"] == "refund")
        report = paytick.await_settled()
        self.assertEqual(float(refund["amount"]) + float(report["charged"]), 5)
        self.assertIn(refund["amount"] + " XLM", asked.stdout)
        self.assertIn(refund["transaction"], asked.stdout)
        self.assertEqual(report["settled"], report["charged"])
        self.assertIn("nothing to ask back", paytick.run("refund").stdout)
        # Paid in again, the meter plays again.
        paytick.call("POST", "/api/tokens/purchase?meter=" + dev["viewer"]["meter"], {"amountTokens": 20}, key="again")
        again = Player(paytick, paytick.content(pricePerTick=1_000_000))
        deadline = time.monotonic() + 30
        while (answer := again.ping())["type"] != "tick":
            self.assertLess(time.monotonic(), deadline, answer)
            time.sleep(0.2)
        self.assertEqual(answer["newBalance"], "1.9000000")
        again.close()
        paytick.await_settled()

    def test_accepted_heartbeats_survive_a_kill_and_are_billed_once(self):
        content, dev = self.paytick.content(), self.paytick.dev
        now = int(time.time() * 1000)
        opened = {"type": "open", "session": "s", "attachment": "a", "viewer": dev["viewer"]["publicKey"],
                  "meter": dev["viewer"]["meter"], "content": content, "at": now}
        beats = [{"type": "heartbeat", "session": "s", "attachment": "a", "seq": i, "at": now + i * 1000} for i in range(4)]
        body = "\n".join(map(json.dumps, [opened, *beats])) + "\n"
        status, answer = self.paytick.post("/v1/heartbeats", body)
        self.assertEqual(status, 200, answer)
        self.assertEqual([json.loads(line)["status"] for line in answer.splitlines()], ["accepted"] * 5)
        for _ in range(2):
            self.paytick.kill()
            self.paytick.start()
            # The same lines again: nothing is billed twice.
            status, answer = self.paytick.post("/v1/heartbeats", body)
            self.assertEqual(status, 200, answer)
        report = self.paytick.verify()
        self.assertEqual((report["ticks"], report["charged"]), (4, "0.0400000"), self.paytick.log())

    def test_wrong_requests_are_told_what_is_wrong(self):
        self.assertEqual(self.paytick.post("/v1/heartbeats", "{}", key="wrong")[0], 401)
        status, body = self.paytick.get("/api/content/nothing")
        self.assertEqual(status, 404, body)
        self.assertIn("code", json.loads(body)["error"])
        status, body = self.paytick.get("/readyz")
        self.assertEqual((status, json.loads(body)["status"]), (200, "ready"), body)
        self.assertIn("paytick_fold_inputs_total", self.paytick.get("/metrics")[1])


if __name__ == "__main__":
    unittest.main(verbosity=2)
