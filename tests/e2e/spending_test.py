"""System 2 on the real thing: a viewer who says what may be spent, pauses and resumes, joins streams, and a creator who is
paid out what is left after the platform's 10 %. Their client calls toFixed, so its figures are JSON numbers."""
import json
import socket
import threading
import time
import unittest
import urllib.parse

from credentials import operator_key
from events import Events
from player import Player
from running_paytick import Paytick
from wallet import log_in

# Ticks of a minute, five a heartbeat: within a test each ping buys the same five. Nothing is given back, so all is due at once.
MINUTES = {"tickMs": 60_000, "heartbeatMs": 300_000, "pricePerTick": 1_000_000, "minimumTicks": 1, "platformBps": 1000,
           "refundUnused": False}
# Billed by the second, as system 2 has it.
SECONDS = {"tickMs": 1000, "heartbeatMs": 10_000, "pricePerTick": 10_000, "minimumTicks": 1, "platformBps": 1000,
           "refundUnused": True}


def units(amount):
    """Of a decimal text, or of a number as their client has it."""
    return round(float(amount) * 10**7)


class SpendingCase(unittest.TestCase):
    def start(self, **settings):
        self.paytick = Paytick(**settings)
        self.addCleanup(self.paytick.remove)
        self.paytick.start()
        self.creator = self.paytick.dev["creator"]
        self.viewer = self.paytick.dev["viewer"]["publicKey"]
        self.whose = "?meter=" + self.paytick.dev["viewer"]["meter"]

    def call(self, method, path, *body, **options):
        return self.paytick.call(method, path + self.whose, *body, **options)

    def standing(self):
        """What all answers about payment agree on."""
        told = [self.call("GET", "/api/payment/" + name) for name in ("balance", "spent", "limit")]
        self.assertEqual(told[0], told[1])
        self.assertEqual(told[0], told[2])
        return told[0]

    def state(self):
        """balance, spent, limit and state; the figures are numbers."""
        told = self.standing()
        for name in ("balance", "spent", "limit"):
            self.assertIsInstance(told[name], (int, float))
        return tuple(told[name] for name in ("balance", "spent", "limit", "state"))

    def refused(self, code, status, method, path, *body, **options):
        self.assertEqual(self.call(method, path, *body, status=status, **options)["error"]["code"], code)

    def player(self, content, **options):
        player = Player(self.paytick, content, **options)
        self.addCleanup(player.close)
        return player

    def await_refusal(self, player, code):
        """Pings until what is paid is used up; a paid second is not taken back."""
        deadline = time.monotonic() + 20
        while (answer := player.ping())["type"] == "tick":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        self.assertEqual(answer["code"], code)

    def agreement(self, charged):
        """All is settled and verified; 90 % is the creator's, and each side is shown the same totals."""
        report = self.paytick.await_settled()
        self.assertEqual((report["charged"], report["settled"]), (charged, charged))
        self.assertTrue(report["databaseChecked"] and report["chainChecked"])
        earned = self.paytick.call("GET", f"/api/creators/{self.creator['publicKey']}/earnings")
        share = units(charged) // 10
        self.assertEqual([units(earned[name]) for name in ("due", "earned", "paid", "pending")],
                         [units(charged), units(charged) - share, units(charged) - share, 0])
        spending = self.call("GET", "/api/account/spending")
        fans = self.paytick.call("GET", f"/api/creators/{self.creator['publicKey']}/fans")
        for page in (spending, fans):
            self.assertEqual((page["total"], page["settled"], [item["total"] for item in page["items"]]),
                             (charged, charged, [charged]))
        self.assertEqual((spending["items"][0]["creator"], fans["items"][0]["viewer"]),
                         (self.creator["publicKey"], self.viewer))
        history = self.call("GET", "/api/account/history")
        self.assertEqual((history["charged"], units(history["spendable"])), (charged, 50_000_000 - units(charged)))


