"""`paytick topics` against a real broker: what it says, makes and refuses."""
import json
import os
import pathlib
import subprocess
import unittest

from running_kafka import Kafka

PAYTICK = os.environ.get("PAYTICK", str(pathlib.Path(__file__).resolve().parents[2] / "build/release/paytick"))
TOPICS = ["catalog", "heartbeats", "heartbeats-in", "refusals", "replies", "settlements", "snapshots", "ticks"]


class Topics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = Kafka().start()

    @classmethod
    def tearDownClass(cls):
        cls.kafka.remove()

    def setUp(self):
        self.config = self.kafka.folder / f"{self._testMethodName}.toml"
        self.prefix = self._testMethodName
        self.configure("replication = 1\nmin_insync = 1\n")

    def configure(self, topics):
        self.config.write_text(f'[log]\npartitions = 2\n[kafka]\nbootstrap = "{self.kafka.bootstrap}"\n'
                               f'prefix = "{self.prefix}"\n[topics]\n{topics}')

    def topics(self, *words):
        return subprocess.run([PAYTICK, "topics", *words, "--config", self.config], capture_output=True, text=True,
                              timeout=60)

    def expect(self, code, *words):
        told = self.topics(*words)
        self.assertEqual(told.returncode, code, told.stdout + told.stderr)
        return told.stdout + told.stderr

    def test_plans_makes_and_then_has_nothing_to_do(self):
        planned = self.expect(3, "plan")
        for topic in TOPICS:
            self.assertIn(f"{self.prefix}.{topic} is to be made: 2 partitions, 1 replicas", planned)
        self.assertIn(".heartbeats is to be made", self.expect(1, "check"))
        self.assertIn("Done.", self.expect(0, "apply"))
        self.assertEqual(self.expect(0, "apply"), "Nothing to do.\n")
        self.assertEqual(self.expect(0, "plan"), "Nothing to do.\n")
        self.assertEqual(self.expect(0, "check"), "Topics are as they have to be.\n")

    def test_tells_in_json_what_breaks_a_promise_and_who_mends_it(self):
        self.expect(0, "apply")
        self.configure("replication = 3\nmin_insync = 2\nkeep_refusals_days = 10\n")
        changes = json.loads(self.expect(3, "plan", "--json"))["changes"]
        ticks = [c for c in changes if c["subject"] == f"{self.prefix}.ticks" and c["what"] == "replication"][0]
        self.assertEqual((ticks["from"], ticks["to"]), ("1", "3"))
        self.assertEqual((ticks["verdict"], ticks["mend"]), ("breaks", "by_hand"))
        self.assertIn("kafka-reassign-partitions.sh", ticks["how"])
        kept = [c for c in changes if c["what"] == "retention.ms"]
        self.assertEqual([(c["subject"], c["verdict"], c["mend"]) for c in kept],
                         [(f"{self.prefix}.refusals", "wanted", "apply")])
        broken = json.loads(self.expect(1, "check", "--json"))["changes"]
        self.assertEqual({c["verdict"] for c in broken}, {"breaks"})

    def test_says_what_is_wrong_with_the_configuration_and_who_does_not_answer(self):
        self.configure("replication = 3\nmin_insync = 1\n")
        self.assertIn("topics.min_insync", self.expect(2, "plan"))
        self.configure("replication = 1\nmin_insync = 1\n[topics.principals]\ningest = \"ingest\"\n")
        self.assertIn("topics.principals.ingest", self.expect(2, "apply"))
        self.config.write_text('[kafka]\nbootstrap = "127.0.0.1:1"\nrequest_timeout_ms = 500\n[topics]\n'
                               "replication = 1\nmin_insync = 1\n")
        self.assertIn("broker_unreachable", self.expect(1, "check"))
        self.expect(2)


if __name__ == "__main__":
    unittest.main()
