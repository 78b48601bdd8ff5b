"""Who may do what: every endpoint × everybody. What an endpoint says of itself in schemas/openapi.yaml (`security`) is the
table; OWN says more where one's own is one thing and another's is another. A registered route without a row fails."""
import json
import re
import unittest
import urllib.request

import websocket

from contract import operation
from credentials import everybody, new_wallet, operator_key
from player import Player
from running_paytick import Paytick

# Who passes for which scheme of the documents.
SCHEMES = {
    "login": {"viewer", "other viewer", "viewer's wallet", "creator", "other creator"},
    "operatorKey": {"operator"},
    "platformKey": {"platform", "other platform"},
    "platformKey read": {"platform", "other platform", "platform, reads alone"},
    "platformKey ingest": {"platform", "other platform", "platform, sends alone"},
    "platformKey catalogue": {"platform", "other platform"},
    "developmentMeter": set(),  # that nobody names a meter here
    "billingSecret": set(),
    "stripeSignature": set(),
}
ANY_KEY = {"/v1/me"}  # no scope is asked for
# To who brings no credential at all; production_test.py holds them there.
OPEN_IN_DEVELOPMENT = {"/api/creators/{wallet}/" + what for what in ("earnings", "tips", "fans")} | {"/api/account/history"}

# (route, who): the statuses that he is given, of a resource that is not his. {content} is the first platform's, {film} the
# creator's own, {meter} the viewer's, {creator} the creator's account.
OWN = {
    ("POST /api/content/{content}/close", "other platform"): {403},
    ("POST /api/content/{content}/close", "creator"): {403},
    ("POST /api/content/{film}/close", "other creator"): {403},
    ("POST /api/content/{film}/close", "platform"): {403},
    ("POST /api/content/{film}/close", "viewer"): {403},
    ("GET /api/account/history?meter={meter}", "other viewer"): {403},
    ("GET /api/account/history?meter={meter}", "other creator"): {403},
    ("GET /api/account/history?meter={meter}", "platform"): {403},
    ("GET /api/account/history?meter={meter}", "operator"): {403},
    ("GET /api/account/history?meter={meter}", "viewer"): {200},
    ("GET /api/account/history?meter={meter}", "viewer's wallet"): {200},
    ("GET /api/creators/{creator}/earnings", "creator"): {200},
    ("GET /api/creators/{creator}/earnings", "other creator"): {403},
    ("GET /api/creators/{creator}/earnings", "viewer"): {403},
    ("GET /api/creators/{creator}/earnings", "operator"): {200},
    ("POST /api/creators/me/payout", "viewer"): {403},
    ("POST /api/creators/me/payout", "operator"): {403},
    ("DELETE /v1/keys/{key}", "platform"): {403},
    ("DELETE /v1/keys/{key}", "creator"): {403},
}


class AccessTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.paytick = Paytick()
        cls.addClassCleanup(cls.paytick.remove)
        cls.paytick.start()
        cls.first, cls.second, cls.good, cls.nobody = everybody(cls.paytick)
        cls.resources = {
            "content": cls.content("platform"), "film": cls.content("creator"), "key": cls.first.key_id,
            "meter": cls.paytick.dev["viewer"]["meter"], "creator": cls.paytick.dev["creator"]["publicKey"],
        }
        cls.routes = cls.paytick.call("GET", "/v1/routes", token=operator_key(cls.paytick))["items"]

    @classmethod
    def content(cls, who, **fields):
        status, body = cls.ask("POST", "/api/content", cls.good[who], {
            "title": "Film", "creatorWallet": cls.paytick.dev["creator"]["publicKey"],
            "plan": {"tickMs": 1000, "pricePerTick": 100000}} | fields)
        assert status == 201, body
        return json.loads(body)["id"]

    @classmethod
    def ask(cls, method, path, credential, body=None):
        headers = {"Authorization": "Bearer " + credential} if credential else {}
        data = json.dumps(body).encode() if body is not None else b"" if method == "POST" else None
        return cls.paytick.ask(urllib.request.Request(cls.paytick.dev["listen"] + path, data=data, headers=headers, method=method))

    def path_of(self, pattern):
        """A path that the route matches, with somebody's resource in it."""
        return re.sub(r":\w+", lambda _: self.resources["creator"] if "creators" in pattern else self.resources["content"], pattern)

    def may(self, found, path):
        """Who passes; None: everybody does."""
        passing = set()
        for scheme in found["security"]:
            if not scheme:
                return None
            for name, scopes in scheme.items():
                passing |= SCHEMES[" ".join([name, *scopes])]
        return passing | (set(self.good) if path in ANY_KEY else set())

    def test_every_route_has_a_row_and_refuses_the_others(self):
        self.assertGreater(len(self.routes), 15)
        for route in self.routes:
            method, pattern = route.split(" ")
            path = self.path_of(pattern)
            documented, found = operation(method, path)
            self.assertIsNotNone(found, f"{route} has no row: it is not in schemas/openapi.yaml")
            self.assertIn("security", found, f"{route} does not say who may")
            passing = self.may(found, path)
            if passing is None:
                continue
            stranger = {401, 400} if any("stripeSignature" in scheme for scheme in found["security"]) else {401}
            for who, credential in (self.nobody | self.good).items():
                if who in passing or (who == "nobody" and documented in OPEN_IN_DEVELOPMENT):
                    continue
                with self.subTest(route=route, who=who):
                    status, body = self.ask(method, path, credential)
                    self.assertIn(status, stranger if who in self.nobody else {401, 403} | stranger, body)

    def test_ones_own_is_not_anothers(self):
        registered = {(route.split(" ")[0], operation(route.split(" ")[0], self.path_of(route.split(" ")[1]))[0])
                      for route in self.routes}
        for (route, who), statuses in OWN.items():
            method, path = route.format(**self.resources).split(" ")
            if (method, operation(method, path.split("?")[0])[0]) not in registered:
                continue
            with self.subTest(route=route, who=who):
                status, body = self.ask(method, path, self.good[who])
                self.assertIn(status, statuses, body)

    def test_content_is_created_for_oneself(self):
        creator, other = self.paytick.dev["creator"]["publicKey"], new_wallet()["publicKey"]
        table = {
            ("creator", creator): 201, ("creator", other): 403, ("other creator", creator): 403,
            ("platform", creator): 201, ("platform, reads alone", creator): 403, ("viewer", creator): 403,
            ("operator", creator): 403,
        }
        for (who, wallet), expected in table.items():
            with self.subTest(who=who):
                status, body = self.ask("POST", "/api/content", self.good[who], {
                    "title": "Film", "creatorWallet": wallet, "plan": {"pricePerTick": 1}})
                self.assertEqual(status, expected, body)
        for content, who in ((self.content("platform"), "platform"), (self.content("creator"), "creator")):
            status, body = self.ask("POST", f"/api/content/{content}/close", self.good[who])
            self.assertEqual((status, json.loads(body)["closed"]), (200, True))

    def test_a_platform_sends_for_its_own_sessions_alone(self):
        viewer = self.paytick.dev["viewer"]
        now = int(self.paytick.call("GET", "/api/content?limit=1")["items"][0]["createdAt"])
        opened = {"type": "open", "session": "s", "attachment": "a", "viewer": viewer["publicKey"], "meter": viewer["meter"],
                  "content": self.resources["content"], "at": now}
        beat = {"type": "heartbeat", "session": "s", "attachment": "a", "seq": 1, "at": now}
        def send(who, line):
            status, body = self.paytick.post("/v1/heartbeats", json.dumps(line) + "\n", key=self.good[who])
            return json.loads(body) if status == 200 else {"status": status}
        self.assertEqual(send("platform", opened)["status"], "accepted")
        self.assertEqual(send("platform", beat)["status"], "accepted")
        self.assertEqual(send("platform, sends alone", beat)["status"], "accepted", "another key of the same platform")
        self.assertEqual(send("other platform", beat)["code"], "unknown_session")
        self.assertEqual(send("other platform", opened | {"session": "t"})["code"], "forbidden", "another's content")
        self.assertEqual(send("viewer", beat)["status"], 403)

    def test_a_socket_plays_for_whoever_logged_in(self):
        content, viewer, stranger = self.resources["content"], self.good["viewer"], self.good["other viewer"]
        ways = {
            "target": lambda token: {"path": "?token=" + token},
            "protocol": lambda token: {"subprotocols": ["paytick", "bearer." + token]},
        }
        for name, options in ways.items():
            with self.subTest(name):
                player = self.player(content, **options(viewer))
                self.assertEqual(player.ping()["type"], "tick")
                player.close()
                player = self.player(content, **options(stranger))
                self.assertEqual(player.ping()["code"], "foreign_contract")
                player.close()
                for who in ("garbage", "expired viewer", "viewer without a signature"):
                    with self.assertRaisesRegex(websocket.WebSocketBadStatusException, "401"):
                        self.player(content, **options(self.nobody[who]))
                with self.assertRaisesRegex(websocket.WebSocketBadStatusException, "401"):
                    self.player(content, **options(self.good["platform"]))
        player = self.player(content)
        player.say(type="login", token=viewer)
        told = player.next()
        self.assertEqual((told["type"], told["account"]), ("login", self.paytick.dev["viewer"]["publicKey"]))
        self.assertEqual(player.ping()["type"], "tick")
        player.say(type="login", token=self.nobody["garbage"])
        self.assertEqual(player.next()["code"], "unauthorized")
        player.say(type="login", token=stranger)
        self.assertEqual(player.next()["type"], "login")
        self.assertEqual(player.ping()["code"], "foreign_contract")
        player.close()

    def player(self, content, path="", **options):
        player = Player.__new__(Player)
        player.paytick, player.content, player.meter = self.paytick, content, self.paytick.dev["viewer"]["meter"]
        player.resume_token, player.news = None, []
        url = self.paytick.dev["listen"].replace("http", "ws", 1) + "/ws" + path
        player.socket = websocket.create_connection(url, timeout=20, **options)
        return player

    def test_logins_are_bound_refreshed_and_ended(self):
        from wallet import sign
        who = self.paytick.dev["creator"]
        call = self.paytick.call
        challenge = call("POST", "/v1/login/challenge", {"account": who["publicKey"]})
        answer = {"account": who["publicKey"], "message": challenge["message"],
                  "signature": sign(who["secret"], challenge["message"])}
        status, body = self.paytick.ask(urllib.request.Request(
            self.paytick.dev["listen"] + "/v1/login", data=json.dumps(answer).encode(), headers={"Origin": "http://localhost:3000"}))
        self.assertEqual(status, 401, "from another page than asked: " + body)
        tokens = call("POST", "/v1/login", answer)
        call("POST", "/v1/login", answer, status=401)
        self.assertEqual(call("GET", "/v1/me", token=tokens["token"])["role"], "creator")
        newer = call("POST", "/v1/login/refresh", {"refreshToken": tokens["refreshToken"]})
        self.assertEqual(call("GET", "/v1/me", token=newer["token"])["account"], who["publicKey"])
        call("POST", "/v1/login/refresh", {"refreshToken": tokens["refreshToken"]}, status=401)
        call("POST", "/v1/login/refresh", {"refreshToken": newer["refreshToken"]}, status=401)
        call("GET", "/v1/me", token=newer["token"], status=401)
        again = call("POST", "/v1/login/challenge", {"account": who["publicKey"]})["message"]
        tokens = call("POST", "/v1/login", {"account": who["publicKey"], "message": again, "signature": sign(who["secret"], again)})
        self.paytick.ask(urllib.request.Request(self.paytick.dev["listen"] + "/v1/logout", data=b"", method="POST",
                                                headers={"Authorization": "Bearer " + tokens["token"]}))
        call("GET", "/v1/me", token=tokens["token"], status=401)

    def test_the_command_line_makes_lists_and_revokes(self):
        made = self.paytick.run("keys", "create", "--label", "by hand", "--scope", "read", "--json")
        self.assertEqual(made.returncode, 0, made.stderr)
        key = json.loads(made.stdout)
        self.assertEqual(self.paytick.call("GET", "/v1/me", token=key["key"])["scopes"], ["read"])
        listed = self.paytick.run("keys", "list")
        self.assertIn("by hand", listed.stdout)
        self.assertNotIn(key["key"], listed.stdout + self.paytick.run("keys", "list", "--json").stdout)
        self.assertEqual(self.paytick.run("keys", "revoke", key["id"]).returncode, 0)
        self.paytick.call("GET", "/v1/me", token=key["key"], status=401)
        self.assertIn("revoked", self.paytick.run("keys", "list").stdout)
        boss = json.loads(self.paytick.run("keys", "create", "--label", "laptop", "--operator", "--json").stdout)
        self.assertEqual(self.paytick.call("GET", "/v1/me", token=boss["key"])["role"], "operator")
        table = {("create", "--label", "x"): (1, "scopes"), ("create",): (2, "--label"), ("revoke", "AAAA"): (1, "not_found"),
                 ("create", "--label", "x", "--scope", "everything"): (2, "--scope"),
                 ("list", "--url", "http://127.0.0.1:1"): (1, "--url")}
        for words, (code, told) in table.items():
            ran = self.paytick.run("keys", *words)
            self.assertEqual((ran.returncode, told in ran.stderr), (code, True), ran.stderr)

    def test_keys_outlive_a_restart_and_no_secret_is_written(self):
        key = self.first.key_with("ingest")
        log = b"".join(path.read_bytes() for path in (self.paytick.data / "log").rglob("*") if path.is_file())
        self.assertNotIn(key[27:].encode(), log)
        self.assertEqual((self.paytick.data / "operator.key").stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.paytick.stop(), 0)
        self.paytick.start()
        self.assertEqual(self.paytick.call("GET", "/v1/me", token=key)["scopes"], ["ingest"])
        self.assertEqual(self.paytick.call("GET", "/v1/me", token=self.good["creator"])["role"], "creator")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
