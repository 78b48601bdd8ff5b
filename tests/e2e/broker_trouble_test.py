"""A broker that is slow, out of disk, or has lost a topic, below roles that run: the log says what and what to do, readiness
is false, players and platforms are told to try again, and nothing that was acknowledged is lost or billed twice."""
import json
import os
import subprocess
import time
import unittest

from bill_oracle import committed_records
from judged_load import JudgedLoad
from player import Player
from running_roles import PAYTICK, Process, Roles

SEED = int(os.environ.get("PAYTICK_TEST_SEED", "1"))
METERS, LOADS = 8, 2
PATIENCE_S = 60
# Asked once a second, an answer is waited for two seconds, a topic's absence is looked at twice (docs/kafka.md);
# and what a busy machine adds.
NOTICED_S = 15


class BrokerTrouble(unittest.TestCase):
    def roles(self, **options):
        roles = Roles(**options)
        self.addCleanup(roles.remove)
        return roles

    def await_refusal(self, player):
        """Within its patience a player is told to try again."""
        def told():
            answer = player.ping()
            return answer if answer["type"] == "error" else None
        answer = player.paytick.wait_for("a refusal", told, NOTICED_S)
        self.assertEqual(answer["code"], "try_again", answer)

    def await_tick(self, roles, player):
        def told():
            answer = player.ping()
            if answer["type"] == "tick":
                return answer
            self.assertEqual(answer["code"], "try_again", answer)
            return time.sleep(0.2)
        player.connect()  # one that does not read cannot answer the gateway's keepalive, and is taken for gone
        return roles.wait_for("a tick", told)

    def await_trouble(self, processes, code, words=""):
        """Readiness is false, metrics and the log say so, and why."""
        for process in processes:
            def seen(process=process):
                status, body = process.readyz()
                return status == 503 and body["parts"]["log"].startswith(code + ":")
            process.roles.wait_for(f"{code} of {process.name}", seen, NOTICED_S)
            self.assertIn(words, process.readyz()[1]["parts"]["log"])
            self.assertEqual(process.metric("paytick_ready"), 0)
            process.await_log(rf" log: .*\({code}\)")

    def await_well(self, processes):
        for process in processes:
            process.await_ready()
            process.await_log(" log: goes on")

    # ---- slow, and full

    def test_slow_and_then_out_of_disk(self):
        roles = self.roles(proxied=True, disk_mb=256).start(behind_proxy=("ingest", "aggregate"))
        load = JudgedLoad(roles, METERS, LOADS, SEED)
        self.addCleanup(load.give_up)
        player = Player(roles, roles.content())
        load.begin()
        self.assertEqual(player.ping()["type"], "tick")
        pids = [process.process.pid for process in roles.processes]
        self.slow(roles, load, player)
        self.out_of_disk(roles, load, player)
        player.close()
        self.assertEqual([process.process.pid for process in roles.processes], pids, "nobody was started again")
        bill = load.judge(self, PATIENCE_S, besides=[player.content])
        self.assertEqual(bill.ignored, 0)

    def progress(self, roles, load, count=50):
        goal = load.acknowledged() + count
        roles.wait_for("heartbeats that are acknowledged", lambda: load.check() or load.acknowledged() >= goal)

    def slow(self, roles, load, player):
        """Seconds for each answer, more than a request may take: for two roles, while the others are well."""
        self.progress(roles, load)
        slowed = roles.of("ingest") + roles.of("aggregate")
        begin, repeated = time.monotonic(), load.repeated()
        roles.kafka.proxy.delay(4)
        self.await_trouble(slowed, "broker_slow", "Look at their disks, their load and the network")
        print(f"slow: noticed within {time.monotonic() - begin:.1f} s", flush=True)
        self.await_refusal(player)
        roles.wait_for("lines that are told to come again", lambda: load.repeated() > repeated)
        for name in ("settle", "project"):
            self.assertEqual(roles.of(name)[0].readyz()[0], 200, name)
        begin = time.monotonic()
        roles.kafka.proxy.delay(0)
        self.await_well(slowed)
        print(f"fast again: ready within {time.monotonic() - begin:.1f} s", flush=True)
        self.await_tick(roles, player)
        self.progress(roles, load)

    def out_of_disk(self, roles, load, player):
        """The disk fills up under load; Kafka ends, because it has no other."""
        begin, repeated = time.monotonic(), load.repeated()
        roles.kafka.fill_disk()
        roles.kafka.process.wait(PATIENCE_S)
        self.await_trouble(roles.processes, "broker_unreachable", "It goes on by itself")
        print(f"out of disk: noticed within {time.monotonic() - begin:.1f} s", flush=True)
        self.await_refusal(player)
        roles.wait_for("lines that are told to come again", lambda: load.repeated() > repeated)
        begin = time.monotonic()
        roles.kafka.free_disk()
        roles.kafka.start()
        self.await_well(roles.processes)
        print(f"with room again: ready within {time.monotonic() - begin:.1f} s", flush=True)
        self.await_tick(roles, player)
        self.progress(roles, load)

    # ---- a topic that is lost

    def test_ticks_is_lost(self):
        self.lose("paytick.ticks", r"ticks, partition \d+: its (frames reach input 0, but aggregators stand at|first frame begins at)")

    def test_heartbeats_is_lost(self):
        self.lose("paytick.heartbeats", r"heartbeats, partition \d+: it ends at \d+, but ticks has folded it up to")

    def lose(self, topic, refusal):
        roles = self.roles().start()
        player = Player(roles, roles.content())
        self.assertEqual(player.ping()["type"], "tick")
        aggregate, = roles.of("aggregate")
        # Every partition has something to lose.
        roles.wait_for("every partition's frames", lambda: roles.of("project")[0].metric("paytick_projection_records_total") > 12)
        begin = time.monotonic()
        roles.kafka.delete_topic(topic)
        self.await_trouble(roles.processes, "topic_lost", f"the topic {topic} is gone")
        print(f"lost: noticed within {time.monotonic() - begin:.1f} s", flush=True)
        self.assertIn("bring it back from a copy", aggregate.log())
        self.refuses(roles, player)
        # Nobody makes it anew by himself, and an operator is told not to.
        self.assertNotIn(f'"{topic}"', self.listed(roles))
        for command in ("check", "apply"):
            done = self.topics(roles, command)
            self.assertEqual(done.returncode, 1, command)
            self.assertIn("other topics hold records: this one was lost", done.stdout + done.stderr)
        late = [Process(roles, name, "late") for name in ("ingest", "aggregate")]
        self.refuse_to_start(late, rf"there is no topic {topic}.*`paytick topics check`.*\(topic_missing\)")

        roles.kafka.create_topic(topic, 4)  # who does so all the same
        self.await_trouble(roles.processes, "topic_replaced", f"{topic} is not the topic that it was")
        self.refuses(roles, player)
        player.socket.shutdown()
        for process in roles.processes:
            process.kill()
        self.assertEqual(self.topics(roles, "apply").returncode, 0)
        self.refuse_to_start([process.start() for process in roles.processes], refusal + r".*\(records_lost\)")
        # What was under way may have found its way onto the new topic; nobody has begun to bill on it.
        billed = [value for _, _, value in committed_records(roles.kafka.bootstrap, topic) if b'"fence"' in value]
        self.assertEqual(billed, [])

    def refuses(self, roles, player):
        self.await_refusal(player)
        now = int(time.time() * 1000)
        viewer = roles.dev["viewer"]
        status, body = roles.post("/v1/heartbeats", json.dumps(
            {"type": "open", "session": f"s{now}", "attachment": "a", "viewer": viewer["publicKey"], "meter": viewer["meter"],
             "content": player.content, "at": now}) + "\n")
        told = json.loads(body.splitlines()[0])
        self.assertTrue(status == 503 or told["code"] == "try_again", body)

    @staticmethod
    def listed(roles):
        return subprocess.run(["kcat", "-L", "-J", "-b", roles.kafka.bootstrap], capture_output=True, text=True, timeout=60).stdout

    @staticmethod
    def topics(roles, command):
        return subprocess.run([PAYTICK, "topics", command, "--config", roles.config], capture_output=True, text=True, timeout=60)

    def refuse_to_start(self, processes, why):
        for process in processes:
            self.addCleanup(process.kill)
            self.assertEqual(process.process.wait(PATIENCE_S), 1, process.log())
            self.assertRegex(process.log(), why)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
