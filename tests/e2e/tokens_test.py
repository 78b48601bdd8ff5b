"""Tokens for money: play money, and Stripe with its part played by a server of this test. What is paid is credited once, and on
chain; a chargeback freezes; what failed is paid back."""
import hashlib
import hmac
import http.server
import json
import threading
import time
import unittest
import urllib.parse
import urllib.request

from running_paytick import Paytick

SMALL_TOKENS = {"PAYTICK_MONEY_TOKEN_UNITS": "10000"}
WEBHOOK_SECRET = "whsec_of_this_test"


class Stripe(http.server.ThreadingHTTPServer):
    """Answers as Stripe's API does, and remembers what it was asked."""

    def __init__(self):
        self.sessions, self.intents = [], {}
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        if self.headers["Authorization"] != "Bearer sk_test_1" or self.path != "/v1/checkout/sessions":
            return self.answer(401, {"error": {"message": "wrong key"}})
        self.server.sessions.append((self.headers["Idempotency-Key"], form))
        session = "cs_test_" + hashlib.sha256(self.headers["Idempotency-Key"].encode()).hexdigest()[:20]
        self.server.intents["pi_" + session] = metadata(form, "payment_intent_data[metadata][")
        self.answer(200, {"id": session, "object": "checkout.session", "url": "https://checkout.example/" + session})

    def do_GET(self):
        intent = self.path.rsplit("/", 1)[1]
        known = intent in self.server.intents
        self.answer(200 if known else 404, {"id": intent, "metadata": self.server.intents.get(intent, {})})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def metadata(form, prefix):
    return {name[len(prefix):-1]: value for name, value in form.items() if name.startswith(prefix)}


