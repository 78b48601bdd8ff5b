"""Everybody who may knock, with a credential: tokens of wallets and of platforms, keys, and what is none of them."""
import base64
import json
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wallet import log_in

SCOPES = ["ingest", "backfill", "catalogue", "read"]


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def strkey(version, key):
    data = bytes([version]) + key
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xffff
    return base64.b32encode(data + crc.to_bytes(2, "little")).decode()


def new_wallet():
    """Keys as dev.json has them, of an account that nothing is known of."""
    key = Ed25519PrivateKey.generate()
    seed = key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
    return {"publicKey": strkey(6 << 3, public(key)), "secret": strkey(18 << 3, seed)}


def public(key):
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def operator_key(paytick):
    return (paytick.data / "operator.key").read_text().strip()


class Platform:
    """A platform with keys, and with viewers whose tokens it signs itself."""

    def __init__(self, paytick, name):
        self.paytick, self.name = paytick, name
        made = self.make(scopes=SCOPES)
        self.id, self.key, self.key_id = made["platform"], made["key"], made["id"]
        self.signer = Ed25519PrivateKey.generate()
        self.kid = self.make(platform=self.id, viewerKey=base64url(public(self.signer)))["id"]

    def make(self, **order):
        return self.paytick.call("POST", "/v1/keys", {"label": self.name} | order, status=201, token=operator_key(self.paytick))

    def key_with(self, *scopes):
        return self.make(platform=self.id, scopes=list(scopes))["key"]

    def viewer_token(self, account, header=None, signer=None, **claims):
        header = {"alg": "EdDSA", "typ": "JWT", "kid": self.kid} | (header or {})
        claims = {"iss": self.id, "sub": account, "aud": "paytick", "exp": int(time.time()) + 600} | claims
        text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        return text + "." + base64url((signer or self.signer).sign(text.encode()))


def everybody(paytick):
    """Name → credential, None for none: those that are good, and those that make nobody of whoever shows them."""
    first, second = Platform(paytick, "first"), Platform(paytick, "second")
    revoked = first.make(platform=first.id, scopes=SCOPES)
    paytick.call("DELETE", "/v1/keys/" + revoked["id"], token=operator_key(paytick))
    viewer = paytick.dev["viewer"]["publicKey"]
    good = {
        "viewer": first.viewer_token(viewer),
        "other viewer": second.viewer_token(new_wallet()["publicKey"]),
        "viewer's wallet": log_in(paytick, paytick.dev["viewer"]),
        "creator": log_in(paytick, paytick.dev["creator"]),
        "other creator": log_in(paytick, new_wallet()),
        "platform": first.key,
        "platform, reads alone": first.key_with("read"),
        "platform, sends alone": first.key_with("ingest"),
        "other platform": second.key,
        "operator": operator_key(paytick),
    }
    nobody = {
        "nobody": None,
        "garbage": "x" * 70,
        "revoked key": revoked["key"],
        "expired viewer": first.viewer_token(viewer, exp=int(time.time()) - 60),
        "another's viewer": first.viewer_token(viewer, signer=second.signer),
        "viewer without a signature": first.viewer_token(viewer, header={"alg": "none"}).rsplit(".", 1)[0] + ".",
        "tampered login": good["creator"][:-1] + ("A" if good["creator"][-1] != "A" else "B"),
    }
    return first, second, good, nobody
