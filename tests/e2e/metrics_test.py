"""What paytick says of itself on /metrics while it bills: everything that is documented, and the right numbers."""
import time
import unittest

from machine_watch import undisturbed
from metrics_page import check_page
from running_paytick import Paytick


class MetricsTest(unittest.TestCase):
    def fresh(self):
        paytick = Paytick()
        self.addCleanup(paytick.remove)
        return paytick.start()

    def metric(self, name):
        return self.paytick.metric(name)

    def await_metric(self, name, value, patience_s=60):
        deadline = time.monotonic() + patience_s
        while self.metric(name) != value:
            self.assertLess(time.monotonic(), deadline, f"{name} is {self.metric(name)}, not {value}")
            time.sleep(0.05)

    def await_same(self, one, other):
        """Two counts of the same events, of one page: one of them may be ahead while the page is written."""
        deadline = time.monotonic() + 10
        while True:
            page = self.paytick.get("/metrics")[1]
            found = self.paytick.metric(one, page), self.paytick.metric(other, page)
            if found[0] == found[1] is not None:
                return
            self.assertLess(time.monotonic(), deadline, f"{one} is {found[0]}, {other} is {found[1]}")

    def test_the_page_is_as_documented_and_counts_what_happened(self):
        self.paytick, played = undisturbed(self.fresh, lambda paytick: paytick.run("play"))
        self.assertEqual(played.returncode, 0, played.stdout + played.stderr + self.paytick.log())
        self.paytick.await_settled()
        self.await_metric("paytick_settler_settled_units", 1_200_000)
        self.await_metric("paytick_gateway_sockets", 0)
        check_page(self, self.paytick.get("/metrics")[1], "up")

        self.assertEqual(self.metric("paytick_fold_ticks_total"), 12)
        self.assertEqual(self.metric("paytick_settler_due_units"), 1_200_000)
        self.assertEqual(self.metric("paytick_ready"), 1)
        self.assertEqual(self.metric("paytick_log_partitions"), 4)
        self.assertEqual(self.metric("paytick_aggregator_partition_running"), 4)
        self.assertEqual(self.metric("paytick_aggregator_partition_failed"), 0)
        self.await_same("paytick_log_commits_total", "paytick_log_commit_seconds_count")
        self.assertEqual(self.metric("paytick_gateway_sockets_opened_total"), 1)
        for nothing in ("refused_visits", "handshakes_given_way", "freezes"):
            self.assertEqual(self.metric(f"paytick_gateway_{nothing}_total"), 0, nothing)
        # Every answer was counted and timed; what the player sent and got has passed.
        paid = self.metric("paytick_gateway_answer_seconds_count")
        self.assertEqual(paid, 12)
        self.assertGreater(self.metric("paytick_gateway_received_bytes_total"), 12 * 80)
        self.assertGreater(self.metric("paytick_gateway_sent_bytes_total"), 12 * 80)
        self.assertGreaterEqual(self.metric("paytick_settler_confirm_seconds_count"), 1)
        self.await_same("paytick_projection_transaction_seconds_count", "paytick_projection_transactions_total")
        self.assertGreater(self.metric("paytick_aggregator_step_seconds_count"), 0)
        # A clock line comes every second, so the state is hardly older.
        self.assertLess(self.metric("paytick_aggregator_behind_seconds"), 4 * 5)
        self.await_metric("paytick_aggregator_lag_records", 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
