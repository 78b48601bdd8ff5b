"""A tip, its checklist: two in a channel, one tips with words; both see it, a third elsewhere does not; the balances are right."""
import json
import unittest

import websocket

from contract import check_message
from running_paytick import Paytick

SMALL_TOKENS = {"PAYTICK_MONEY_TOKEN_UNITS": "10000"}


class Guest:
    """A socket in a room."""

    def __init__(self, paytick, channel, query=""):
        self.socket = websocket.create_connection(paytick.dev["listen"].replace("http", "ws", 1) + "/ws" + query, timeout=20)
        self.channel = channel
        self.say("room:join", channel)

    def say(self, type_, channel):
        self.socket.send(json.dumps({"type": type_, "channel": channel}))
        self.answer = self.next()

    def next(self, timeout=20):
        self.socket.settimeout(timeout)
        return check_message(json.loads(self.socket.recv()))

    def hears_nothing(self):
        """Whatever was told before is here before the answer to this."""
        self.say("room:leave", "nowhere")
        return self.answer["type"] == "room:left"


class TipTest(unittest.TestCase):
    def setUp(self):
        self.paytick = Paytick(**SMALL_TOKENS)
        self.addCleanup(self.paytick.remove)
        self.paytick.start()
        dev = self.paytick.dev
        self.creator, self.meter = dev["creator"]["publicKey"], dev["viewer"]["meter"]
        self.as_viewer = "?meter=" + self.meter

    def tip(self, tokens, channel, key, status=200, message="Bravo, \"encore\"!"):
        return self.paytick.call("POST", "/api/tips/send" + self.as_viewer,
                                 {"toCreatorId": self.creator, "amountTokens": tokens, "message": message,
                                  "context": {"streamId": channel, "channel": channel}}, status, key=key)

    def test_both_in_the_room_see_it_and_the_third_does_not(self):
        here, elsewhere = self.paytick.content(), self.paytick.content()
        tipper, other = Guest(self.paytick, here, self.as_viewer), Guest(self.paytick, here)
        third = Guest(self.paytick, elsewhere)
        for guest in (tipper, other, third):
            self.assertEqual((guest.answer["type"], guest.answer["channel"]), ("room:joined", guest.channel))

        sent = self.tip(100, here, "tip-1")
        self.assertEqual((sent["amountTokens"], sent["newBalanceTokens"], sent["newBalance"]), (100, 4900, "4.9000000"))
        for guest in (tipper, other):
            seen = guest.next()
            self.assertEqual(seen["type"], "tip:new:" + here)
            self.assertEqual((seen["amountTokens"], seen["message"]), (100, "Bravo, \"encore\"!"))
            self.assertEqual(seen["fromUsername"][:5], self.paytick.dev["viewer"]["publicKey"][:5])
        # The same request again is the same tip: nothing is charged, nobody is told.
        self.assertEqual(self.tip(100, here, "tip-1")["newBalanceTokens"], 4900)
        self.assertEqual(self.tip(250, here, "tip-1", 409)["error"]["code"], "key_conflict")
        self.assertEqual(self.tip(5000, here, "tip-2", 402)["error"]["neededTokens"], 100)
        for guest in (tipper, other, third):
            self.assertTrue(guest.hears_nothing())

        report = self.paytick.await_settled()
        self.assertEqual(report["charged"], "0.1000000")
        earned = self.paytick.call("GET", f"/api/creators/{self.creator}/earnings")
        self.assertEqual((earned["due"], earned["paid"]), ("0.1000000", "0.0800000"))

    def test_nobody_comes_in_or_speaks_who_may_not(self):
        stream = self.paytick.call("POST", "/api/streams/create",
                                   {"type": "private", "ticketPrice": 500, "title": "Show", "creatorWallet": self.creator}, 201,
                                   token=self.paytick.dev["platformApiKey"])["id"]
        stranger, viewer = Guest(self.paytick, stream), Guest(self.paytick, stream, self.as_viewer)
        for guest in (stranger, viewer, Guest(self.paytick, "lobby"), Guest(self.paytick, self.creator, self.as_viewer)):
            self.assertEqual(guest.answer["type"], "error", guest.answer)
        self.assertEqual(self.tip(50, stream, "tip-1", 403)["error"]["code"], "forbidden")
        self.paytick.call("POST", f"/api/streams/{stream}/tickets/checkout{self.as_viewer}")
        viewer.say("room:join", stream)
        self.assertEqual(viewer.answer["type"], "room:joined")
        self.assertEqual(self.tip(50, stream, "tip-1")["newBalanceTokens"], 4450)
        self.assertEqual(viewer.next()["amountTokens"], 50)
        self.assertTrue(stranger.hears_nothing())
        self.paytick.verify()


if __name__ == "__main__":
    unittest.main(verbosity=2)
