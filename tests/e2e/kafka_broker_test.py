"""That the broker of the Kafka tests keeps what it acknowledged, and that the proxy before it does what it says."""
import subprocess
import unittest

from kafka_proxy import PRODUCE
from running_kafka import Kafka


def produce(bootstrap, *values, timeout_ms=20000):
    told = subprocess.run(["kcat", "-P", "-b", bootstrap, "-t", "t", "-X", f"message.timeout.ms={timeout_ms}"],
                          input="\n".join(values), capture_output=True, text=True, timeout=60)
    return told.returncode == 0 and "Delivery failed" not in told.stderr


def consume(bootstrap):
    read = subprocess.run(["kcat", "-C", "-e", "-q", "-b", bootstrap, "-t", "t"], capture_output=True, text=True, timeout=60)
    return read.stdout.split()


class KafkaBroker(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = Kafka(settings={"auto.create.topics.enable": "true", "num.partitions": 1}, proxied=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.kafka.remove()

    def test_keeps_what_it_acknowledged(self):
        kafka = self.kafka
        bootstrap = kafka.bootstrap
        before = len(consume(bootstrap)) if produce(bootstrap, "a", "b") else None
        kafka.restart()
        self.assertEqual(kafka.bootstrap, bootstrap)
        self.assertEqual(len(consume(bootstrap)), before)
        kafka.stop()
        kafka.start()
        self.assertTrue(produce(bootstrap, "c"))
        self.assertEqual(len(consume(bootstrap)), before + 1)

    def test_ends_on_a_full_disk_and_starts_again(self):
        self.assertTrue(produce(self.kafka.bootstrap, "before"))
        self.kafka.fill_disk()
        self.assertFalse(produce(self.kafka.bootstrap, "refused", timeout_ms=1000))
        self.kafka.process.wait(30)
        self.kafka.start()
        self.assertIn("before", consume(self.kafka.bootstrap))

    def test_loses_a_topic(self):
        self.assertTrue(produce(self.kafka.bootstrap, "gone"))
        self.kafka.delete_topic("t")
        self.assertTrue(produce(self.kafka.bootstrap, "new"))
        self.assertEqual(consume(self.kafka.bootstrap), ["new"])

    def test_a_paused_broker_takes_nothing(self):
        self.kafka.pause()
        self.assertFalse(produce(self.kafka.bootstrap, "never", timeout_ms=500))
        self.kafka.resume()
        self.assertTrue(produce(self.kafka.bootstrap, "resumed"))
        self.assertIn("resumed", consume(self.kafka.bootstrap))

    def test_a_held_request_arrives_after_its_client_has_gone(self):
        kafka = self.kafka
        kafka.proxy.hold_next(PRODUCE)
        self.assertFalse(produce(kafka.proxied_bootstrap, "late", timeout_ms=1500))
        self.assertTrue(kafka.proxy.await_held())
        self.assertNotIn("late", consume(kafka.bootstrap))
        self.assertTrue(kafka.proxy.release())
        self.assertIn("late", consume(kafka.bootstrap))

    def test_an_answer_that_is_cut_leaves_its_request_done(self):
        kafka = self.kafka
        self.assertTrue(produce(kafka.bootstrap, "first"))  # makes the topic
        kafka.proxy.cut_after(PRODUCE)
        self.assertFalse(produce(kafka.proxied_bootstrap, "unanswered"))  # kcat gives up with its only broker
        self.assertIn("unanswered", consume(kafka.bootstrap))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
