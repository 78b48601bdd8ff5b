"""A wallet that logs in: it signs messages as SEP-53 has it. Shares no code with paytick."""
import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def sign(secret, message):
    """The signature of a message under a Stellar secret (S…), in base64."""
    seed = base64.b32decode(secret)[1:33]
    digest = hashlib.sha256(b"Stellar Signed Message:\n" + message.encode()).digest()
    return base64.b64encode(Ed25519PrivateKey.from_private_bytes(seed).sign(digest)).decode()


def log_in(paytick, who):
    """A session token of `who`, {"publicKey", "secret"}."""
    account = who["publicKey"]
    challenge = paytick.call("POST", "/v1/login/challenge", {"account": account})
    return paytick.call("POST", "/v1/login", {
        "account": account, "message": challenge["message"], "signature": sign(who["secret"], challenge["message"])})["token"]
