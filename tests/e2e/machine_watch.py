"""What is played in real time says something only while the machine runs. Where all of it stood still (the host of a virtual
machine took the processor, the disk did not answer), a player was late, and its bill is rightly another: then it plays again.
A product that stands still by itself gets no second chance: what is watched is this process and a file of its own."""
import os
import sys
import tempfile
import threading
import time

CALM_S = 0.5  # pings lie 0.3 s into a tick, so that half a second is always left
LOOK_S = 0.05
TRIES = 3


class MachineWatch:
    """The longest time that a thread which only sleeps, or one which only syncs a few bytes, was held up."""

    def __enter__(self):
        self.longest = {"sleep": 0.0, "sync": 0.0}
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._watch, args=look) for look in (("sleep", self._sleep), ("sync", self._sync))]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()

    @property
    def longest_s(self):
        return max(self.longest.values())

    def words(self):
        return "the machine stood still: at most " + ", ".join(f"{s * 1000:.0f} ms in a {name}" for name, s in self.longest.items())

    def _watch(self, name, look):
        with tempfile.TemporaryFile() as file:
            while not self.over.is_set():
                begin = time.monotonic()
                look(file)
                self.longest[name] = max(self.longest[name], time.monotonic() - begin - LOOK_S)

    @staticmethod
    def _sleep(_):
        time.sleep(LOOK_S)

    @staticmethod
    def _sync(file):
        os.pwrite(file.fileno(), b"still there?", 0)
        os.fdatasync(file.fileno())
        time.sleep(LOOK_S)


def undisturbed(prepare, play):
    """What prepare() gave and what play() made of it, in a time in which the machine did not stand still, if there is one."""
    for left in reversed(range(TRIES)):
        subject = prepare()
        with MachineWatch() as watch:
            outcome = play(subject)
        if watch.longest_s < CALM_S or left == 0:
            return subject, outcome
        print(f"{watch.words()}; played once more", file=sys.stderr)
