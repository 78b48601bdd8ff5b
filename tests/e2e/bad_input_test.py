"""Bad input gets a clear error with a stable code, and neither ends the process nor costs a good player anything."""
import json
import socket
import time
import unittest

import websocket

from contract import check_http
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

    def ticks(self, content):
        """What each session of the content was billed."""
        return [item["ticks"] for item in self.paytick.history(self.paytick.dev["viewer"]["meter"])
                if item.get("content") == content]

    def assert_bills(self):
        """The process that has seen it all is the same, and does what it is for."""
        self.assertIsNone(self.paytick.process.poll(), self.paytick.log())
        film = self.paytick.content(minimumTicks=3)
        player = Player(self.paytick, film)
        self.assertEqual(player.ping()["type"], "tick")
        player.close()
        self.paytick.await_settled()
        self.assertEqual(self.ticks(film), [3])

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
        dev = self.paytick.dev
        film = self.paytick.content()
        good = self.line(session="good", attachment="good", content=film)
        table = {
            "unknown content": (self.line(content="AAAAAAAAAAAAAAAAAAAAAA"), "unknown_content"),
            "closed content": (self.line(content=self.closed), "content_closed"),
            "unknown contract": (self.line(meter=FOREIGN), "unknown_contract"),
            "a contract that is no meter": (self.line(meter=dev["router"]), "unknown_contract"),
            "an account for a contract": (self.line(meter=dev["viewer"]["publicKey"]), "unknown_contract"),
            "foreign contract": (self.line(viewer=dev["creator"]["publicKey"]), "foreign_contract"),
            "a viewer that is none": (self.line(viewer="nobody"), "bad_field"),
            "another price": (self.line(planId="AAAAAAAAAAAAAAAAAAAAAA"), "price_changed"),
            "not JSON": ("{what", "malformed_json"),
            "an array": ("[1,2]", "malformed_json"),
            "two objects": (good + good, "malformed_json"),
            "nested deeply": (f'{{"type":"open","x":{"[" * 200}{"]" * 200}}}', "too_deep"),
            "nested without end": ('{"type":"open","x":' + "[" * 3_000, "too_deep"),
            "objects nested deeply": ('{"x":' * 100 + "1" + "}" * 100, "too_deep"),
            "unknown type": (self.line(type="gift"), "unknown_type"),
            "no type": (self.line(type=None), "missing_field"),
            "no session": (self.line(session=None), "missing_field"),
            "a number for a name": (self.line(session=7), "bad_field"),
            "a name too long": (self.line(session="x" * 129), "bad_field"),
            "NaN": (good.replace(str(json.loads(good)["at"]), "NaN"), "malformed_json"),
            "Infinity": (good.replace(str(json.loads(good)["at"]), "-Infinity"), "malformed_json"),
            "a huge number": (good.replace(str(json.loads(good)["at"]), "1" + "0" * 400), "malformed_json"),
            "a number above 64 bits": (good.replace(str(json.loads(good)["at"]), "1" + "0" * 20), "bad_field"),
            "a fraction": (good.replace(str(json.loads(good)["at"]), "1.5"), "bad_field"),
            "negative time": (self.line(at=-1), "bad_time"),
            "a negative time of a heartbeat": (self.beat(at=-1), "bad_time"),
            "a negative time of a stop": (self.beat(type="stop", at=-(2**62)), "bad_time"),
            "far future": (self.line(at=now + 3_600_000), "bad_time"),
            "far future of a heartbeat": (self.beat(at=2**62), "bad_time"),
            "a text for a time": (self.line(at="now"), "bad_field"),
            "a negative number": (self.beat(seq=-1), "bad_field"),
            "a line too long": (self.line(session="x" * 5_000), "too_large"),
            "a lone surrogate": ('{"type":"open","session":"\\ud800"}', "malformed_json"),
            "half of a surrogate pair": (self.line(session="x\udc00"), "malformed_json"),
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
        self.assert_bills()

    def test_what_is_out_of_time_is_on_record_and_bills_nothing(self):
        film = self.paytick.content()
        names = {"session": "late", "attachment": "late"}
        now = int(time.time() * 1000)
        lines = [self.line(content=film, **names), self.beat(**names),
                 self.beat(**names, seq=2, at=now - 3_600_000),  # long ago
                 self.beat(**names, seq=3, at=now + 50_000)]  # a clock that is fast, not broken
        status, body = self.paytick.post("/v1/heartbeats", "\n".join(lines) + "\n")
        self.assertEqual([json.loads(line)["status"] for line in body.splitlines()], ["accepted"] * 4, body)
        self.paytick.await_settled()
        self.assertEqual(self.paytick.metric("paytick_fold_late_total"), 2)
        self.assertEqual(self.ticks(film), [1])

    def film(self, **fields):
        plan = {"tickMs": 1000, "pricePerTick": 1, "heartbeatMs": 1000, "minimumTicks": 1, "platformBps": 0,
                "refundUnused": True} | fields.pop("plan", {})
        return json.dumps({"title": "x", "creator": "c", "description": "", "thumbnailUrl": "", "duration": 1,
                           "creatorWallet": self.paytick.dev["creator"]["publicKey"], "plan": plan} | fields)

    def test_requests(self):
        get, post = self.paytick.get, self.paytick.post
        history = "/api/account/history?meter=" + self.paytick.dev["viewer"]["meter"]
        table = {
            "no such path": (get("/nothing"), 404, "not_found"),
            "no such content": (get("/api/content/AAAAAAAAAAAAAAAAAAAAAA"), 404, "unknown_content"),
            "closing no such content": (post("/api/content/AAAAAAAAAAAAAAAAAAAAAA/close", ""), 404, "unknown_content"),
            "no such method": (post("/api/account/history", ""), 405, "method_not_allowed"),
            "a wrong key for heartbeats": (post("/v1/heartbeats", "{}", key="wrong"), 401, "unauthorized"),
            "a wrong key for content": (post("/api/content", self.film(), key="wrong"), 401, "unauthorized"),
            "a wrong key for closing": (post(f"/api/content/{self.closed}/close", "", key="wrong"), 401, "unauthorized"),
            "no meter": (get("/api/account/history"), 400, "bad_meter"),
            "a limit that is none": (get(history + "&limit=x"), 400, "bad_limit"),
            "a cursor that is none": (get(history + "&cursor=x"), 400, "bad_cursor"),
            "no wallet": (get("/api/creators/nobody/earnings"), 400, "bad_wallet"),
            "a plan out of range": (post("/api/content", self.film(plan={"tickMs": 1})), 422, "invalid_plan"),
            "a negative price": (post("/api/content", self.film(plan={"pricePerTick": -1})), 400, "bad_field"),
            "a huge price": (post("/api/content", self.film(plan={"pricePerTick": 10**20})), 400, "bad_field"),
            "a price of NaN": (post("/api/content", self.film(plan={"pricePerTick": float("nan")})), 400, "malformed_json"),
            "no title": (post("/api/content", self.film(title=None)), 400, "missing_field"),
            "a wallet that is none": (post("/api/content", self.film(creatorWallet="G")), 400, "bad_field"),
            "content that is no JSON": (post("/api/content", "{what"), 400, "malformed_json"),
            "content nested deeply": (post("/api/content", '{"x":' * 50 + "1" + "}" * 50), 400, "too_deep"),
            "content that is not UTF-8": (post("/api/content", b'{"title":"\xff"}'), 400, "bad_utf8"),
            "a body too large": (post("/api/content", "x" * 2_000_000), 413, "too_large"),
            "a batch too large": (post("/v1/heartbeats", "x" * (9 << 20)), 413, "too_large"),
            "a header too large": (get("/api/content?" + "x" * 20_000), 413, "too_large"),
            "no HTTP": (self.raw(b"\x16\x03\x01 what\r\n\r\n"), 400, "bad_request"),
            "a body that is not what was said": (self.raw(
                b"POST /v1/heartbeats HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                + self.paytick.dev["platformApiKey"].encode()
                + b"\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n"), 400, "bad_request"),
        }
        for name, ((status, body), wanted, code) in table.items():
            with self.subTest(name):
                error = json.loads(body)["error"]
                self.assertEqual((status, error["code"]), (wanted, code))
                self.assertGreater(len(error["message"]), 10)
        self.assert_bills()

    def raw(self, request):
        """Status and body of what is answered to these bytes."""
        host, port = self.paytick.dev["listen"].removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(request)
            answer = connection.makefile("rb").read().decode()
        head, body = answer.split("\r\n\r\n", 1)
        status, headers = int(head.split()[1]), (line.split(": ", 1) for line in head.split("\r\n")[1:])
        check_http("POST", "/v1/heartbeats", status, {name.lower(): value for name, value in headers}, body)
        return status, body

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
            "nested without end": ('{"x":' + "[" * 10_000, "too_deep"),
            "unknown type": (ping(type="pong"), "unknown_type"),
            "no content": (ping(videoId=None), "missing_field"),
            "unknown content": (ping(videoId="AAAAAAAAAAAAAAAAAAAAAA"), "unknown_content"),
            "closed content": (ping(videoId=self.closed), "content_closed"),
            "unknown contract": (ping(contractId=FOREIGN), "unknown_contract"),
            "a contract that is no meter": (ping(contractId=self.paytick.dev["router"]), "unknown_contract"),
            "an account for a contract": (ping(contractId=self.paytick.dev["viewer"]["publicKey"]), "unknown_contract"),
            "another price": (ping(planId="AAAAAAAAAAAAAAAAAAAAAA"), "price_changed"),
            "another's token": (ping(resumeToken="x" * 43), "bad_resume_token"),
            "a number for an id": (ping(videoId=7), "bad_field"),
            "Infinity": (ping(seq=float("inf")), "malformed_json"),
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
        self.assert_bills()

    def test_a_socket_takes_no_time_from_its_client(self):
        film = self.paytick.content(tickMs=10_000, heartbeatMs=10_000)
        player = Player(self.paytick, film)
        for at in (-1, 0, 2**62, 10**30, "now", None):
            with self.subTest(at=at):
                answer = player.ping(at=at)
                self.assertEqual(answer["type"], "tick", answer)
                self.assertLess(abs(answer["paidUntil"] / 1000 - time.time()), 30)
        player.close()
        self.paytick.await_settled()
        self.assertIn(self.ticks(film), ([1], [2]))

    def test_anothers_token_pays_nothing_and_takes_nothing(self):
        # A socket without a login plays with the meter that it names, so a foreign meter cannot be told; but the
        # session of another viewer can be named.
        funded = self.paytick.run("load", "--fund", "--viewers", "1", "--for", "1s")
        self.assertEqual(funded.returncode, 0, funded.stdout + funded.stderr)
        other_meter = (self.paytick.data / "load.meters").read_text().split()[1]
        film = self.paytick.content(tickMs=10_000, heartbeatMs=10_000)
        other, thief = Player(self.paytick, film, other_meter), Player(self.paytick, film)
        theirs = other.ping()
        mine = thief.ping(resumeToken=theirs["resumeToken"])
        self.assertEqual(mine["type"], "tick", mine)
        self.assertNotEqual(mine["session"], theirs["session"])
        other.close()
        thief.close()
        self.paytick.await_settled()
        self.assertEqual(self.ticks(film), [1])
        self.assertEqual([item["ticks"] for item in self.paytick.history(other_meter) if item.get("content") == film], [1])


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