class LimitTest(SpendingCase):
    def test_the_limit_is_reached_raised_and_kept_and_the_creator_is_paid_out(self):
        self.start()
        film = self.paytick.content(**MINUTES)
        self.assertEqual(self.state(), (5, 0, 10, "idle"), "the limit is 10 unless it was set")

        # Reached within what one ping would buy: three of five ticks are bought.
        self.assertEqual(self.call("POST", "/api/payment/limit", {"limit": 0.3})["limit"], 0.3)
        player = self.player(film)
        player.say(type="subscribe", payments=True)
        self.assertEqual(player.await_news("subscribed")["state"], "idle")
        halted = player.ping()
        self.assertEqual((halted["type"], halted["code"], halted["newBalance"]), ("error", "limit", "4.7000000"))
        reached = player.await_news("payment_limit_reached")
        self.assertEqual((reached["limit"], reached["totalSpent"]), (0.3, 0.3))
        update = player.await_news("payment_update")
        self.assertEqual((update["amount"], update["totalSpent"]), (0.3, 0.3))
        self.assertEqual(self.state(), (4.7, 0.3, 0.3, "limit_reached"))
        self.assertEqual(player.ping()["code"], "limit")
        self.assertEqual(self.state()[1], 0.3)

        # Raised, it lets the next ping buy the other two. The period is another, and what was spent counts in it.
        self.assertEqual(self.call("POST", "/api/payment/limit", {"limit": "1.5", "period": "day"})["period"], "day")
        self.assertEqual(player.await_news("resumed")["was"], "limit")
        self.assertEqual(player.ping()["newBalance"], "4.5000000")
        update = player.await_news("payment_update")
        self.assertEqual((round(update["amount"], 7), update["totalSpent"]), (0.2, 0.5))
        self.assertEqual(self.state()[:3], (4.5, 0.5, 1.5))
        self.assertEqual(self.call("POST", "/api/payment/limit", {"limit": 2, "period": "month"})["period"], "month")
        # Below what was spent it stands, and nothing more is bought.
        self.assertEqual(self.call("POST", "/api/payment/limit", {"limit": 0.5})["state"], "limit_reached")
        self.assertEqual(self.player(self.paytick.content(**MINUTES)).ping()["code"], "limit")
        player.close()

        # What is owed is paid out.
        creator = log_in(self.paytick, self.creator)
        payout = lambda: self.paytick.call("POST", "/api/creators/me/payout", status=202, token=creator, key="payout-1")
        ordered = payout()
        self.assertEqual(ordered["creator"], self.creator["publicKey"])
        self.assertEqual(payout(), ordered, "the same key is answered the same, although less is pending by now")
        self.agreement("0.5000000")

    def test_it_is_not_passed_by_many_screens_at_once(self):
        self.start()
        films = [self.paytick.content(**MINUTES | {"pricePerTick": 700_001}) for _ in range(8)]
        self.call("POST", "/api/payment/limit", {"limit": "1.0000000"})
        players = [self.player(film) for film in films]
        answers = []
        threads = [threading.Thread(target=lambda one=one: answers.append(one.ping())) for one in players]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(answers), 8)
        # 14 ticks of 0.0700001 fit below 1, a fifteenth does not.
        self.assertEqual(self.state()[:3], (4.0199986, 0.9800014, 1))
        for player in players:
            player.close()
        self.agreement("0.9800014")

    def test_parameters_are_checked(self):
        self.start()
        for limit in (-1, "-1", "1.00000001", 0.00000001, 1e30, "ten", True, [1], {"limit": 1}):
            with self.subTest(limit=limit):
                self.refused("bad_field", 400, "POST", "/api/payment/limit", {"limit": limit})
        self.refused("missing_field", 400, "POST", "/api/payment/limit", {})
        self.refused("bad_field", 400, "POST", "/api/payment/limit", {"limit": 1, "period": "year"})
        self.refused("bad_field", 400, "POST", "/api/payment/limit", {"limit": 1, "period": ["day"]})
        self.refused("bad_field", 400, "POST", "/api/payment/pause", {"contentId": 7})
        self.refused("bad_field", 400, "POST", "/api/payment/pause", {"contentType": "film"})
        self.refused("unknown_content", 404, "POST", "/api/streams/AAAAAAAAAAAAAAAAAAAAAA/join", {})
        # Without a login the meter says who asks, and one that nobody owns says nothing.
        unknown = "?meter=CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD2KM"
        told = self.paytick.call("GET", "/api/payment/balance" + unknown, status=401)
        self.assertEqual(told["error"]["code"], "unauthorized")
        for who, meter, status, code in ((self.paytick.dev["viewer"], unknown, 404, "unknown_contract"),
                                         (self.creator, self.whose, 403, "foreign_contract"),
                                         (self.creator, "", 404, "unknown_contract")):
            told = self.paytick.call("GET", "/api/payment/balance" + meter, status=status, token=log_in(self.paytick, who))
            self.assertEqual(told["error"]["code"], code)
        self.assertEqual(self.state(), (5, 0, 10, "idle"))
        self.paytick.verify()


