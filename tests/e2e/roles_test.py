"""The roles as processes of their own over a real broker, several of each."""
import json
import os
import time
import unittest

from player import Player
from running_roles import Roles


class StoryTest(unittest.TestCase):
    def test_twelve_pings_cost_twelve_ticks_on_every_side(self):
        roles = Roles()
        self.addCleanup(roles.remove)
        roles.start()
        played = roles.run("play")
        self.assertEqual(played.returncode, 0, played.stdout + played.stderr + roles.log())
        self.assertIn("on the socket       4.8800000 XLM left", played.stdout)
        self.assertIn("with the creator    0.1200000 XLM more than before", played.stdout)
        self.assertIn("in PostgreSQL       12 ticks, 0.1200000 XLM", played.stdout)
        report = roles.await_settled()
        self.assertEqual((report["charged"], report["settled"], report["ticks"]), ("0.1200000", "0.1200000", 12))
        self.assertTrue(report["databaseChecked"] and report["chainChecked"])
        for process in roles.processes:
            self.assertEqual(process.stop(), 0, process.log())
            self.assertIn(f"{process.name}: ended", process.log())


if __name__ == "__main__":
    unittest.main(verbosity=2)
