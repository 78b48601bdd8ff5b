"""`paytick load` against a running system: what it says agrees with what the log, the fold and the chain hold."""
import json
import unittest

from running_paytick import Paytick


class LoadTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.paytick = Paytick()
        cls.addClassCleanup(cls.paytick.remove)
        cls.paytick.start()

    def load(self, *options, code=0):
        ran = self.paytick.run("load", "--json", *options)
        self.assertEqual(ran.returncode, code, ran.stdout + ran.stderr + self.paytick.log())
        return json.loads(ran.stdout) if code == 0 else ran.stderr

    def assert_verified(self):
        verified = self.paytick.run("verify", "--json")
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr + self.paytick.log())

    def test_platform_and_players_are_billed_for_what_was_accepted(self):
        with self.subTest("a platform's batches, some lines twice, some late"):
            report = self.load("--over", "http", "--fund", "--viewers", "50", "--rate", "500", "--tick-ms", "100",
                               "--for", "3s", "--batch", "20", "--duplicates", "0.2", "--shuffle", "0.2")
            self.assertGreater(report["sent"], 1600)
            self.assertEqual((report["accepted"], report["expectedTicks"]), (report["sent"], 1500))
            self.assertEqual(report["billedTicks"], 1500)
            self.assert_verified()
        with self.subTest("players"):
            report = self.load("--viewers", "50", "--rate", "250", "--for", "3s", "--threads", "2")
            self.assertEqual((report["sent"], report["accepted"]), (750, 750))
            self.assertEqual(report["billedTicks"], report["expectedTicks"])
            self.assertGreater(report["answerUs"]["p50"], 0)
            self.assert_verified()
        with self.subTest("players of several processes, as fast as they are answered"):
            report = self.load("--viewers", "50", "--flat-out", "--for", "2s", "--processes", "3")
            self.assertEqual((report["processes"], report["refused"], report["lost"]), (3, 0, 0))
            self.assertEqual(report["sent"], report["accepted"])
            self.assertGreater(report["sent"], 50)
            self.assertEqual(report["billedTicks"], report["expectedTicks"])
            self.assertGreater(report["answersPerGatewayCpuSecond"], 0)
            self.assert_verified()

    def test_wrong_options_are_told(self):
        self.assertIn("fund_needed", self.load("--over", "http", "--viewers", "100000", code=1))
        self.assertIn("too_many_sockets", self.load("--viewers", "9000000", "--processes", "1", code=2))
        self.assertIn("bad_duration", self.load("--for", "soon", code=2))
        self.assertIn("too_fast", self.load("--viewers", "1", "--rate", "51", code=2))


if __name__ == "__main__":
    unittest.main(verbosity=2)