class PauseTest(SpendingCase):
    def test_one_content_and_everything_are_paused_and_resumed(self):
        self.start()
        film, other = self.paytick.content(**SECONDS), self.paytick.content(**MINUTES)
        player = self.player(film)
        player.say(type="subscribe", payments=True)
        self.assertEqual(player.await_news("subscribed")["state"], "idle")
        self.refused("not_playing", 404, "POST", "/api/payment/pause", {"contentId": film, "contentType": "video"})
        self.assertEqual(player.ping()["newBalance"], "4.9900000")
        self.assertEqual(player.await_news("payment_update")["totalSpent"], 0.01)

        # A session: what has not begun is given back, and what is paid may be watched.
        paused = self.call("POST", "/api/payment/pause", {"contentId": film, "contentType": "video"})
        self.assertEqual((paused["state"], paused["contentId"]), ("paused", film))
        self.assertLess(paused["spent"], 0.01)
        self.await_refusal(player, "paused")
        self.assertEqual(player.await_news("payment_state")["state"], "paused")
        self.assertEqual(self.state()[1], paused["spent"])
        # Of another content nothing is paused.
        second = self.player(other)
        self.assertEqual(second.ping()["type"], "tick")
        self.assertEqual(units(self.state()[1]), units(paused["spent"]) + 5_000_000)

        self.assertNotEqual(self.call("POST", "/api/payment/resume", {"contentId": film})["state"], "paused")
        self.assertEqual(player.await_news("resumed")["was"], "paused")
        self.assertEqual(player.await_news("payment_state")["state"], "processing")
        self.assertEqual(player.ping()["type"], "tick")

        # Everything.
        self.assertEqual(self.call("POST", "/api/payment/pause")["state"], "paused")
        self.await_refusal(player, "paused")
        spent = self.state()
        self.assertEqual(spent[3], "paused")
        self.assertEqual(self.player(self.paytick.content(**MINUTES)).ping()["code"], "paused")
        self.assertEqual(self.state(), spent)
        self.assertNotEqual(self.call("POST", "/api/payment/resume")["state"], "paused")
        self.assertEqual(player.ping()["type"], "tick")
        for one in (player, second):
            one.close()
        self.agreement(self.paytick.await_settled()["charged"])
        self.assertEqual(units(self.state()[1]), units(self.paytick.verify()["charged"]))


class JoinTest(SpendingCase):
    def stream(self, minimum, plan, status=201, token=None):
        return self.paytick.call("POST", "/api/streams/create", {
            "type": "public", "title": "Live", "minimumBalance": minimum, "plan": plan,
            "creatorWallet": self.creator["publicKey"]}, status=status, token=token or self.paytick.dev["platformApiKey"])

    def test_only_who_joined_is_billed_and_joining_wants_a_balance(self):
        self.start()
        paytick = self.paytick
        dear, cheap = self.stream("5.0000001", MINUTES)["id"], self.stream(1, MINUTES)["id"]
        self.refused("balance", 402, "POST", f"/api/streams/{dear}/join", {})
        player = self.player(cheap)
        for _ in range(2):
            self.assertEqual(player.ping()["code"], "not_joined")
        # Nor is who came by the platform.
        now, names = int(time.time() * 1000), {"session": "s", "attachment": "a"}
        lines = [{"type": "open", "viewer": self.viewer, "meter": paytick.dev["viewer"]["meter"], "content": cheap, "at": now} | names,
                 {"type": "heartbeat", "seq": 1, "at": now} | names]
        status, body = paytick.post("/v1/heartbeats", "".join(json.dumps(line) + "\n" for line in lines))
        self.assertEqual(status, 200, body)
        self.assertEqual(self.state()[1], 0)
        access = self.call("GET", f"/api/streams/{cheap}/access")
        self.assertEqual((access["hasAccess"], access["reason"]), (False, "not_joined"))
        for _ in range(2):
            self.assertTrue(self.call("POST", f"/api/streams/{cheap}/join", {})["joined"])
        self.assertTrue(self.call("GET", f"/api/streams/{cheap}/access")["hasAccess"])
        self.assertEqual(player.ping()["newBalance"], "4.5000000")
        self.assertEqual(self.player(dear).ping()["code"], "not_joined")
        player.close()
        self.agreement("0.5000000")

    def test_a_plan_of_a_stream_is_taken_as_it_is_given(self):
        self.start(PAYTICK_MONEY_PLATFORM_BPS="1000")
        made = self.stream(0, MINUTES | {"platformBps": 500})["plan"]
        self.assertEqual({name: made[name] for name in MINUTES}, MINUTES | {"platformBps": 500})
        # A creator's share is what the platform has configured, and not for the creator to say.
        login = log_in(self.paytick, self.creator)
        unsaid = {name: value for name, value in MINUTES.items() if name != "platformBps"}
        for plan in (MINUTES, unsaid):
            self.assertEqual(self.stream(0, plan, token=login)["plan"]["platformBps"], 1000)
        for plan, status, code in ((MINUTES | {"platformBps": 0}, 403, "forbidden"), ([MINUTES], 400, "bad_field"),
                                   ("free", 400, "bad_field"), ({"tickMs": 1000}, 400, "missing_field"),
                                   (MINUTES | {"refundUnused": "no"}, 400, "bad_field"),
                                   (MINUTES | {"platformBps": 5001}, 422, "invalid_plan")):
            token = login if status == 403 else None
            self.assertEqual(self.stream(0, plan, status, token)["error"]["code"], code, plan)


