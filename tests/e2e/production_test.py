"""`paytick up` without --dev: chain, database and secrets from configuration, as an operator runs it."""
import json
import os
import re
import signal
import subprocess
import time
import unittest
import urllib.request

import websocket

from outage_test import command_of, children, wait_for
from player import Player
from running_paytick import PAYTICK, Paytick
from wallet import log_in

LOCALNET = os.environ["PAYTICK_LOCALNET"]


class ProductionTest(unittest.TestCase):
    def setUp(self):
        # Development mode makes the network, the contracts and the database; then they are run by themselves.
        self.dev = Paytick()
        self.addCleanup(self.dev.remove)
        self.dev.start()
        self.postgres_command = next(command_of(pid) for pid in children(self.dev.process.pid)
                                     if os.path.basename(command_of(pid)[0]) == b"postgres")
        self.system = self.dev.dev
        self.assertEqual(self.dev.stop(), 0, self.dev.log())
        self.secrets = json.loads((self.dev.data / "secrets.json").read_text())
        self.rpc_url = self.start_network()
        self.start_database()
        self.create_database()
        self.log = self.dev.folder / "production.log"

    def start_network(self, listen="127.0.0.1:0"):
        ready = self.dev.folder / "ready.json"
        ready.unlink(missing_ok=True)
        self.node = subprocess.Popen([LOCALNET, "--data", self.dev.data / "stellar/ledger", "--listen", listen, "--ledger-ms",
                                      "200", "--ready-file", ready], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.node.wait)
        self.addCleanup(self.node.terminate)
        wait_for("the network", ready.exists)
        return json.loads(ready.read_text())["rpcUrl"]

    def start_database(self):
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--inh-caps=+dac_read_search",
                   "--ambient-caps=+dac_read_search"] if os.geteuid() == 0 else []
        self.server = subprocess.Popen([*as_user, *self.postgres_command], stderr=subprocess.DEVNULL)
        self.addCleanup(self.server.wait)
        self.addCleanup(self.server.send_signal, signal.SIGINT)

    def create_database(self):
        # Tables belong to one log; this one is another.
        wait_for("the database", lambda: subprocess.run(
            ["psql", self.system["databaseUrl"], "-qc", "CREATE DATABASE production"], capture_output=True).returncode == 0)
        self.database_url = self.system["databaseUrl"].replace("///paytick?", "///production?")

    def configuration(self, **replace):
        values = {"rpc_url": self.rpc_url, "network_passphrase": self.system["networkPassphrase"],
                  "router": self.system["router"]} | replace
        file = self.dev.folder / "paytick.toml"
        chain = "\n".join(f'{key} = "{value}"' for key, value in values.items())
        file.write_text(f'data = "{self.dev.folder}/production"\n[gateway]\nlisten = "127.0.0.1:0"\n'
                        f'[chain]\n{chain}\n[settlement]\nmax_age_s = 1\nmax_fee_share_bps = 10000\n')
        key = self.dev.folder / "settler.key"
        key.write_text(self.secrets["settler"] + "\n")
        environment = os.environ | {
            "DATABASE_URL": self.database_url, "PAYTICK_SETTLER_SECRET_FILE": str(key),
            "PAYTICK_OPERATOR_SECRET": self.secrets["operator"], "PAYTICK_PLATFORM_API_KEY": "pk_production"}
        return file, environment

    def up(self, file, environment):
        """Started, and listening; ready or not."""
        self.log.write_text("")
        with open(self.log, "a") as log:
            process = subprocess.Popen([PAYTICK, "up", "--config", file], env=environment, stdout=log, stderr=log)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        found = wait_for("paytick up", lambda: re.search(r"ready on (http://\S+)", self.log.read_text()))
        self.dev.dev = self.system | {"listen": found[1], "platformApiKey": "pk_production"}
        return process

    def status(self):
        return json.loads(self.dev.get("/readyz")[1])["status"]

    def end(self, process):
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=60), 0, self.log.read_text())

    def play(self, content, session):
        """Twelve ticks of a platform's session; whether all of it was accepted."""
        start = int(time.time() * 1000) - 20_000
        names = {"session": session, "attachment": session}
        lines = [{"type": "open", "viewer": self.system["viewer"]["publicKey"], "meter": self.system["viewer"]["meter"],
                  "content": content, "at": start} | names]
        lines += [{"type": "heartbeat", "seq": k, "at": start + k * 1000} | names for k in range(12)]
        status, body = self.dev.post("/v1/heartbeats", "".join(json.dumps(line) + "\n" for line in lines))
        return status == 200 and all(json.loads(line)["status"] == "accepted" for line in body.splitlines())

    def await_settled(self, file, environment, amount):
        def settled():
            verified = subprocess.run([PAYTICK, "verify", "--json", "--config", file], env=environment,
                                      capture_output=True, text=True)
            self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr + self.log.read_text())
            report = json.loads(verified.stdout)
            return report if report["settled"] == amount else None
        report = wait_for("the settlement", settled)
        self.assertTrue(report["chainChecked"] and report["databaseChecked"])
        self.assertEqual(report["charged"], amount)
        return report

    def test_a_session_is_billed_settled_and_verified(self):
        # The router's events tell this log of the viewer's meter; its own database is fresh.
        file, environment = self.configuration()
        process = self.up(file, environment)
        wait_for("readiness", lambda: self.status() == "ready")
        content = self.dev.content()
        wait_for("the meter", lambda: self.play(content, "s"))
        # Without a login nobody sees or plays anything; the development platform's key is none here.
        status, body = self.dev.get("/api/account/history?meter=" + self.system["viewer"]["meter"])
        self.assertEqual((status, json.loads(body)["error"]["code"]), (401, "unauthorized"))
        player = Player(self.dev, content, suppress_origin=True)
        self.assertEqual(player.ping()["code"], "unauthorized")
        # With one the viewer plays, and sees what it cost.
        token = log_in(self.dev, self.system["viewer"])
        player.say(type="login", token=token)
        self.assertEqual(player.next()["account"], self.system["viewer"]["publicKey"])
        self.assertEqual(player.ping()["type"], "tick")
        player.close()
        # The tables are made beside; billing does not wait for them.
        history = urllib.request.Request(self.dev.dev["listen"] + "/api/account/history", headers={"Authorization": "Bearer " + token})
        wait_for("the tables", lambda: self.dev.ask(history)[0] == 200)
        self.dev.call("GET", "/api/account/history?meter=" + self.system["viewer"]["meter"], token=token)
        # What a creator earned, by whom and with what words, is the creator's and the operator's: not even the platform reads it.
        operator = (self.dev.folder / "production/operator.key").read_text().strip()
        creator, readers = log_in(self.dev, self.system["creator"]), "/api/creators/" + self.system["creator"]["publicKey"]
        for what in ("earnings", "tips", "fans"):
            for who, status in ((token, 403), (None, 401), ("pk_production", 403), (creator, 200), (operator, 200)):
                with self.subTest(what, status=status):
                    self.dev.call("GET", f"{readers}/{what}", status=status, token=who)
            self.dev.call("GET", f"/api/creators/me/{what}", token=creator)
            self.dev.call("GET", f"{readers}/{what}?meter=" + self.system["viewer"]["meter"], status=401)
        with self.assertRaisesRegex(websocket.WebSocketBadStatusException, "403"):
            Player(self.dev, content)  # from a page that nobody has allowed
        status, body = self.dev.post("/v1/heartbeats", "{}\n", key=self.system["platformApiKey"])
        self.assertEqual((status, json.loads(body)["error"]["code"]), (401, "unauthorized"))
        self.assertEqual(self.await_settled(file, environment, "0.1300000")["ticks"], 13)
        self.end(process)

    def test_it_starts_without_chain_and_database_bills_and_catches_up(self):
        file, environment = self.configuration()
        process = self.up(file, environment)
        # One content a session: an open within the paid time of an older session would continue that one.
        contents = [self.dev.content() for _ in range(3)]
        wait_for("the meter", lambda: self.play(contents[0], "before"))
        self.await_settled(file, environment, "0.1200000")
        self.end(process)

        self.node.terminate()
        self.server.send_signal(signal.SIGINT)
        self.node.wait()
        self.server.wait()
        process = self.up(file, environment)
        wait_for("trouble on record", lambda: self.status() == "degraded")
        parts = json.loads(self.dev.get("/readyz")[1])["parts"]
        self.assertIn("database_away", parts["database"])
        self.assertIn("http_unreachable", parts["chain_events"])
        self.assertTrue(self.play(contents[1], "meanwhile"), "billing goes on within the balance that is known")
        process.kill()  # not even then is anything lost
        process.wait()
        process = self.up(file, environment)
        self.assertTrue(self.play(contents[2], "still away"))

        self.start_database()
        self.start_network(self.rpc_url.removeprefix("http://"))
        wait_for("readiness", lambda: self.status() == "ready")
        self.assertEqual(self.await_settled(file, environment, "0.3600000")["ticks"], 36)
        self.end(process)

    def test_what_is_missing_or_wrong_is_told(self):
        file, environment = self.configuration()
        table = {
            "no settler's key": (file, {k: v for k, v in environment.items() if "SETTLER" not in k}, 2, "PAYTICK_SETTLER_SECRET"),
            "no database": (file, {k: v for k, v in environment.items() if k != "DATABASE_URL"}, 2, "database.url"),
            "no such file": (self.dev.folder / "nothing.toml", environment, 2, "nothing.toml"),
        }
        for name, (file_, environment_, code, words) in table.items():
            with self.subTest(name):
                ran = subprocess.run([PAYTICK, "up", "--config", file_], env=environment_, capture_output=True, text=True, timeout=60)
                self.assertEqual(ran.returncode, code, ran.stderr)
                self.assertIn(words, ran.stderr)
        with self.subTest("no router"):
            file, environment = self.configuration(router="nonsense")
            ran = subprocess.run([PAYTICK, "up", "--config", file], env=environment, capture_output=True, text=True, timeout=60)
            self.assertEqual(ran.returncode, 2, ran.stderr)
            self.assertIn("chain.router", ran.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
