"""Outside producers over a real broker, with the roles as processes: what kcat and a JavaScript client write to
heartbeats-in is billed once, also when the instance that bridges is killed; what they may not say is on record."""
import collections
import json
import pathlib
import subprocess
import time
import unittest

from running_roles import Roles

CLIENT = pathlib.Path(__file__).resolve().parents[1] / "integration/bridge"
BEATS = 12
SESSIONS = 12


class BridgeTest(unittest.TestCase):
    def setUp(self):
        if not (CLIENT / "node_modules").exists():
            subprocess.run(["npm", "ci", "--no-progress"], cwd=CLIENT, check=True, stdout=subprocess.DEVNULL)
        self.roles = Roles(settings="[bridge]\nunknown_ms = 10000\n")
        self.addCleanup(self.roles.remove)

    def lines(self, content, start):
        """Opens and heartbeats by session; the sessions of the viewer do not overlap."""
        viewer = self.roles.dev["viewer"]
        for n in range(SESSIONS):
            names = {"session": f"room-{n}", "attachment": f"tab-{n}"}
            at = start + n * 20_000
            yield [{"type": "open", "viewer": viewer["publicKey"], "meter": viewer["meter"], "content": content, "at": at}
                   | names, *({"type": "heartbeat", "seq": k, "at": at + k * 1000} | names for k in range(BEATS))]

    def forbidden(self, content, at):
        """By the code that they are refused with."""
        viewer, creator = self.roles.dev["viewer"], self.roles.dev["creator"]
        names = {"session": "bad", "attachment": "bad"}
        opening = {"type": "open", "viewer": viewer["publicKey"], "meter": viewer["meter"], "content": content, "at": at} | names
        return {
            "forbidden_field": opening | {"plan": {"pricePerTick": 1}},
            "forbidden_type": {"v": 1, "type": "meter", "viewer": viewer["publicKey"], "meter": viewer["meter"],
                               "deposited": 10**9, "refunded": 0, "paid": 0, "allowance": 10**9, "version": 10**9, "ledger": 1},
            "foreign_contract": opening | {"viewer": creator["publicKey"]},
            "unknown_session": {"type": "heartbeat", "at": at, "session": "another platform's", "attachment": "x"},
            "malformed_json": "garbage",
        }

    @staticmethod
    def text(lines):
        return "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)

    def kcat(self, lines):
        subprocess.run(["kcat", "-P", "-b", self.roles.kafka.bootstrap, "-t", "paytick.heartbeats-in", "-X", "acks=all",
                        "-X", "partitioner=random"], input=self.text(lines), text=True, check=True, timeout=60)

    def javascript(self, lines):
        file = self.roles.folder / "lines.ndjson"
        file.write_text(self.text(lines))
        subprocess.run(["node", CLIENT / "produce.mjs", self.roles.kafka.bootstrap, "paytick.heartbeats-in", file],
                       check=True, timeout=60, stdout=subprocess.DEVNULL)

    def refusals(self):
        read = subprocess.run(["kcat", "-C", "-e", "-q", "-b", self.roles.kafka.bootstrap, "-t", "paytick.refusals",
                               "-o", "beginning"], capture_output=True, text=True, check=True, timeout=60)
        return [json.loads(line) for line in read.stdout.splitlines() if line]

    def bridging(self):
        return [process for process in self.roles.of("ingest")
                if process.process.poll() is None and process.metric("paytick_bridge_running") == 1]

    def test_it_is_billed_once(self):
        roles = self.roles.start(ingest=2)
        content = roles.content()
        start = int(time.time() * 1000) - 400_000
        first, = roles.wait_for("a bridge", self.bridging)
        sessions = list(self.lines(content, start))
        forbidden = self.forbidden(content, start)

        # Two thirds of everything, the heartbeats of some sessions before their opens; then the bridge is killed.
        self.kcat([line for session in sessions[: SESSIONS // 2] for line in reversed(session)])
        self.javascript([line for session in sessions[SESSIONS // 3:] for line in session[: BEATS // 2]])
        self.kcat(forbidden.values())
        first.kill()
        roles.use(next(process for process in roles.of("ingest") if process is not first))
        # The rest, and much of it again.
        self.javascript([line for session in sessions for line in session[::-1]])
        self.javascript(forbidden.values())

        viewer = roles.dev["viewer"]["meter"]
        roles.wait_for("another bridge", lambda: first not in self.bridging() and self.bridging())
        roles.wait_for("the bill", lambda: sum(
            item["ticks"] for item in roles.history(viewer) if item["kind"] == "session" and item["content"] == content) >= SESSIONS * BEATS)
        codes = roles.wait_for("the refusals", lambda: self.refused(forbidden))
        self.assertEqual(set(codes), set(forbidden))
        for refusal in self.refusals():
            self.assertIn(refusal["text"], {self.text([line]).strip() for line in forbidden.values()})

        report = roles.await_settled()
        self.assertEqual(report["ticks"], SESSIONS * BEATS)
        self.assertEqual(report["charged"], f"{SESSIONS * BEATS / 100:.7f}")
        second, = self.bridging()
        self.assertEqual(second.metric("paytick_bridge_waiting"), 0)
        self.assertEqual(second.stop(), 0, second.log())

    def refused(self, forbidden):
        codes = collections.Counter(refusal["code"] for refusal in self.refusals())
        # kcat sent each once, the other client once or twice.
        return codes if all(codes[code] >= 2 for code in forbidden) else None


if __name__ == "__main__":
    unittest.main(verbosity=2)