class FreezeTest(SpendingCase):
    def ordered(self, what, status=200, **options):
        path = f"/api/accounts/{self.viewer}/{what}"
        return self.paytick.call("POST", path, {"reason": "a chargeback, case 17"}, status, **options)

    def socket_from(self, address):
        to = urllib.parse.urlsplit(self.paytick.dev["listen"])
        return socket.create_connection((to.hostname, to.port), timeout=20, source_address=(address, 0))

    def frozen(self):
        return self.standing()["frozen"]

    def test_an_operator_freezes_with_a_reason_and_nobody_else_unfreezes(self):
        self.start()
        operator = operator_key(self.paytick)
        news = Events(self.paytick, operator, "?types=frozen,unfrozen")
        self.addCleanup(news.close)
        player = self.player(self.paytick.content(**SECONDS))
        self.assertEqual(player.ping()["type"], "tick")
        self.assertTrue(self.ordered("freeze", token=operator)["frozen"])
        notice = news.notice()
        self.assertEqual((notice["type"], notice["viewer"], notice["reason"]), ("frozen", self.viewer, "a chargeback, case 17"))
        self.await_refusal(player, "frozen")
        spent = self.state()
        self.assertEqual((spent[3], self.frozen()), ("paused", True))
        # Neither a resume nor a limit helps, nor does the viewer's or a platform's own word.
        self.assertEqual(self.call("POST", "/api/payment/resume")["state"], "paused")
        self.call("POST", "/api/payment/limit", {"limit": 100})
        for token in (log_in(self.paytick, self.paytick.dev["viewer"]), self.paytick.dev["platformApiKey"]):
            self.ordered("unfreeze", 403, token=token)
        self.ordered("unfreeze", 401)
        self.assertEqual(player.ping()["code"], "frozen")
        self.refused("frozen", 423, "POST", "/api/tips/send", {"toCreatorId": self.creator["publicKey"], "amountTokens": 1},
                     key="tip")
        self.assertEqual(self.state()[:2], spent[:2])

        self.assertFalse(self.ordered("unfreeze", token=operator)["frozen"])
        self.assertEqual(news.notice()["type"], "unfrozen")
        self.assertEqual(player.await_news("resumed")["was"], "frozen")
        self.assertEqual(player.ping()["type"], "tick")
        player.close()
        self.agreement(self.paytick.await_settled()["charged"])

    def test_each_rule_freezes_with_its_reason(self):
        self.start(PAYTICK_GUARD_SCREENS_MAX="2", PAYTICK_GUARD_ADDRESSES_PER_HOUR_MAX="2",
                   PAYTICK_GUARD_HEARTBEATS_PER_SECOND_MAX="2")
        operator = operator_key(self.paytick)
        news = Events(self.paytick, operator, "?types=frozen")
        self.addCleanup(news.close)
        cheap = MINUTES | {"pricePerTick": 1}
        film, short = self.paytick.content(**cheap), self.paytick.content(**SECONDS)

        def await_frozen(reason):
            self.assertTrue(self.frozen())
            self.assertRegex(news.notice()["reason"], reason)
            self.ordered("unfreeze", token=operator)
            self.assertFalse(self.frozen())

        screens = [self.player(film) for _ in range(3)]
        self.assertEqual([screen.ping()["type"] for screen in screens[:2]], ["tick", "tick"])
        self.assertFalse(self.frozen())
        self.assertEqual(screens[2].ping()["code"], "frozen")
        await_frozen("^rule screens: 3 .* 2 are allowed$")
        for screen in screens:
            screen.close()

        # They all came from one network; loopback has many. What is paid may be watched, so each watches something else.
        for address, told in (("127.0.1.1", "tick"), ("127.0.1.2", "tick"), ("127.0.2.1", "error")):
            walker = self.player(self.paytick.content(**cheap), socket=self.socket_from(address))
            self.assertEqual(walker.ping()["type"], told, address)
            walker.close()
        await_frozen("^rule addresses: 3 networks .* 2 are allowed$")

        hasty = self.player(short)
        for _ in range(50):
            if hasty.ping().get("code") == "frozen":
                break
        await_frozen("^rule heartbeats: 21 .* 2 a second are allowed$")
        hasty.close()
        deadline = time.monotonic() + 10  # counters are a second old at most
        while (counted := self.paytick.metric("paytick_gateway_freezes_total")) != 3:
            self.assertLess(time.monotonic(), deadline, counted)
            time.sleep(0.05)
        self.agreement(self.paytick.await_settled()["charged"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
