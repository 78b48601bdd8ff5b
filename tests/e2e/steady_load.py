"""A steady load of many sessions over POST /v1/heartbeats: each line is sent until it is acknowledged, some twice, in
disorder; what was acknowledged is remembered for the oracle."""
import http.client
import json
import random
import threading
import time
import urllib.error

from bill_oracle import ticks_bought

AWAY = (OSError, http.client.HTTPException, urllib.error.URLError)
BUSY = {"try_again", "draining"}
BEATS_A_SESSION = 60
PLANS = [
    {"tickMs": 100, "heartbeatMs": 100, "pricePerTick": 100, "minimumTicks": 1, "platformBps": 0, "refundUnused": True},
    {"tickMs": 100, "heartbeatMs": 300, "pricePerTick": 7, "minimumTicks": 2, "platformBps": 1000, "refundUnused": False},
    {"tickMs": 150, "heartbeatMs": 300, "pricePerTick": 13, "minimumTicks": 1, "platformBps": 2000, "refundUnused": True},
]


class Seat:
    """One viewer before one content: a session after another, none of which another could continue."""

    def __init__(self, name, meter, viewer, content, plan, moments):
        self.name, self.meter, self.viewer, self.content, self.plan, self.random = name, meter, viewer, content, plan, moments
        self.number = -1
        self.acknowledged = {}  # session -> (start, times of heartbeats)
        self.over = True

    def lines(self, last):
        """What is to be sent now; nothing follows before all of it is acknowledged."""
        now = int(time.time() * 1000)
        if self.over:
            if last:
                return []
            self.number += 1
            self.start, self.sent, self.over = now, 0, False
            self.session = f"{self.name}-{self.number}"
            self.acknowledged[self.session] = (now, [])
            return [self.line("open", now) | {"viewer": self.viewer, "meter": self.meter, "content": self.content}]
        # What lies so far back that all the ticks it buys are over; one beat in six is never sent.
        beat, bought = self.plan["tickMs"], self.plan["heartbeatMs"]
        due = min(BEATS_A_SESSION, (now - self.start - bought) // beat)
        if self.sent >= due and (last or due == BEATS_A_SESSION):
            self.over = True
            return [self.line("stop", now)]
        beats = [k for k in range(self.sent, due) if self.random.random() > 1 / 6]
        self.sent = max(self.sent, due)
        beats += [k for k in beats if self.random.random() < 0.2]
        self.random.shuffle(beats)
        return [self.line("heartbeat", self.start + k * beat + beat // 2) | {"seq": k} for k in beats]

    def line(self, kind, at):
        return {"type": kind, "session": self.session, "attachment": self.session, "at": at}

    def take(self, line):
        if line["type"] == "heartbeat":
            self.acknowledged[line["session"]][1].append(line["at"])

    def wanted(self):
        """Reference -> ticks that must have been billed."""
        return {session: ticks_bought(self.plan, start, beats) for session, (start, beats) in self.acknowledged.items()}


class SteadyLoad(threading.Thread):
    def __init__(self, paytick, seats, seed):
        super().__init__(daemon=True)
        self.paytick, self.seats, self.random = paytick, seats, random.Random(seed)
        self.ending = threading.Event()
        self.given_up = False
        self.failure = None
        self.repeated = 0  # lines that were sent again, because they were not acknowledged

    def run(self):
        try:
            while not self.ending.is_set():
                self.send([(seat, line) for seat in self.seats for line in seat.lines(False)])
                time.sleep(self.random.uniform(0.05, 0.25))
            while not all(seat.over for seat in self.seats):
                self.send([(seat, line) for seat in self.seats for line in seat.lines(True)])
                time.sleep(0.05)
        except Exception as failure:  # noqa: BLE001 - told by the test
            self.failure = failure

    def send(self, left):
        unanswered = set()
        while left:
            assert not self.given_up, "the test has ended"
            body = "".join(json.dumps(line) + "\n" for _, line in left)
            try:
                status, answer = self.paytick.post("/v1/heartbeats", body)
            except AWAY:
                status = None
            if status != 200:
                assert status in (None, 429, 503), f"{status}: {answer}"
                unanswered |= {id(line) for _, line in left}
                self.repeated += len(left)
                time.sleep(0.05)
                continue
            answers = [json.loads(line) for line in answer.splitlines()]
            assert len(answers) == len(left)
            again = []
            for (seat, line), told in zip(left, answers):
                if told["status"] == "accepted":
                    seat.take(line)
                elif told["code"] in BUSY:
                    unanswered.add(id(line))
                    again.append((seat, line))
                else:
                    # A stop that was not answered may have been taken: then the session is gone.
                    gone = line["type"] == "stop" and told["code"] in ("unknown_session", "session_closed")
                    assert gone and id(line) in unanswered, f"refused: {told}, sent {line}"
            self.repeated += len(again)
            left = again
            if left:
                time.sleep(0.05)
