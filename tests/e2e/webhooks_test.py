"""A platform is told what became of its sessions: signed webhooks whatever is killed, event streams that go on where
they were, and nothing twice because tables were rebuilt."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import subprocess
import threading
import time
import unittest
import urllib.error
import urllib.request

from contract import check_notice
from credentials import operator_key
from events import Events
from running_paytick import PAYTICK, Paytick

TOP = pathlib.Path(__file__).resolve().parents[2]
SECRET = "whsec_" + base64.b64encode(b"twenty-four bytes at least").decode()
OLD = "whsec_" + base64.b64encode(b"the secret that is rotated out").decode()
SESSIONS = 60
AT_ONCE = 2 * 8  # notices that a process may be sending when it is killed: threads with an endpoint, of a batch each


class Shop(http.server.ThreadingHTTPServer):
    """A platform's endpoint that takes its time, and keeps each notice as often as it came."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock, self.came, self.wrong = threading.Lock(), [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def count(self, **members):
        with self.lock:
            return sum(all(notice.get(k) == v for k, v in members.items()) for notice in self.came)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = b".".join([self.headers["webhook-id"].encode(), self.headers["webhook-timestamp"].encode(), body])
        right = {"v1," + base64.b64encode(hmac.digest(base64.b64decode(secret[6:]), signed, hashlib.sha256)).decode()
                 for secret in (SECRET, OLD)}
        time.sleep(0.02)
        notice = json.loads(body)
        with self.server.lock:
            if set(self.headers["webhook-signature"].split()) != right or notice["id"] != self.headers["webhook-id"]:
                self.server.wrong.append(notice)
            try:
                check_notice(notice)
            except AssertionError as wrong:
                self.server.wrong.append(str(wrong))
            self.server.came.append(notice)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Told(Paytick):
    """paytick up with a webhook."""

    def __init__(self, url):
        super().__init__(PAYTICK_WEBHOOK_THE_SHOP_SECRET=SECRET + " " + OLD, PAYTICK_PUSH_RETRY_FIRST_MS="100",
                         PAYTICK_PUSH_RETRY_MAX_S="1")
        self.config = self.folder / "paytick.toml"
        self.hook(url)

    def hook(self, url):
        self.config.write_text(f'[[webhooks]]\nname = "the-shop"\nurl = "{url}"\nprivate_addresses = true\n')

    def spawn(self):
        with open(self.folder / "up.log", "a") as log:
            self.process = subprocess.Popen(
                [PAYTICK, "up", "--dev", "--data", self.data, "--config", self.config, "--listen", "127.0.0.1:0",
                 "--ledger-ms", "200"], stdout=log, stderr=log, env=os.environ | self.environment)

    def webhooks(self, *command):
        return subprocess.run([PAYTICK, "webhooks", *command, "--data", self.data, "--config", self.config],
                              capture_output=True, text=True, timeout=60, env=os.environ | self.environment)


def wait_for(what, holds, patience_s=60):
    deadline = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < deadline, "in vain: " + what
        time.sleep(0.05)


class WebhooksTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shop = Shop()
        cls.paytick = Told(f"http://127.0.0.1:{cls.shop.server_port}/hook")
        cls.addClassCleanup(cls.paytick.remove)
        cls.paytick.start()
        # Nobody can pay for a tick of it.
        cls.dear = cls.paytick.content(pricePerTick=10**12)

    def halted(self, *names):
        """Sessions that halt at their first heartbeat."""
        now, lines = int(time.time() * 1000), []
        for name in names:
            session = {"session": name, "attachment": name, "at": now}
            lines.append({"type": "open", "viewer": self.paytick.dev["viewer"]["publicKey"],
                          "meter": self.paytick.dev["viewer"]["meter"], "content": self.dear} | session)
            lines.append({"type": "heartbeat", "seq": 1} | session)
        status, body = self.paytick.post("/v1/heartbeats", "".join(json.dumps(line) + "\n" for line in lines))
        self.assertEqual(status, 200, body)
        self.assertNotIn("refused", body)

    def events(self, query="", last=None):
        """A function that reads the next event of a stream."""
        stream = Events(self.paytick, self.paytick.dev["platformApiKey"], query, last)
        self.addCleanup(stream.close)
        return stream.next

    def test_1_nothing_is_lost_when_the_sender_is_killed(self):
        names = [f"film-{i}" for i in range(SESSIONS)]
        self.halted(*names)
        wait_for("some notices", lambda: len(self.shop.came) >= 5)
        self.paytick.kill()
        self.assertLess(len(self.shop.came), SESSIONS, "the sender was too fast for this test")
        self.paytick.start()
        wait_for("every halt", lambda: all(self.shop.count(type="halt", reference=name) for name in names))
        with self.shop.lock:
            halts = [notice for notice in self.shop.came if notice["type"] == "halt"]
        self.assertEqual(len({notice["id"] for notice in halts}), SESSIONS)
        self.assertLessEqual(len(halts), SESSIONS + AT_ONCE)
        self.assertEqual(self.shop.wrong, [])
        for notice in halts:
            self.assertEqual((notice["reason"], notice["content"], notice["viewer"]),
                             ("balance", self.dear, self.paytick.dev["viewer"]["publicKey"]))
        # The last answers are noted before long.
        wait_for("an empty outbox", lambda: not json.loads(self.paytick.webhooks("list", "--json").stdout)["webhooks"])

    def test_2_a_replay_tells_nothing_again(self):
        before = len(self.shop.came)
        replayed = self.paytick.run("replay")
        self.assertEqual(replayed.returncode, 0, replayed.stderr)
        self.halted("after-the-replay")
        wait_for("the newest halt", lambda: self.shop.count(reference="after-the-replay"))
        self.assertEqual(len(self.shop.came), before + 1)

    def test_3_an_event_stream_goes_on_where_it_was(self):
        live = self.events("?types=halt")
        self.halted("live-1", "live-2")
        first, second = live(), live()
        self.assertEqual([json.loads(event["data"])["reference"] for event in (first, second)], ["live-1", "live-2"])
        self.assertEqual(first["event"], "halt")
        again = self.events(last=first["id"])
        self.assertEqual(again(), second)
        self.halted("live-3")
        self.assertEqual(again(), live())

    def test_4_who_may_listen(self):
        for headers, expected in [({}, 401), ({"Authorization": "Bearer nonsense"}, 401)]:
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(urllib.request.Request(self.paytick.dev["listen"] + "/v1/events", headers=headers))
            self.assertEqual(refused.exception.code, expected)
            refused.exception.close()

    def test_5_every_kind_is_told_alike_and_as_documented(self):
        dev, operator = self.paytick.dev, operator_key(self.paytick)
        stream = Events(self.paytick, operator)
        self.addCleanup(stream.close)
        content = self.paytick.content(pricePerTick=20_000_000, refundUnused=False, platformBps=1000)
        start, names = int(time.time() * 1000), {"session": "every kind", "attachment": "every kind"}
        whose = "?meter=" + dev["viewer"]["meter"]

        def send(*lines):
            status, body = self.paytick.post("/v1/heartbeats", "".join(json.dumps(line | names) + "\n" for line in lines))
            self.assertEqual((status, "refused" in body), (200, False), body)

        def beat(second):
            return {"type": "heartbeat", "seq": second + 1, "at": start + 1000 * second}
        # Two seconds are paid, which leaves little; the third is not.
        send({"type": "open", "viewer": dev["viewer"]["publicKey"], "meter": dev["viewer"]["meter"], "content": content, "at": start},
             beat(0), beat(1), beat(2))
        self.paytick.call("POST", "/api/tokens/purchase" + whose, {"amountTokens": 50}, key="every-kind")
        wait_for("the top-up", lambda: self.paytick.call("GET", "/api/payment/balance" + whose)["balance"] >= 5)
        send(beat(3), {"type": "stop", "at": start + 3500})
        self.paytick.call("POST", "/api/tips/send" + whose, {"toCreatorId": dev["creator"]["publicKey"], "amountTokens": 1,
                                                             "message": "Bravo"}, key="every-kind")
        for what in ("freeze", "unfreeze"):
            self.paytick.call("POST", f"/api/accounts/{dev['viewer']['publicKey']}/{what}", {"reason": "a drill"}, token=operator)

        told = {}
        kinds = {"halt", "low_balance", "resumed", "closed", "settled", "tip", "frozen", "unfrozen"}
        while set(told) != kinds:
            notice = stream.notice()
            # Sessions of the tests before this one close meanwhile.
            if notice["type"] not in ("halt", "low_balance", "resumed", "closed") or notice["reference"] == "every kind":
                told.setdefault(notice["type"], notice)
        self.assertEqual((told["halt"]["reason"], told["halt"]["reference"]), ("balance", "every kind"))
        self.assertEqual((told["frozen"]["reason"], told["tip"]["message"]), ("a drill", "Bravo"))
        self.assertEqual((told["closed"]["ticks"], told["closed"]["amount"]), (3, "6.0000000"))
        for notice in told.values():
            wait_for("the webhook of " + notice["type"], lambda one=notice: self.shop.count(id=one["id"]))
        with self.shop.lock:
            self.assertEqual({notice["type"]: notice for notice in self.shop.came if notice["id"] in
                              {one["id"] for one in told.values()}}, told)
            self.assertEqual(self.shop.wrong, [])
        self.paytick.await_settled()

    def test_6_the_sample_receiver_verifies(self):
        for secret, expected in [(SECRET, 0), (OLD, 0), ("whsec_" + base64.b64encode(b"of somebody else").decode(), 1)]:
            receiver = subprocess.Popen(["node", TOP / "docs/samples/webhook-receiver.mjs", "0"], stdout=subprocess.PIPE,
                                        text=True, env=os.environ | {"PAYTICK_WEBHOOK_SECRET": secret})
            try:
                port = json.loads(receiver.stdout.readline())["listening"]
                self.paytick.hook(f"http://127.0.0.1:{port}/")
                tested = self.paytick.webhooks("test", "--webhook", "the-shop")
                self.assertEqual(tested.returncode, expected, tested.stdout + tested.stderr)
                if expected == 0:
                    self.assertEqual(json.loads(receiver.stdout.readline())["type"], "test")
            finally:
                receiver.kill()
                receiver.wait()
                receiver.stdout.close()


if __name__ == "__main__":
    unittest.main()
