"""What must have been billed, from the heartbeats that were acknowledged alone; and what was, read from the raw topic
`ticks` and from PostgreSQL. It shares no code with paytick: DESIGN.md §3 for the bill, §4 and §5.2 for the frames.

For sessions that nothing is given back of: whoever stops does so when the ticks that its heartbeats bought have begun.
"""
import json
import subprocess


def ticks_bought(plan, start, heartbeats):
    """The distinct ticks that heartbeats at these times buy of a session that began at `start`."""
    jitter = min(plan["tickMs"] // 4, 1000) if plan["refundUnused"] else 0
    bought = set()
    for at in heartbeats:
        k = (at - start + jitter) // plan["tickMs"]
        bought.update(range(k, k + plan["heartbeatMs"] // plan["tickMs"]))
    return bought | set(range(plan["minimumTicks"])) if bought else bought


def committed_records(bootstrap, topic):
    """(partition, offset, value) of all that a reader of committed transactions sees, in order by partition."""
    read = subprocess.run(["kcat", "-C", "-e", "-q", "-b", bootstrap, "-t", topic, "-o", "beginning",
                           "-X", "isolation.level=read_committed", "-f", "%p %o %S\n%s\n"],
                          capture_output=True, timeout=120)
    assert read.returncode == 0, read.stderr.decode()
    rest, records = memoryview(read.stdout), []
    while rest:
        head = bytes(rest[:80]).split(b"\n", 1)[0]
        partition, offset, size = map(int, head.split())
        begin = len(head) + 1
        records.append((partition, offset, bytes(rest[begin:begin + size])))
        rest = rest[begin + size + 1:]
    return sorted(records, key=lambda record: record[:2])


class Bill:
    """The topic `ticks`, folded by its frames."""

    def __init__(self, records):
        self.sessions = {}  # id -> (reference, content)
        self.ticks = {}     # id -> set of ticks
        self.price = {}     # id -> of a tick
        self.charged = {}   # (partition, sum) -> cumulative, by its newest line
        self.fences = self.frames = self.ignored = 0
        epoch, owner, position, held = {}, {}, {}, {}
        for partition, offset, value in records:
            lines = [json.loads(line) for line in value.splitlines()]
            head, lines = lines[0], lines[1:]
            assert head["partition"] == partition
            if head["type"] == "fence":
                self.fences += 1
                if head["epoch"] > epoch.get(partition, 0):  # the first fence of an epoch counts
                    epoch[partition], owner[partition] = head["epoch"], head["owner"]
                    held[partition] = []
                continue
            assert head["type"] == "frame" and head["n"] == len(lines), head
            if head["epoch"] < epoch[partition]:
                self.ignored += 1
                continue
            assert head["epoch"] == epoch[partition], f"an epoch without a fence, at {partition}/{offset}"
            assert head["from"] == position.get(partition, 0), f"gap or overlap at {partition}/{offset}: {head}"
            self.frames += 1
            held.setdefault(partition, []).extend(lines)
            if not head.get("more"):
                position[partition] = head["to"]
                for line in held.pop(partition):
                    self.read(partition, line)

    def read(self, partition, line):
        session = line.get("session")
        if line["type"] == "opened":
            assert session not in self.sessions
            self.sessions[session] = (line.get("reference"), line["content"])
            self.ticks[session], self.price[session] = set(), line["plan"]["pricePerTick"]
        elif line["type"] in ("tick", "adjust"):
            ticks = set(range(line["k"], line["k"] + line["n"]))
            if line["type"] == "tick":
                assert not ticks & self.ticks[session], f"bought twice: {line}"
                self.ticks[session] |= ticks
            else:
                assert ticks <= self.ticks[session], f"given back without having been bought: {line}"
                self.ticks[session] -= ticks
            assert line["ticks"] == len(self.ticks[session]), line
            self.charged[partition, line["sum"]] = line["charged"]

    def ticks_of(self, contents):
        """Reference -> ticks, of the sessions of these contents."""
        found = {}
        for session, (reference, content) in self.sessions.items():
            if content in contents:
                assert reference not in found, f"two sessions for {reference}"
                found[reference] = self.ticks[session]
        return found

    def adds_up(self):
        """The cumulative sums are those of the ticks."""
        return sum(self.charged.values()) == sum(len(t) * self.price[s] for s, t in self.ticks.items())


def billed_in_postgres(url, contents):
    """Reference -> (ticks, amount in the smallest unit)."""
    query = ("COPY (SELECT reference, ticks, amount FROM paytick.session_report WHERE content IN (" +
             ", ".join(f"'{content}'" for content in contents) + ")) TO STDOUT")
    told = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", query], capture_output=True,
                          text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    rows = [line.split("\t") for line in told.stdout.splitlines()]
    assert len({reference for reference, _, _ in rows}) == len(rows), "two sessions for a reference"
    return {reference: (int(ticks), int(amount)) for reference, ticks, amount in rows}
