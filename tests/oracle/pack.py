#!/usr/bin/env python3
"""Packs cases of the model of the bill (bill.py) for oracle_test.cc: one JSON object a line, events as arrays.

  pack.py BILL_PY --stories CASES_JSON     the worked stories
  pack.py BILL_PY --random FIRST COUNT     random cases of the seeds FIRST … FIRST+COUNT-1

An event is [type, t, …]: t counts from the case's t0, `at` from the event's t. README.md lists the fields.
"""
import importlib.util
import json
import multiprocessing
import sys


def load(path):
    spec = importlib.util.spec_from_file_location("bill", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FIELDS = {
    "open": ["at", "session", "attachment", "viewer", "meter", "content", "creator", "plan", "gateway", "boot", "resume"],
    "heartbeat": ["at", "attachment"],
    "stop": ["at", "attachment"],
    "clock": [],
    "gateway": ["gateway", "boot"],
    "meter": ["viewer", "meter", "deposited", "refunded", "allowance", "version"],
    "limit": ["viewer", "amount", "period"],
    "pause": ["viewer", "session"],
    "resume": ["viewer", "session"],
    "freeze": ["viewer"],
    "unfreeze": ["viewer"],
    "charge": ["viewer", "meter", "creator", "bps", "key", "amount", "kind"],
    "credit": ["viewer", "meter", "amount", "reason"],
}
PLAN = ["tickMs", "pricePerTick", "heartbeatMs", "minimumTicks", "platformBps", "refundUnused"]


def pack(case):
    t0 = case["events"][0]["t"]
    plans = []

    def value(event, field):
        if field == "at":
            return event["at"] - event["t"]
        if field == "plan":
            plan = [int(event["plan"][name]) for name in PLAN]
            if plan not in plans:
                plans.append(plan)
            return plans.index(plan)
        return event.get(field)

    events = []
    for event in case["events"]:
        kind = event["type"]
        packed = [kind, event["t"] - t0] + [value(event, field) for field in FIELDS[kind]]
        while packed[-1] is None:
            packed.pop()
        events.append(packed)
    return {"name": case["name"], "t0": t0, "plans": plans, "events": events, "expect": case["expect"]}


def text(case):
    return json.dumps(pack(case), separators=(",", ":"))


def start(path):
    global bill
    bill = load(path)


def random_text(seed):
    return text(bill.a_case(seed))


def main(args):
    if args[1] == "--stories":
        for case in json.load(open(args[2])):
            print(text(case))
        return
    first, count = int(args[2]), int(args[3])
    # In the order of their seeds, made by as many processes as there are cores.
    with multiprocessing.Pool(initializer=start, initargs=(args[0],)) as pool:
        for line in pool.imap(random_text, range(first, first + count), chunksize=50):
            print(line)


if __name__ == "__main__":
    main(sys.argv[1:])
