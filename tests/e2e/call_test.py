"""A call by the minute, its checklist: 100 tokens a minute, blocks of 50, metered late, twice and at once; then it ends."""
import concurrent.futures
import json
import time
import urllib.request
import unittest

from running_paytick import Paytick

SECRET = "billing-secret-of-this-test"
BLOCK_S = 1.0  # half a minute of the call: time is sped up thirtyfold
SETTINGS = {"PAYTICK_MONEY_TOKEN_UNITS": "10000", "PAYTICK_CALLS_BLOCK_MS": str(int(BLOCK_S * 1000)),
            "PAYTICK_BILLING_WEBHOOK_SECRET": SECRET}


class CallTest(unittest.TestCase):
    def start(self, **settings):
        self.paytick = Paytick(**(SETTINGS | settings))
        self.addCleanup(self.paytick.remove)
        self.paytick.start()
        self.paytick.content()  # whoever earns has something in the catalogue
        dev = self.paytick.dev
        self.creator, self.meter = dev["creator"]["publicKey"], dev["viewer"]["meter"]
        self.as_viewer = "?meter=" + self.meter

    def init(self, rate=100, key="call-1", status=201):
        return self.paytick.call("POST", "/api/calls/init" + self.as_viewer,
                                 {"creatorId": self.creator, "rate_tokens_per_min": rate}, status, key=key)

    def metered(self, body=None, secret=SECRET, status=200):
        return self.paytick.call("POST", "/api/billing/meter", body, status, headers={"X-Billing-Secret": secret})

    def history(self, call):
        url = self.paytick.dev["listen"] + f"/api/billing/calls/{call}/history{self.as_viewer}"
        status, body = self.paytick.ask(urllib.request.Request(url))
        if status in (404, 503):  # the tables do not have it yet
            return []
        self.assertEqual(status, 200, body)
        return json.loads(body)["items"]

    def await_blocks(self, call, n):
        deadline = time.monotonic() + 30
        while len(blocks := [item for item in self.history(call) if item["kind"] == "block"]) < n:
            self.assertLess(time.monotonic(), deadline, f"{blocks}\n{self.paytick.log()}")
            time.sleep(0.1)
        return blocks

    def test_blocks_are_billed_once_however_the_scheduler_calls(self):
        self.start(PAYTICK_CALLS_METER_INTERVAL_S="0")
        call = self.init()
        self.assertEqual((call["blocks"], call["newBalanceTokens"], call["state"]), (1, 4950, "active"))
        self.assertEqual(self.init()["callId"], call["callId"])  # the same key: the same call, paid once
        name = {"callId": call["callId"]}
        began = time.monotonic()

        # Doubled, and parallel: of one call and of all.
        while time.monotonic() < began + 2.2 * BLOCK_S:
            with concurrent.futures.ThreadPoolExecutor(4) as schedulers:
                list(schedulers.map(self.metered, [name, name, None, name]))
            time.sleep(BLOCK_S / 4)
        stands = self.metered(name)["call"]
        self.assertIn(stands["blocks"], (3, 4))
        self.assertEqual(stands["newBalanceTokens"], 5000 - 50 * stands["blocks"])

        ended = self.paytick.call("POST", f"/api/calls/{call['callId']}/end{self.as_viewer}")
        blocks = ended["blocks"]
        self.assertEqual((ended["state"], ended["newBalanceTokens"]), ("ended", 5000 - 50 * blocks))
        # Nothing more is billed, whoever asks.
        time.sleep(2 * BLOCK_S)
        self.metered()
        self.assertEqual(self.metered(name)["call"]["blocks"], blocks)
        self.paytick.call("POST", f"/api/billing/{call['callId']}/stop{self.as_viewer}")

        shown = self.await_blocks(call["callId"], blocks)
        self.assertEqual([item["amountTokens"] for item in shown], [50] * blocks)
        self.assertEqual([item["block"] for item in shown], list(range(blocks)))
        report = self.paytick.await_settled()
        self.assertEqual(report["charged"], f"{0.05 * blocks:.7f}")
        # 80 for the creator, 20 for the platform.
        earned = self.paytick.call("GET", f"/api/creators/{self.creator}/earnings")
        self.assertEqual(earned["paid"], f"{0.04 * blocks:.7f}")

    def test_paytick_meters_by_itself_and_a_pause_costs_nothing(self):
        self.start(PAYTICK_CALLS_METER_INTERVAL_S="1")
        call = self.init()["callId"]
        self.await_blocks(call, 3)
        paused = self.paytick.call("POST", f"/api/billing/{call}/pause{self.as_viewer}")
        self.assertEqual(paused["state"], "paused")
        time.sleep(3 * BLOCK_S)
        still = self.paytick.call("POST", f"/api/billing/{call}/pause{self.as_viewer}")
        self.assertLessEqual(still["blocks"], paused["blocks"] + 1)
        active = self.paytick.call("POST", f"/api/billing/{call}/active{self.as_viewer}")
        self.assertEqual(active["state"], "active")
        self.await_blocks(call, still["blocks"] + 2)
        self.paytick.call("POST", f"/api/calls/{call}/end{self.as_viewer}")
        self.paytick.await_settled()

    def test_who_may_not_is_told(self):
        self.start(PAYTICK_CALLS_METER_INTERVAL_S="0")
        self.assertEqual(self.init(rate=101, status=422)["error"]["code"], "invalid_plan")
        self.assertEqual(self.init(rate=20000, key="call-0", status=402)["error"]["code"], "balance")
        call = self.init()["callId"]
        self.assertEqual(self.init(rate=102, status=409)["error"]["code"], "key_conflict")
        self.metered(secret="wrong", status=401)
        self.metered({"callId": call[:-4] + "AAAA"}, status=404)
        self.paytick.call("POST", f"/api/calls/{call}/end", status=401)
        self.paytick.call("POST", f"/api/calls/{call}/end", status=403, token=self.paytick.dev["platformApiKey"])
        self.paytick.verify()


if __name__ == "__main__":
    unittest.main(verbosity=2)
