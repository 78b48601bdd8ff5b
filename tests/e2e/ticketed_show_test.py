"""A ticketed show, its checklist: a private stream at 500 tokens; no access; a ticket, once; access; who has what."""
import concurrent.futures
import json
import unittest

from running_paytick import Paytick

# A token of 0.001 XLM: the 5 XLM of the development viewer are 5,000 of them.
SMALL_TOKENS = {"PAYTICK_MONEY_TOKEN_UNITS": "10000"}


class TicketedShowTest(unittest.TestCase):
    def setUp(self):
        self.paytick = Paytick(**SMALL_TOKENS)
        self.addCleanup(self.paytick.remove)
        self.paytick.start()
        dev = self.paytick.dev
        self.creator, self.meter = dev["creator"]["publicKey"], dev["viewer"]["meter"]
        self.as_viewer = "?meter=" + self.meter

    def stream(self, **fields):
        body = {"type": "private", "ticketPrice": 500, "title": "Show", "creatorWallet": self.creator} | fields
        return self.paytick.call("POST", "/api/streams/create", body, 201, token=self.paytick.dev["platformApiKey"])

    def test_one_ticket_is_bought_and_opens_the_door(self):
        stream = self.stream()
        self.assertEqual(stream["ticketPriceTokens"], 500)
        path = "/api/streams/" + stream["id"]
        access = self.paytick.call("GET", path + "/access" + self.as_viewer)
        self.assertEqual((access["hasAccess"], access["ticketPriceTokens"]), (False, 500))

        # Two tabs, at the same moment.
        with concurrent.futures.ThreadPoolExecutor(2) as tabs:
            buy = lambda _: self.paytick.call("POST", path + "/tickets/checkout" + self.as_viewer)
            tickets = list(tabs.map(buy, range(2)))
        for ticket in tickets:
            self.assertEqual((ticket["hasAccess"], ticket["amountTokens"]), (True, 500))
            self.assertEqual((ticket["newBalance"], ticket["newBalanceTokens"]), ("4.5000000", 4500))
        self.assertTrue(self.paytick.call("GET", path + "/access" + self.as_viewer)["hasAccess"])

        # The buyer paid 500 once; the creator has 400, the platform 100.
        report = self.paytick.await_settled()
        self.assertEqual(report["charged"], "0.5000000")
        earned = self.paytick.call("GET", f"/api/creators/{self.creator}/earnings")
        self.assertEqual((earned["due"], earned["paid"]), ("0.5000000", "0.4000000"))
        bought = [item for item in self.paytick.history(self.meter) if item["kind"] == "ticket"]
        self.assertEqual([item["amount"] for item in bought], ["0.5000000"])

        # Once more, after a crash: still one ticket.
        self.paytick.kill()
        self.paytick.start()
        self.assertTrue(self.paytick.call("GET", path + "/access" + self.as_viewer)["hasAccess"])
        again = self.paytick.call("POST", path + "/tickets/checkout" + self.as_viewer)
        self.assertEqual(again["newBalanceTokens"], 4500)
        self.assertEqual(self.paytick.verify()["charged"], "0.5000000")

    def test_an_idempotency_key_stands_for_one_stream(self):
        show, other = self.stream(), self.stream(ticketPrice=700)
        checkout = lambda stream, key, status=200: self.paytick.call(
            "POST", f"/api/streams/{stream['id']}/tickets/checkout{self.as_viewer}", status=status, key=key)
        first = checkout(show, "mine")
        self.assertEqual(checkout(show, "mine"), first)
        self.assertEqual(checkout(other, "mine", 409)["error"]["code"], "key_conflict")
        # The ticket is the same under another key, which then stands for it as well.
        self.assertEqual(checkout(show, "second"), first)
        self.assertEqual(checkout(other, "second", 409)["error"]["code"], "key_conflict")
        self.paytick.kill()
        self.paytick.start()
        self.assertEqual(checkout(other, "mine", 409)["error"]["code"], "key_conflict")
        self.assertEqual(checkout(other, "third")["newBalanceTokens"], 3800)
        self.assertEqual(checkout(show, "two words", 400)["error"]["code"], "bad_field")
        self.assertEqual(self.paytick.verify()["charged"], "1.2000000")

    def test_what_is_missing_is_told(self):
        stream = self.stream(ticketPrice=6000)
        refused = self.paytick.call("POST", f"/api/streams/{stream['id']}/tickets/checkout{self.as_viewer}", status=402)
        self.assertEqual((refused["error"]["code"], refused["error"]["neededTokens"]), ("balance", 1000))
        self.assertFalse(self.paytick.call("GET", f"/api/streams/{stream['id']}/access{self.as_viewer}")["hasAccess"])

        # Nobody, and nothing.
        key = self.paytick.dev["platformApiKey"]
        self.assertEqual(self.paytick.call("GET", f"/api/streams/{stream['id']}/access", status=401)["error"]["code"], "unauthorized")
        self.paytick.call("POST", "/api/streams/nothing/tickets/checkout" + self.as_viewer, status=404)
        self.paytick.call("POST", "/api/streams/create", {"type": "private", "title": "S", "creatorWallet": self.creator}, 400, token=key)
        self.paytick.call("POST", "/api/streams/create", {"type": "private", "ticketPrice": 5, "title": "S"}, 401)
        self.paytick.verify()


if __name__ == "__main__":
    unittest.main(verbosity=2)
