"""Bad input gets a clear error with a stable code, and neither ends the process nor costs a good player anything."""
import json
import time
import unittest

import websocket

from player import Player
from running_paytick import Paytick

FOREIGN = "CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD2KM"  # a contract that is no meter of ours


class BadInputTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.paytick = Paytick()
        cls.addClassCleanup(cls.paytick.remove)
        cls.paytick.start()
        cls.content = cls.paytick.content()
        cls.closed = cls.paytick.content()
        status, body = cls.paytick.post(f"/api/content/{cls.closed}/close", "")
        assert status == 200, body

    def line(self, **fields):
        dev, now = self.paytick.dev, int(time.time() * 1000)
        good = {"type": "open", "session": "s", "attachment": "a", "viewer": dev["viewer"]["publicKey"],
                "meter": dev["viewer"]["meter"], "content": self.content, "at": now} | fields
        return json.dumps({name: value for name, value in good.items() if value is not None})

    def beat(self, **fields):
        return json.dumps({"type": "heartbeat", "session": "good", "attachment": "good", "seq": 1,
                           "at": int(time.time() * 1000)} | fields)

    def test_lines_of_a_batch(self):
        now = int(time.time() * 1000)
        film = self.paytick.content()
        good = self.line(session="good", attachment="good", content=film)
        table = {
            "unknown content": (self.line(content="AAAAAAAAAAAAAAAAAAAAAA"), "unknown_content"),
            "closed content": (self.line(content=self.closed), "content_closed"),
            "unknown contract": (self.line(meter=FOREIGN), "unknown_contract"),
            "foreign contract": (self.line(viewer=self.paytick.dev["creator"]["publicKey"]), "foreign_contract"),
            "not JSON": ("{what", "malformed_json"),
            "an array": ("[1,2]", "malformed_json"),
            "two objects": (good + good, "malformed_json"),
            "nested deeply": (f'{{"type":"open","x":{"[" * 200}{"]" * 200}}}', "too_deep"),
            "unknown type": (self.line(type="gift"), "unknown_type"),
            "no type": (self.line(type=None), "missing_field"),
            "no session": (self.line(session=None), "missing_field"),
            "a number for a name": (self.line(session=7), "bad_field"),
            "a name too long": (self.line(session="x" * 129), "bad_field"),
            "NaN": (good.replace(str(json.loads(good)["at"]), "NaN"), "malformed_json"),
            "a huge number": (good.replace(str(json.loads(good)["at"]), "1" + "0" * 400), "malformed_json"),
            "a number above 64 bits": (good.replace(str(json.loads(good)["at"]), "1" + "0" * 20), "bad_field"),
            "a fraction": (good.replace(str(json.loads(good)["at"]), "1.5"), "bad_field"),
            "negative time": (self.line(at=-1), "bad_time"),
            "far future": (self.line(at=now + 3_600_000), "bad_time"),
            "a text for a time": (self.line(at="now"), "bad_field"),
            "a negative number": (self.beat(seq=-1), "bad_field"),
            "a line too long": (self.line(session="x" * 5_000), "too_large"),
            "a lone surrogate": ('{"type":"open","session":"\\ud800"}', "malformed_json"),
            "invalid UTF-8": (b'{"type":"open","session":"\xff\xfe"}', "bad_utf8"),
            "unknown session": (self.beat(session="nobody", attachment="nobody"), "unknown_session"),
        }
        lines = [good, *(line for line, _ in table.values()), self.beat()]
        lines = [line if isinstance(line, bytes) else line.encode() for line in lines]
        status, body = self.paytick.post("/v1/heartbeats", b"\n".join(lines) + b"\n")
        self.assertEqual(status, 200, body)
        answers = [json.loads(line) for line in body.splitlines()]
        self.assertEqual([answer["line"] for answer in answers], list(range(1, len(lines) + 1)))
        for (name, (_, code)), answer in zip(table.items(), answers[1:-1]):
            with self.subTest(name):
                self.assertEqual((answer["status"], answer.get("code")), ("refused", code), answer)
                self.assertGreater(len(answer["message"]), 10)
        self.assertEqual((answers[0]["status"], answers[-1]["status"]), ("accepted", "accepted"), answers)
        self.paytick.await_settled()
        self.assertEqual(self.ticks(film), [1], "the good lines between the bad ones are billed, nothing else is")

    def ticks(self, content):
        """What each session of the content was billed."""
        return [item["ticks"] for item in self.paytick.history(self.paytick.dev["viewer"]["meter"])
                if item.get("content") == content]

    def test_what_comes_too_late_is_on_record_and_bills_nothing(self):
        film = self.paytick.content()
        names = {"session": "late", "attachment": "late"}
        lines = [self.line(content=film, **names), self.beat(**names),
                 self.beat(**names | {"at": int(time.time() * 1000) - 3_600_000})]
        status, body = self.paytick.post("/v1/heartbeats", "\n".join(lines) + "\n")
        self.assertEqual([json.loads(line)["status"] for line in body.splitlines()], ["accepted"] * 3, body)
        self.paytick.await_settled()
        self.assertIn("paytick_fold_late_total 1", self.paytick.get("/metrics")[1].splitlines())
        self.assertEqual(self.ticks(film), [1])

    def test_requests(self):
        dev = self.paytick.dev
        self.assertEqual(self.paytick.post("/v1/heartbeats", "{}", key="wrong")[0], 401)
        table = {
            "no such path": (self.paytick.get("/nothing"), 404, "not_found"),
            "no such content": (self.paytick.get("/api/content/AAAAAAAAAAAAAAAAAAAAAA"), 404, "unknown_content"),
            "no such method": (self.paytick.post("/api/account/history", ""), 405, "method_not_allowed"),
            "no meter": (self.paytick.get("/api/account/history"), 400, "bad_meter"),
            "a limit that is none": (self.paytick.get("/api/account/history?limit=x&meter=" + dev["viewer"]["meter"]), 400, "bad_limit"),
            "a cursor that is none": (self.paytick.get("/api/account/history?cursor=x&meter=" + dev["viewer"]["meter"]), 400, "bad_cursor"),
            "no wallet": (self.paytick.get("/api/creators/nobody/earnings"), 400, "bad_wallet"),
            "a plan out of range": (self.paytick.post("/api/content", json.dumps({
                "title": "x", "creator": "c", "description": "", "thumbnailUrl": "", "duration": 1,
                "creatorWallet": dev["creator"]["publicKey"], "plan": {
                    "tickMs": 1, "pricePerTick": 1, "heartbeatMs": 1, "minimumTicks": 1, "platformBps": 0,
                    "refundUnused": True}})), 422, "invalid_plan"),
            "a body too large": (self.paytick.post("/api/content", "x" * 2_000_000), 413, "too_large"),
            "a batch too large": (self.paytick.post("/v1/heartbeats", "x" * (9 << 20)), 413, "too_large"),
            "content that is not UTF-8": (self.paytick.post("/api/content", b'{"title":"\xff"}'), 400, "bad_utf8"),
        }
        for name, ((status, body), wanted, code) in table.items():
            with self.subTest(name):
                self.assertEqual((status, json.loads(body)["error"]["code"]), (wanted, code))

    def test_messages_of_a_socket(self):
        meter = self.paytick.dev["viewer"]["meter"]
        film = self.paytick.content()
        good = Player(self.paytick, film)
        self.assertEqual(good.ping()["type"], "tick")

        def ping(**fields):
            return json.dumps({"type": "ping", "videoId": film, "contractId": meter} | fields)
        table = {
            "not JSON": ("{what", "malformed_json"),
            "NaN": (ping()[:-1] + ',"seq":NaN}', "malformed_json"),
            "nested deeply": (f'{{"type":"ping","x":{"[" * 200}{"]" * 200}}}', "too_deep"),
            "unknown type": (ping(type="pong"), "unknown_type"),
            "unknown content": (ping(videoId="AAAAAAAAAAAAAAAAAAAAAA"), "unknown_content"),
            "closed content": (ping(videoId=self.closed), "content_closed"),
            "unknown contract": (ping(contractId=FOREIGN), "unknown_contract"),
            "another price": (ping(planId="AAAAAAAAAAAAAAAAAAAAAA"), "price_changed"),
            "another's token": (ping(resumeToken="x" * 43), "bad_resume_token"),
            "a number for an id": (ping(videoId=7), "bad_field"),
            "a huge number": (ping()[:-1] + ',"seq":1' + "0" * 400 + "}", "malformed_json"),
            "a number above 64 bits": (ping(seq=10**20), "bad_field"),
            "a negative number": (ping(seq=-1), "bad_field"),
            "a long message": (ping(x="x" * 20_000), "too_large"),
            "nothing": ("", "malformed_json"),
        }
        for name, (message, code) in table.items():
            with self.subTest(name):
                player = Player(self.paytick, film)
                player.socket.send(message)
                answer = player.receive()
                self.assertEqual((answer["type"], answer.get("code")), ("error", code), answer)
                player.close()
        with self.subTest("a binary frame"):
            player = Player(self.paytick, film)
            player.socket.send(b"{}", websocket.ABNF.OPCODE_BINARY)
            self.assertEqual(player.receive()["code"], "not_text")
            player.close()
        # What breaks the protocol of sockets itself is answered in its terms, and ends that socket alone.
        for name, payload, code in [("invalid UTF-8", b"\xff\xfe{", 1007), ("far too long", b"x" * 100_000, 1009)]:
            with self.subTest(name):
                player = Player(self.paytick, film)
                player.socket.send(payload, websocket.ABNF.OPCODE_TEXT)
                frame = player.socket.recv_frame()
                self.assertEqual((frame.opcode, int.from_bytes(frame.data[:2], "big")), (websocket.ABNF.OPCODE_CLOSE, code))
                player.socket.shutdown()
        self.assertEqual(good.ping()["type"], "tick")
        good.close()
        self.paytick.await_settled()
        bill = self.ticks(film)
        self.assertEqual(len(bill), 1, "the good player's session alone")
        self.assertIn(bill[0], (1, 2))  # its two pings may lie in one second


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