class TokensTest(unittest.TestCase):
    def start(self, **settings):
        self.paytick = Paytick(**(SMALL_TOKENS | settings))
        self.addCleanup(self.paytick.remove)
        self.paytick.start()
        self.content = self.paytick.content()
        dev = self.paytick.dev
        self.creator, self.meter = dev["creator"]["publicKey"], dev["viewer"]["meter"]
        self.as_viewer = "?meter=" + self.meter

    def purchase(self, tokens, key, status=200):
        return self.paytick.call("POST", "/api/tokens/purchase" + self.as_viewer, {"amountTokens": tokens}, status, key=key)

    def tokens(self):
        return self.paytick.call("GET", "/api/wallet/me" + self.as_viewer)["balanceTokens"]

    def await_tokens(self, wanted):
        deadline = time.monotonic() + 60
        while (have := self.tokens()) != wanted:
            self.assertLess(time.monotonic(), deadline, f"{have} tokens, not {wanted}\n{self.paytick.log()}")
            time.sleep(0.2)

    def hook(self, type_, thing, secret=WEBHOOK_SECRET, age_s=0):
        body = json.dumps({"id": "evt_1", "object": "event", "type": type_, "data": {"object": thing}}).encode()
        at = str(int(time.time()) - age_s)
        mac = hmac.new(secret.encode(), at.encode() + b"." + body, "sha256").hexdigest()
        return self.paytick.ask(urllib.request.Request(
            self.paytick.dev["listen"] + "/api/payments/stripe/webhook", data=body,
            headers={"Content-Type": "application/json", "Stripe-Signature": f"t={at},v1={'0' * 64},v1={mac}"}))

    def test_play_money_reaches_the_meter_once(self):
        self.start()
        wallet = self.paytick.call("GET", "/api/wallet/me" + self.as_viewer)
        self.assertEqual((wallet["balanceTokens"], wallet["packs"], wallet["tipPresets"]),
                         (5000, [500, 1000, 2500], [50, 100, 250, 500]))
        bought = self.purchase(500, "order-1")
        self.assertEqual((bought["status"], bought["amountTokens"], bought["amount"]), ("paid", 500, "0.5000000"))
        self.assertEqual(self.purchase(500, "order-1")["paymentId"], bought["paymentId"])
        self.assertEqual(self.purchase(1000, "order-1", 409)["error"]["code"], "key_conflict")
        self.await_tokens(5500)
        self.purchase(500, "order-1")
        time.sleep(2)
        self.assertEqual(self.tokens(), 5500)
        self.paytick.await_settled()
        # The account shows the one transaction that brought them.
        credits = [item for item in self.paytick.history(self.paytick.dev["viewer"]["meter"]) if item["kind"] == "credit"]
        self.assertEqual([(item["amount"], item["settled"], len(item["transaction"])) for item in credits],
                         [("0.5000000", True, 64)])

    def test_stripe_pays_once_and_a_chargeback_freezes(self):
        stripe = Stripe()
        self.addCleanup(stripe.server_close)
        self.addCleanup(stripe.shutdown)
        self.start(PAYTICK_PAYMENTS_PROVIDER="stripe", PAYTICK_PAYMENTS_API_URL=stripe.url(),
                   PAYTICK_PAYMENTS_SUCCESS_URL="https://example.org/paid", PAYTICK_PAYMENTS_CANCEL_URL="https://example.org/back",
                   PAYTICK_STRIPE_SECRET="sk_test_1", PAYTICK_STRIPE_WEBHOOK_SECRET="whsec_old," + WEBHOOK_SECRET)
        pending = self.purchase(1000, "order-1")
        self.assertEqual((pending["status"], pending["newBalanceTokens"]), ("pending", 5000))
        self.assertIn(pending["paymentId"], pending["checkoutUrl"])
        _, form = stripe.sessions[0]
        self.assertEqual((form["mode"], form["line_items[0][price_data][unit_amount]"]), ("payment", "1000"))

        paid = {"id": pending["paymentId"], "object": "checkout.session", "payment_intent": "pi_" + pending["paymentId"],
                "payment_status": "paid", "amount_total": 1000, "currency": "usd", "metadata": metadata(form, "metadata[")}
        # Forged, replayed, not paid, of another sum: nothing.
        self.assertEqual(self.hook("checkout.session.completed", paid, secret="whsec_wrong")[0], 400)
        self.assertEqual(self.hook("checkout.session.completed", paid, age_s=400)[0], 400)
        self.assertEqual(self.hook("checkout.session.completed", paid | {"payment_status": "unpaid"})[0], 200)
        self.assertEqual(self.hook("checkout.session.completed", paid | {"amount_total": 1})[0], 200)
        self.assertEqual(self.tokens(), 5000)
        # Paid, and told three times.
        for type_ in ("checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.completed"):
            self.assertEqual(self.hook(type_, paid)[0], 200)
        self.await_tokens(6000)
        time.sleep(2)
        self.assertEqual(self.tokens(), 6000)

        dispute = {"id": "dp_1", "object": "dispute", "payment_intent": paid["payment_intent"], "reason": "fraudulent", "metadata": {}}
        self.assertEqual(self.hook("charge.dispute.created", dispute)[0], 200)
        self.assertTrue(self.paytick.call("GET", "/api/wallet/me" + self.as_viewer)["frozen"])
        tip = {"toCreatorId": self.creator, "amountTokens": 50}
        self.assertEqual(self.paytick.call("POST", "/api/tips/send" + self.as_viewer, tip, 423, key="tip-1")["error"]["code"], "frozen")
        self.paytick.await_settled()

    def test_a_ticket_of_a_failed_show_is_paid_back_once(self):
        self.start()
        key = self.paytick.dev["platformApiKey"]
        stream = self.paytick.call("POST", "/api/streams/create", {"type": "private", "ticketPrice": 500, "title": "Show",
                                                                   "creatorWallet": self.creator}, 201, token=key)["id"]
        refund = {"streamId": stream, "viewer": self.paytick.dev["viewer"]["publicKey"], "reason": "the show was cancelled"}
        self.paytick.await_settled()  # the tables are there
        self.paytick.call("POST", "/api/refunds", refund, 404, token=key, key="r-1")  # nothing was paid
        self.paytick.call("POST", f"/api/streams/{stream}/tickets/checkout{self.as_viewer}")
        for order in ("r-1", "r-2"):
            ordered = self.paytick.call("POST", "/api/refunds", refund, 202, token=key, key=order)
            self.assertEqual(ordered["amount"], "0.5000000")
        self.paytick.call("POST", "/api/refunds", refund, 401, key="r-3")
        # The key stands for this ticket.
        other = {"streamId": self.show(), "viewer": refund["viewer"], "reason": "another"}
        self.paytick.call("POST", f"/api/streams/{other['streamId']}/tickets/checkout{self.as_viewer}")
        conflict = self.paytick.call("POST", "/api/refunds", other, 409, token=key, key="r-1")
        self.assertEqual(conflict["error"]["code"], "key_conflict")
        self.await_tokens(4500)
        self.paytick.await_settled()

    def show(self):
        return self.paytick.call("POST", "/api/streams/create", {"type": "private", "ticketPrice": 500, "title": "Show",
                                                                 "creatorWallet": self.creator}, 201,
                                 token=self.paytick.dev["platformApiKey"])["id"]

    def test_all_tickets_of_a_stream_are_paid_back_once_even_when_it_is_closed(self):
        self.start()
        key, stream = self.paytick.dev["platformApiKey"], self.show()
        refund = {"streamId": stream, "reason": "the show was cancelled"}
        give_back = lambda order, status=202, **fields: self.paytick.call("POST", "/api/refunds", refund | fields, status,
                                                                          token=key, key=order)
        self.paytick.await_settled()  # the tables are there
        nothing = give_back("all-0")
        self.assertEqual((nothing["tickets"], nothing["refunded"], nothing["left"]), (0, 0, 0))
        self.paytick.call("POST", f"/api/streams/{stream}/tickets/checkout{self.as_viewer}")
        self.paytick.await_settled()
        self.paytick.call("POST", f"/api/content/{stream}/close", token=key)
        first = give_back("all-1")
        self.assertEqual((first["tickets"], first["refunded"], first["amount"], first["left"]), (1, 1, "0.5000000", 0))
        self.assertEqual(give_back("all-1"), first)
        self.await_tokens(5000)
        self.paytick.await_settled()
        self.assertEqual(give_back("all-2"), first, "by the tables")
        viewer = self.paytick.dev["viewer"]["publicKey"]
        self.assertEqual(give_back("one", viewer=viewer)["amount"], "0.5000000")
        given = [item for item in self.paytick.history(self.paytick.dev["viewer"]["meter"]) if item["kind"] == "credit"]
        self.assertEqual([item["amount"] for item in given], ["0.5000000"])
        self.await_tokens(5000)

    def test_a_closed_stream_s_ticket_is_paid_back_to_one_viewer(self):
        self.start()
        key, stream = self.paytick.dev["platformApiKey"], self.show()
        self.paytick.call("POST", f"/api/streams/{stream}/tickets/checkout{self.as_viewer}")
        self.paytick.call("POST", f"/api/content/{stream}/close", token=key)
        self.paytick.await_settled()
        refund = {"streamId": stream, "viewer": self.paytick.dev["viewer"]["publicKey"], "reason": "cancelled"}
        for order in ("r-1", "r-1", "r-2"):
            self.assertEqual(self.paytick.call("POST", "/api/refunds", refund, 202, token=key, key=order)["amount"], "0.5000000")
        self.await_tokens(5000)
        self.paytick.await_settled()


if __name__ == "__main__":
    unittest.main(verbosity=2)
