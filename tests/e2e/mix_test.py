"""`paytick load --mix`: players, calls, tips, tickets, top-ups, limits and pauses at once, over real sockets and HTTP, for two
minutes; every answer is the one that was due, the bills are what was acknowledged, and log, database and chain agree."""
import json
import os
import unittest

from running_paytick import Paytick

FOR = os.environ.get("PAYTICK_TEST_MIX_FOR", "120s")
VIEWERS = os.environ.get("PAYTICK_TEST_MIX_VIEWERS", "200")
SECRET = {"PAYTICK_BILLING_WEBHOOK_SECRET": "the-scheduler-of-the-mix-test"}
# What at least is done in two minutes by 200 viewers with six turns each.
AT_LEAST = {"join": 30, "tip": 200, "ticket": 60, "call": 40, "hangUp": 40, "topUp": 20, "limit": 60, "pause": 40, "resume": 40,
            "look": 80}


class MixTest(unittest.TestCase):
    def test_everything_at_once_ends_in_agreement(self):
        paytick = Paytick(**SECRET)
        self.addCleanup(paytick.remove)
        paytick.start()
        ran = paytick.run("load", "--mix", "--fund", "--deposit", "1", "--viewers", VIEWERS, "--for", FOR, "--price", "0.0002",
                          "--json", timeout=800, environment=SECRET)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr + paytick.log())
        report = json.loads(ran.stdout)
        with self.subTest("every answer was due, and each deed was done"):
            self.assertEqual((report["good"], report["wrong"], report["lost"]), (True, 0, 0))
            for deed, least in AT_LEAST.items():
                self.assertGreaterEqual(report[deed]["done"], least, f"{deed}: {report}")
            self.assertGreater(report["ping"]["done"], 5 * int(VIEWERS))
            self.assertGreater(report["repeated"], 20)
            self.assertGreater(report["tipsTold"], report["tip"]["done"])
            self.assertGreaterEqual(report["meterings"], 6)
        with self.subTest("halts and refusals were among them"):
            self.assertLessEqual({"limit", "paused"}, set(report["ping"]["codes"]))
            self.assertLessEqual({"balance", "limit"}, set(report["tip"]["codes"]))
        with self.subTest("the money is the same everywhere, and on chain"):
            self.assertEqual(report["spent"], report["charged"])
            verified = paytick.await_settled()
            self.assertTrue(verified["agree"] and verified["chainChecked"] and verified["databaseChecked"])
            self.assertEqual((verified["charged"], verified["settled"]), (report["charged"], report["charged"]))
            self.assertEqual(verified["creditsPaid"], report["acknowledged"]["purchases"])
        print(f"{report['ping']['done']} pings paid, p99 {report['ping']['p99Us'] // 1000} ms; "
              f"{sum(report[deed]['done'] for deed in AT_LEAST)} deeds; settled after {report['settledAfterMs'] / 1000} s", flush=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
