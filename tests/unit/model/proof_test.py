#!/usr/bin/env python3
"""Computes the proofs of schemas/golden/proof.ndjson from schemas/PROOF.md, with nothing of paytick.

Usage: proof_test.py SCHEMAS_FOLDER
"""

import base64
import hashlib
import json
import pathlib
import sys

REASONS = ["stop", "pause", "freeze", "gateway", "refund", "content"]
KINDS = ["tip", "ticket", "block"]
ZERO = bytes(32)


def number(value, size):
    return (value % (1 << 8 * size)).to_bytes(size, "little")


def raw(text):
    """The bytes of an id or a proof."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def strkey(text):
    return base64.b32decode(text)[1:33]


def bought(line):
    return raw(line["session"]) + number(line["sum"], 4) + number(line["k"], 8) + number(line["n"], 4) + number(
        line["price"], 8
    ) + number(line["start"], 8)


def after(line):
    return b"".join(number(line[name], 8) for name in ("ticks", "charged", "due", "paidUntil", "spendable"))


def fields(line, sums):
    kind = line["type"]
    if kind == "opened":
        plan, total = line["plan"], sums[line["sum"]]
        return (
            b"\1" + raw(line["session"]) + number(line["sum"], 4) + strkey(line["viewer"])
            + strkey(total["meter"]) + strkey(total["creator"]) + number(total["bps"], 2)
            + raw(line["content"]) + raw(plan["id"]) + number(plan["tickMs"], 4) + number(plan["pricePerTick"], 8)
            + number(plan["heartbeatMs"], 4) + number(plan["minimumTicks"], 4) + number(plan["platformBps"], 2)
            + number(plan["refundUnused"], 1) + number(line["start"], 8)
            + (raw(line["platform"]) if "platform" in line else bytes(16)) + line.get("reference", "").encode()
        )
    if kind == "tick":
        return b"\2" + bought(line) + after(line)
    if kind == "adjust":
        return b"\3" + bought(line) + number(REASONS.index(line["reason"]), 1) + after(line)
    if kind == "closed":
        return b"\4" + raw(line["session"]) + b"".join(number(line[name], 8) for name in ("at", "ticks", "amount"))
    if kind == "charge":
        moved = b"".join(number(line[name], 8) for name in ("amount", "charged", "due", "spendable", "at"))
        return b"\6" + number(line["sum"], 4) + number(KINDS.index(line["kind"]), 1) + moved + line["key"].encode()
    raise ValueError(kind)


def link(previous, packed):
    return hashlib.blake2b(previous + packed, digest_size=32).digest()


def main(folder):
    sums, sessions, meters, wrong = {}, {}, {}, 0
    golden = pathlib.Path(folder) / "golden" / "proof.ndjson"
    lines = [json.loads(line) for line in golden.read_text(encoding="utf-8").removesuffix("\n").split("\n")]
    for line in lines:
        if line["type"] == "sum":
            sums[line["sum"]] = line
            continue
        if line["type"] == "charge":
            chain, key = meters, sums[line["sum"]]["meter"]
            previous = chain.get(key) or link(ZERO, b"\5" + strkey(key))
        else:
            chain, key = sessions, line["session"]
            previous = chain.get(key, ZERO)
        chain[key] = link(previous, fields(line, sums))
        text = base64.urlsafe_b64encode(chain[key]).decode().rstrip("=")
        if text != line["proof"]:
            print(f"{line['type']}: the proof is {text} by PROOF.md, {line['proof']} on record")
            wrong += 1
    print(f"{len(lines)} lines, {wrong} wrong")
    return 1 if wrong or not sessions or not meters else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
