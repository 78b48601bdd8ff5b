"""Play tokens of a running paytick, checked by the sample of docs/samples as a media server would: it lets play what is paid,
and nothing else."""
import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest
import urllib.error
import urllib.request

from credentials import Platform, base64url
from player import Player
from running_paytick import Paytick

SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "docs/samples/play-tokens.mjs"
NODE = shutil.which("node")

# Checks a token as if it were a given time; prints "ok" or the code of the refusal.
AT_A_TIME = """
const { PlayTokens } = await import(process.env.SAMPLE);
const now = process.argv[4] ? () => Number(process.argv[4]) : Date.now;
try { console.log("ok", JSON.stringify(await new PlayTokens(process.argv[1], { now }).check(process.argv[2], process.argv[3]))); }
catch (error) { console.log(error.code ?? error.message); }
"""


def parts(token):
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]]


def put_together(header, claims, signature):
    return ".".join([*(base64url(json.dumps(part).encode()) for part in (header, claims)), signature])


@unittest.skipUnless(NODE, "Node is not installed")
class PlayTokensTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.paytick = Paytick()
        cls.addClassCleanup(cls.paytick.remove)
        cls.paytick.start()
        cls.jwks = cls.paytick.dev["listen"] + "/.well-known/jwks.json"
        hour = {"tickMs": 3600000, "heartbeatMs": 3600000}  # so that nothing expires while a slow machine checks it
        cls.content, cls.other = cls.paytick.content(**hour), cls.paytick.content(**hour)
        player = Player(cls.paytick, cls.content)
        assert "playToken" not in player.ping(), "only on request"
        cls.answer = player.ping(playToken=True, seq=7)
        player.close()
        cls.token = cls.answer["playToken"]

    def check(self, token, content=None, at=None):
        ran = subprocess.run([NODE, "--input-type=module", "-e", AT_A_TIME, self.jwks, token, content or self.content,
                              *([str(at)] if at else [])], capture_output=True, text=True, timeout=60,
                             env=os.environ | {"SAMPLE": str(SAMPLE)})
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return ran.stdout.strip()

    def test_the_token_says_what_was_paid(self):
        header, claims = parts(self.token)
        self.assertEqual((header["alg"], header["typ"]), ("EdDSA", "play+jwt"))
        self.assertEqual((claims["aud"], claims["content"], claims["session"]), ("play", self.content, self.answer["session"]))
        self.assertEqual(claims["exp"], -(-(self.answer["paidUntil"] + 5000) // 1000))
        told = self.check(self.token)
        self.assertTrue(told.startswith("ok "), told)
        self.assertEqual(json.loads(told[3:]), claims)

    def test_it_lets_play_nothing_else(self):
        header, claims = parts(self.token)
        signature = self.token.split(".")[2]
        exp = claims["exp"] * 1000
        self.assertEqual(self.check(self.token, at=exp), "expired")
        self.assertTrue(self.check(self.token, at=exp - 1).startswith("ok"))
        self.assertEqual(self.check(self.token, content=self.other), "other_content")
        forged = put_together(header, claims | {"content": self.other}, signature)
        self.assertEqual(self.check(forged, content=self.other), "bad_signature")
        self.assertEqual(self.check(put_together(header, claims | {"exp": claims["exp"] + 3600}, signature)), "bad_signature")
        flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
        self.assertEqual(self.check(self.token.rsplit(".", 1)[0] + "." + flipped), "bad_signature")
        for alg in ("none", "HS256", "eddsa", "RS256", None):
            self.assertEqual(self.check(put_together(header | {"alg": alg}, claims, signature)), "wrong_kind")
        self.assertEqual(self.check(put_together(header | {"typ": "JWT"}, claims, signature)), "wrong_kind")
        self.assertEqual(self.check(put_together(header | {"kid": "another"}, claims, signature)), "unknown_key")
        for bad in ("", "a.b", "a.b.c", "..", self.token + ".x", self.token.rsplit(".", 1)[0] + "."):
            self.assertIn(self.check(bad or " "), ("malformed", "wrong_kind"), bad)

    def test_a_viewers_token_is_no_play_token_nor_the_other_way_round(self):
        platform = Platform(self.paytick, "media")
        token = platform.viewer_token(self.paytick.dev["viewer"]["publicKey"], aud="play", content=self.content)
        self.assertEqual(self.check(token), "wrong_kind")
        token = platform.viewer_token(self.paytick.dev["viewer"]["publicKey"], header={"typ": "play+jwt"}, aud="play",
                                      content=self.content)
        self.assertEqual(self.check(token), "unknown_key")
        self.paytick.call("GET", "/v1/me", token=self.token, status=401)

    def test_beside_nginx_it_answers_auth_requests(self):
        server = subprocess.Popen([NODE, str(SAMPLE), self.jwks, "127.0.0.1", "0"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        url = re.search(r"http://\S+", server.stdout.readline())[0]
        for uri, expected in ((f"/media/{self.content}/1.m4s?token={self.token}", 204), (f"/media/{self.other}/1.m4s?token={self.token}", 403),
                              (f"/media/{self.content}/1.m4s", 403), ("", 403)):
            request = urllib.request.Request(url, headers={"X-Original-URI": uri})
            try:
                status = urllib.request.urlopen(request, timeout=30).status
            except urllib.error.HTTPError as refused:
                status = refused.code
                refused.close()
            self.assertEqual(status, expected, uri)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
