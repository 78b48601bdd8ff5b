"""The command line without a paytick that runs: what is wrong, in a few lines, and an exit code that says whose fault it is."""
import os
import subprocess
import tempfile
import unittest

from running_paytick import PAYTICK

COMMANDS = ["up", "ingest", "aggregate", "settle", "project", "dev", "play", "refund", "load", "verify", "replay", "simulate"]


class CommandLineTest(unittest.TestCase):
    def run_in_empty_folder(self, *command):
        with tempfile.TemporaryDirectory() as folder:
            environment = {k: v for k, v in os.environ.items() if not k.startswith("PAYTICK_") and k != "DATABASE_URL"}
            done = subprocess.run([PAYTICK, *command], cwd=folder, capture_output=True, text=True, timeout=60,
                                  env=environment)
            self.assertEqual(os.listdir(folder), [], "nothing was made")
        return done

    def expect(self, exit_code, words, *command):
        done = self.run_in_empty_folder(*command)
        self.assertEqual(done.returncode, exit_code, done)
        self.assertIn(words, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertLessEqual(len(done.stderr.splitlines()), 2, done.stderr)

    def test_help_is_there_for_everything_and_names_the_exit_codes(self):
        self.assertIn("replay", self.run_in_empty_folder("--help").stdout)
        for command in COMMANDS:
            done = self.run_in_empty_folder(command, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("Exit codes: 0 ", done.stdout, command)

    def test_what_is_wrong_is_not_hidden_behind_the_help(self):
        self.expect(2, "there is no command 'aggregat'; see paytick --help", "aggregat")
        self.expect(2, "paytick load: The following arguments were not expected", "load", "--vewers", "10")
        self.expect(2, "--ledger-ms", "up", "--dev", "--ledger-ms", "1")
        self.expect(2, "--tick-ms", "play", "--tick-ms", "-5")
        self.expect(2, "'abc' is no amount", "play", "--price", "abc")
        none = self.run_in_empty_folder()
        self.assertEqual(none.returncode, 2)
        for command in COMMANDS:
            self.assertIn(f"\n  {command} ", none.stderr)

    def test_where_nothing_is_the_next_step_is_named(self):
        self.expect(2, "There is no log in .paytick/log; name the data folder", "verify")
        self.expect(2, "Set DATABASE_URL", "replay")
        self.expect(2, "There is no log in .paytick/log", "replay", "--dry-run")
        self.expect(1, "start `paytick up --dev` on this folder", "play")
        self.expect(1, "start `paytick up --dev` on this folder", "refund")
        self.expect(1, "start `paytick up --dev` on this folder", "load")
        self.expect(2, 'set log.engine = "kafka" and kafka.bootstrap, or use `paytick up`', "aggregate")
        self.expect(2, "chain.rpc_url is not set; see docs/configuration.md, or use --dev", "up")


if __name__ == "__main__":
    unittest.main()
