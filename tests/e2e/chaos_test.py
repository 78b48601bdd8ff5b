"""Aggregators that are killed, stopped, fenced and rebalanced, and a broker that is killed, under a steady load over Kafka:
what was acknowledged is what was billed, to the stroop. bill_oracle.py is the judge; it shares no code with the fold.
"""
import os
import random
import re
import time
import unittest

from judged_load import JudgedLoad
from kafka_proxy import END_TXN
from running_roles import TRANSACTION_TIMEOUT_S, Process, Roles

SEED = int(os.environ.get("PAYTICK_TEST_SEED", "1"))
KILLS = int(os.environ.get("PAYTICK_TEST_KILLS", "20"))
STOPS, REBALANCES, RESTARTS, DELAYS = 5, 10, 3, 1
PARTITIONS = 4
METERS = 16
LOADS = 4
PATIENCE_S = 90


class ChaosTest(unittest.TestCase):
    def setUp(self):
        print(f"seed {SEED}", flush=True)
        self.moments = random.Random(SEED)
        self.roles = Roles(proxied=True)
        self.addCleanup(self.roles.remove)
        self.roles.start(aggregate=0)
        # One is a static member of its group, which keeps its partitions over a restart; the other one joins anew, and
        # reaches the broker through the proxy.
        self.aggregates = [self.aggregator("0", PAYTICK_KAFKA_INSTANCE_ID="aggregate-0"),
                           self.aggregator("1", PAYTICK_KAFKA_BOOTSTRAP=self.roles.kafka.proxied_bootstrap)]
        for process in self.aggregates:
            process.await_ready()
        self.load = JudgedLoad(self.roles, METERS, LOADS, SEED)  # of viewers in every partition
        self.addCleanup(self.load.give_up)

    def aggregator(self, instance, **environment):
        process = Process(self.roles, "aggregate", instance, **environment)
        self.roles.processes.append(process)
        return process

    def positions(self):
        """By partition, how far those that answer have folded and committed."""
        found = dict.fromkeys(range(PARTITIONS), 0)
        for process in self.roles.of("aggregate"):
            for partition, position in self.series(process, "paytick_aggregator_position").items():
                found[partition] = max(found[partition], position)
        return found

    @staticmethod
    def series(process, name):
        """Partition -> value; nothing from one that does not answer."""
        if process.stopped or process.process.poll() is not None:
            return {}
        try:
            page = process.metrics()
        except OSError:
            return {}
        return {int(partition): float(value) for partition, value in
                re.findall(rf'^{name}{{partition="(\d+)"}} (\S+)$', page, re.MULTILINE)}

    def running(self, process):
        return sum(self.series(process, "paytick_aggregator_partition_running").values())

    def await_progress(self, records=1):
        """Until every partition has committed so many records of input more."""
        self.load.check()
        self.reached = getattr(self, "reached", dict.fromkeys(range(PARTITIONS), 0))
        goal = {partition: at + records for partition, at in self.reached.items()}

        def passed():
            now = self.positions()
            self.reached = {p: max(at, now[p]) for p, at in self.reached.items()}
            return all(self.reached[p] >= goal[p] for p in goal)
        self.roles.wait_for("commits in every partition", passed, PATIENCE_S)

    def await_shares(self, *shares):
        self.roles.wait_for(f"{shares} partitions each", lambda: sorted(map(self.running, self.aggregates)) == sorted(shares),
                            PATIENCE_S)

    def test_what_was_acknowledged_is_what_was_billed(self):
        self.load.begin()
        self.await_progress()
        events = [self.kill] * KILLS + [self.stop_and_go_on] * STOPS + \
            [self.leave_and_join] * (REBALANCES // 2) + [self.restart_the_broker] * RESTARTS + \
            [self.delay_a_commit] * DELAYS
        self.moments.shuffle(events)
        for number, event in enumerate(events):
            self.await_progress(self.moments.randrange(1, 20))
            begin = time.monotonic()
            event()
            self.await_progress()
            print(f"{number + 1}: {event.__name__}, {time.monotonic() - begin:.1f} s", flush=True)
        bill = self.load.judge(self, PATIENCE_S)
        self.assertEqual(bill.ignored, 0, "a fenced owner has written")
        self.assertEqual({partition for partition, _ in bill.charged}, set(range(PARTITIONS)))

    def kill(self):
        process = self.moments.choice(self.aggregates)
        process.kill()
        process.start()

    def stop_and_go_on(self):
        """SIGSTOP in the middle of a transaction, for longer than one may take: the other one takes over, what the zombie
        had asked for is refused when it arrives, and it notices."""
        self.await_shares(2, 2)
        (other, zombie), proxy = self.aggregates, self.roles.kafka.proxy
        before = self.refused(zombie)
        proxy.hold_next(END_TXN)
        self.assertTrue(proxy.await_held(PATIENCE_S))
        zombie.pause()
        stopped = time.monotonic()
        self.roles.wait_for("all partitions at the other one", lambda: self.running(other) == PARTITIONS, PATIENCE_S)
        self.await_progress()
        self.roles.wait_for("the end of the zombie's transactions",
                            lambda: time.monotonic() - stopped > 1.2 * TRANSACTION_TIMEOUT_S)
        proxy.release()
        zombie.resume()
        self.roles.wait_for("the zombie to be fenced", lambda: self.refused(zombie) > before, PATIENCE_S)
        self.await_shares(2, 2)

    @staticmethod
    def refused(process):
        return process.metric("paytick_kafka_fenced_total") + process.metric("paytick_kafka_in_doubt_total")

    def leave_and_join(self):
        """Two rebalances."""
        leaving, staying = self.moments.sample(self.aggregates, 2)
        self.assertEqual(leaving.stop(), 0, leaving.log())
        self.roles.wait_for("all partitions at the other one", lambda: self.running(staying) == PARTITIONS, PATIENCE_S)
        self.await_progress()
        leaving.start()
        self.await_shares(2, 2)

    def restart_the_broker(self):
        self.roles.kafka.restart()

    def delay_a_commit(self):
        """The end of a transaction arrives when its owner has given it up and gone on."""
        self.await_shares(2, 2)
        owner, proxy = self.aggregates[1], self.roles.kafka.proxy
        before = owner.metric("paytick_kafka_in_doubt_total")
        proxy.hold_next(END_TXN)
        self.assertTrue(proxy.await_held(PATIENCE_S))
        self.roles.wait_for("a commit in doubt", lambda: owner.metric("paytick_kafka_in_doubt_total") > before, PATIENCE_S)
        self.await_progress()
        proxy.release()
        self.assertIn(proxy.held, ("answered", "lost"))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
