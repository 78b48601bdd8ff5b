"""A steady load on meters of its own, and the judgement of what became of it: what was acknowledged is what was billed, to
the stroop, on the topic `ticks`, in PostgreSQL and on chain. bill_oracle.py is the judge; it shares no code with the fold."""
import json
import random
from decimal import Decimal

from bill_oracle import Bill, billed_in_postgres, committed_records
from steady_load import PLANS, Seat, SteadyLoad


class JudgedLoad:
    def __init__(self, roles, meters, loads, seed):
        """Opens so many meters, and waits until they are settled; `loads` threads will send."""
        self.roles, self.seed, self.loads_n = roles, seed, loads
        funded = roles.run("load", "--fund", "--viewers", str(meters), "--for", "1s")
        names = (roles.data / "load.meters").read_text().split()[1:]
        assert len(names) == meters, funded.stdout + funded.stderr
        self.before = stroops(roles.await_settled()["charged"])
        self.meters = [(meter, json.loads(roles.get("/api/account/history?meter=" + meter)[1])["viewer"]) for meter in names]
        self.plans = {roles.content(**plan): plan for plan in PLANS}
        self.loads = []

    def begin(self):
        seats = [Seat(f"{m}-{c}", meter, viewer, content, plan, random.Random(f"{self.seed} {m} {c}"))
                 for m, (meter, viewer) in enumerate(self.meters) for c, (content, plan) in enumerate(self.plans.items())]
        self.loads = [SteadyLoad(self.roles, seats[i::self.loads_n], self.seed * 100 + i) for i in range(self.loads_n)]
        for load in self.loads:
            load.start()

    def acknowledged(self):
        """Heartbeats so far."""
        return sum(len(beats) for seat in self.seats() for _, beats in list(seat.acknowledged.values()))

    def repeated(self):
        return sum(load.repeated for load in self.loads)

    def seats(self):
        return [seat for load in self.loads for seat in load.seats]

    def check(self):
        """That nothing was refused that must not be."""
        failures = [load.failure for load in self.loads if load.failure]
        assert not failures, f"{failures}\n{self.roles.log()}"

    def give_up(self):
        for load in self.loads:
            load.given_up = True
        self.end()

    def end(self):
        """Ends when all that was sent was acknowledged."""
        for load in self.loads:
            load.ending.set()
        for load in self.loads:
            load.join()

    def judge(self, test, patience_s, besides=()):
        """Gives the Bill. `besides` are contents that others played meanwhile: what the log says of them is believed."""
        self.end()
        self.check()
        wanted, money, prices = {}, 0, {}
        for seat in self.seats():
            wanted |= seat.wanted()
            money += sum(map(len, seat.wanted().values())) * seat.plan["pricePerTick"]
            prices |= dict.fromkeys(seat.acknowledged, seat.plan["pricePerTick"])
        roles = self.roles
        roles.wait_for("no lag", lambda: sum(process.metric("paytick_aggregator_lag_records")
                                             for process in roles.of("aggregate")) < 10, patience_s)
        report = roles.await_settled(patience_s)
        test.assertTrue(report["chainChecked"] and report["databaseChecked"])
        bill = Bill(committed_records(roles.kafka.bootstrap, "paytick.ticks"))
        test.assertEqual(bill.ticks_of(self.plans), wanted)
        test.assertTrue(bill.adds_up())
        test.assertEqual(billed_in_postgres(roles.dev["databaseUrl"], self.plans),
                         {session: (len(ticks), len(ticks) * prices[session]) for session, ticks in wanted.items()})
        # What the log charged, and the contracts paid, is the oracle's sum and nothing beside it.
        others = sum(len(ticks) * bill.price[session] for session, ticks in bill.ticks.items()
                     if bill.sessions[session][1] in besides)
        test.assertEqual(stroops(report["charged"]) - self.before, money + others)
        print(f"{len(wanted)} sessions, {sum(map(len, wanted.values()))} ticks, {money} stroops; {bill.frames} frames after "
              f"{bill.fences} fences, {bill.ignored} of lower epochs; {self.repeated()} lines were sent again", flush=True)
        return bill


def stroops(amount):
    return int(Decimal(amount) * 10_000_000)
