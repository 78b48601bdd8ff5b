"""What `paytick up` says when it cannot start, and that it harms nothing by trying."""
import pathlib
import socket
import subprocess
import tempfile
import unittest

from running_paytick import PAYTICK, Paytick


def up(data, listen):
    return subprocess.run([PAYTICK, "up", "--dev", "--data", data, "--listen", listen], capture_output=True, text=True,
                          timeout=120)


class StartTest(unittest.TestCase):
    def test_a_second_one_on_the_folder_is_refused_and_the_first_serves_on(self):
        paytick = Paytick()
        self.addCleanup(paytick.remove)
        paytick.start()
        second = up(paytick.data, "127.0.0.1:0")
        self.assertEqual(second.returncode, 1)
        self.assertIn(f"(pid {paytick.process.pid})", second.stderr)
        self.assertIn("(data_in_use)", second.stderr)
        self.assertNotIn("starting", second.stderr)
        self.assertTrue((paytick.data / "dev.json").exists(), "others find the first by this file")
        played = paytick.run("play", "--pings", "2", "--tick-ms", "200")
        self.assertEqual(played.returncode, 0, played.stderr)
        self.assertEqual(paytick.stop(), 0, paytick.log())

    def test_what_a_killed_one_leaves_is_not_taken_for_a_running_one(self):
        paytick = Paytick()
        self.addCleanup(paytick.remove)
        paytick.start()
        paytick.kill()
        self.assertTrue((paytick.data / "dev.json").exists())
        verified = paytick.run("verify")
        self.assertEqual(verified.returncode, 0, verified.stderr)
        self.assertIn("the log agrees with itself", verified.stdout)
        played = paytick.run("play")
        self.assertEqual(played.returncode, 1)
        self.assertIn("is of a paytick that was killed: start `paytick up --dev`", played.stderr)

    def test_a_port_in_use_is_told_with_the_way_out(self):
        with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as other:
            refused = up(folder, f"127.0.0.1:{other.getsockname()[1]}")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("Address already in use. Name another port with --listen", refused.stderr)

    def test_an_address_that_is_none_is_told_before_anything_starts(self):
        with tempfile.TemporaryDirectory() as folder:
            refused = up(pathlib.Path(folder) / "data", "8080")
            self.assertEqual(refused.returncode, 2)
            self.assertIn("'8080' is not address:port, as 127.0.0.1:8080", refused.stderr)
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [])


if __name__ == "__main__":
    unittest.main()
