"""The roles as processes of their own over a real broker, several of each."""
import json
import time
import unittest

import websocket

from machine_watch import undisturbed
from player import Player
from running_roles import Process, Roles

BEATS = 12


class RolesTest(unittest.TestCase):
    def roles(self, **options):
        roles = Roles(**options)
        self.addCleanup(roles.remove)
        return roles

    def line(self, roles, session, start, seq=None, content=None):
        names = {"session": session, "attachment": session}
        if seq is None:
            viewer = roles.dev["viewer"]
            return {"type": "open", "viewer": viewer["publicKey"], "meter": viewer["meter"], "content": content,
                    "at": start} | names
        return {"type": "heartbeat", "seq": seq, "at": start + seq * 1000} | names

    def post(self, roles, lines):
        """Until all of it was accepted."""
        body = "".join(json.dumps(line) + "\n" for line in lines)

        def accepted():
            status, answer = roles.post("/v1/heartbeats", body)
            return status == 200 and all(json.loads(a)["status"] == "accepted" for a in answer.splitlines())
        roles.wait_for("acceptance", accepted)

    def bill(self, roles, content):
        return sum(item["ticks"] for item in roles.history(roles.dev["viewer"]["meter"])
                   if item["kind"] == "session" and item["content"] == content)

    def await_bill(self, roles, content, ticks):
        roles.wait_for(f"{ticks} ticks in the history", lambda: self.bill(roles, content) == ticks)

    def test_the_story_and_an_end_in_order(self):
        roles, played = undisturbed(lambda: self.roles().start(), lambda roles: roles.run("play"))
        self.assertEqual(played.returncode, 0, played.stdout + played.stderr + roles.log())
        self.assertIn("on the socket       4.8800000 XLM left", played.stdout)
        self.assertIn("with the creator    0.1200000 XLM more than before", played.stdout)
        self.assertIn("in PostgreSQL       12 ticks, 0.1200000 XLM", played.stdout)
        report = roles.await_settled()
        self.assertEqual((report["charged"], report["settled"], report["ticks"]), ("0.1200000", "0.1200000", 12))
        self.assertTrue(report["databaseChecked"] and report["chainChecked"])
        replayed = roles.run("replay")
        self.assertEqual(replayed.returncode, 0, replayed.stderr)
        self.assertGreater(roles.of("ingest")[0].metric("paytick_gateway_replies_total"), 11)

        # SIGTERM: sockets are told to come back, what is acknowledged is written, partitions are given back.
        player = Player(roles, roles.content())
        self.assertEqual(player.ping()["type"], "tick")
        ingest, = roles.of("ingest")
        self.assertEqual(ingest.stop(), 0, ingest.log())
        frame = player.socket.recv_frame()
        self.assertEqual((frame.opcode, int.from_bytes(frame.data[:2], "big")), (websocket.ABNF.OPCODE_CLOSE, 1001))
        for name, words in [("aggregate", "aggregator: gave back partitions 0, 1, 2, 3"),
                            ("settle", "settler: gave back partitions 0, 1, 2, 3"),
                            ("project", "projection: gave back partitions 0, 1, 2, 3")]:
            process, = roles.of(name)
            self.assertEqual(process.stop(), 0, process.log())
            self.assertIn(words, process.log())
            self.assertIn(f"{name}: ended", process.log())

    def test_two_of_each_share_the_work_and_take_over(self):
        roles = self.roles().start(ingest=2, aggregate=2, settle=2, project=2)
        first, second = roles.of("ingest")
        content = roles.content()
        roles.wait_for("the content at both gateways", lambda: self.knows(roles, second, content))
        players = []
        for gateway in (first, second):
            roles.use(gateway)
            players.append(Player(roles, content))
        # The answer finds the gateway that holds the socket.
        self.assertEqual([player.ping()["type"] for player in players], ["tick", "tick"])
        aggregates = roles.of("aggregate")
        shares = [process.metrics().count("paytick_aggregator_lag_records{") for process in aggregates]
        roles.wait_for("fair shares", lambda: sorted(
            process.metrics().count("paytick_aggregator_lag_records{") for process in aggregates) == [2, 2])
        del shares
        # A token of one gateway continues the session at another.
        token = players[0].resume_token
        players[0].close()
        roles.use(second)
        again = Player(roles, content)
        self.assertEqual(again.ping(resumeToken=token)["type"], "tick")
        again.close()
        players[1].close()

        # Of each role one is killed: the other takes over.
        film = roles.content()
        start = int(time.time() * 1000) - 60_000
        self.post(roles, [self.line(roles, "s", start, content=film)])
        self.post(roles, [self.line(roles, "s", start, k) for k in range(BEATS // 2)])
        for name in ("aggregate", "settle", "project"):
            roles.of(name)[0].kill()
        self.post(roles, [self.line(roles, "s", start, k) for k in range(BEATS)])
        self.await_bill(roles, film, BEATS)
        for name in ("aggregate", "settle", "project"):
            survivor = roles.of(name)[1]
            roles.wait_for(f"{name} with all partitions",
                           lambda survivor=survivor: survivor.log().count("akes over partitions") >= 2)
        report = roles.await_settled()
        self.assertTrue(report["databaseChecked"] and report["chainChecked"])

    def knows(self, roles, gateway, content):
        roles.use(gateway)
        return roles.get(f"/api/content/{content}")[0] == 200

    def test_what_an_outage_held_up_is_billed_as_without_it(self):
        roles = self.roles().start()
        aggregate, = roles.of("aggregate")
        undisturbed, disturbed = roles.content(tickMs=100, pricePerTick=10, heartbeatMs=100), \
            roles.content(tickMs=100, pricePerTick=10, heartbeatMs=100)
        sessions = 400
        start = int(time.time() * 1000) - 60_000

        def play(content, name):
            opens = [self.line(roles, f"{name}-{i}", start + i, content=content) for i in range(sessions)]
            self.post(roles, opens)
            for k in range(BEATS):
                lines = [self.line(roles, f"{name}-{i}", start + i) | {"type": "heartbeat", "seq": k, "at": start + i + k * 100 + 50}
                         for i in range(sessions)]
                self.post(roles, [{m: v for m, v in line.items() if m in ("type", "session", "attachment", "seq", "at")}
                                  for line in lines])
        play(undisturbed, "u")
        self.await_bill(roles, undisturbed, sessions * BEATS)

        self.assertEqual(aggregate.stop(), 0)
        play(disturbed, "d")  # the gateway takes it, and says so
        self.assertEqual(self.bill(roles, disturbed), 0)
        aggregate.start()
        aggregate.await_log("stands at input")
        self.await_bill(roles, disturbed, sessions * BEATS)
        roles.wait_for("no lag", lambda: aggregate.metric("paytick_aggregator_lag_records") < 10)
        self.assertGreaterEqual(aggregate.metric("paytick_fold_ticks_total"), sessions * BEATS)
        report = roles.await_settled()
        self.assertEqual(report["charged"], f"{2 * sessions * BEATS * 10 / 10_000_000:.7f}")

    def test_a_broker_that_is_away_is_told_and_waited_for(self):
        roles = self.roles().start()
        content = roles.content()
        player = Player(roles, content)
        self.assertEqual(player.ping()["type"], "tick")
        roles.kafka.kill()
        roles.wait_for("not ready", lambda: all(p.readyz()[0] == 503 for p in roles.processes))
        for process in roles.processes:
            body = process.readyz()[1]
            self.assertRegex(body["parts"]["log"], "broker_unreachable|log_busy|in_doubt", process.name)
        answer = player.ping()
        self.assertEqual((answer["type"], answer["code"]), ("error", "try_again"), answer)
        status, body = roles.post("/v1/heartbeats", json.dumps(self.line(roles, "s", int(time.time() * 1000), content=content)) + "\n")
        told = json.loads(body.splitlines()[0])
        self.assertTrue(status == 503 or told["code"] == "try_again", body)
        roles.kafka.start()
        for process in roles.processes:
            process.await_ready()
        player.connect()  # one that does not read cannot answer the gateway's keepalive, and is taken for gone
        self.assertEqual(roles.wait_for("an answer", lambda: self.tick(player))["type"], "tick")
        player.close()
        report = roles.await_settled()
        self.assertTrue(report["databaseChecked"] and report["chainChecked"])
        # Also one that starts meanwhile waits.
        roles.kafka.kill()
        late = Process(roles, "project", "late")
        roles.processes.append(late)
        self.assertEqual(late.readyz()[0], 503)
        late.await_log("broker_unreachable")
        roles.kafka.start()
        late.await_ready()

    @staticmethod
    def tick(player):
        answer = player.ping()
        return answer if answer["type"] == "tick" else time.sleep(0.2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
