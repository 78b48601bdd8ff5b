"""Starts and ends a real Kafka broker for a test (scripts/kafka): on free ports, in a folder of its own, gone with the test.

    with Kafka() as kafka:
        use(kafka.bootstrap)
        kafka.restart()        # SIGKILL, and up again with the same ports and data

Topics are the test's to create (`paytick topics apply`), or settings={"auto.create.topics.enable": "true"}.
"""
import contextlib
import ctypes
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import struct
import subprocess
import tempfile

from kafka_proxy import KafkaProxy

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/kafka"
PR_SET_PDEATHSIG = 1
CREATE_TOPICS, DELETE_TOPICS = 19, 20
LIBC = ctypes.CDLL(None)


def die_with_the_test():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class SmallDisk:
    """A file system of a few megabytes, in memory, that only those see who run `inside` it; gone with the test."""
    NAMESPACE = ["--mount"] if os.geteuid() == 0 else ["--mount", "--user"]

    def __init__(self, path, megabytes):
        path.mkdir(parents=True)
        own = [] if os.geteuid() == 0 else ["--map-root-user"]
        script = f"mount -t tmpfs -o size={megabytes}m,mode=0777 tmpfs {path} && echo mounted && exec sleep infinity"
        self.holder = subprocess.Popen(["unshare", *self.NAMESPACE, *own, "sh", "-c", script], stdout=subprocess.PIPE,
                                       preexec_fn=die_with_the_test)
        assert self.holder.stdout.readline() == b"mounted\n"
        self.inside = ["nsenter", "--target", str(self.holder.pid), *self.NAMESPACE]
        self.filler = pathlib.Path(f"/proc/{self.holder.pid}/root{path}/filler")

    @staticmethod
    def possible():
        own = [] if os.geteuid() == 0 else ["--map-root-user"]
        mount = ["mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        return subprocess.run(["unshare", *SmallDisk.NAMESPACE, *own, *mount], capture_output=True).returncode == 0

    def fill(self):
        """To the last byte."""
        with open(self.filler, "ab", buffering=0) as filler:
            for block in (1 << 20, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while filler.write(bytes(block)):
                        pass

    def free(self):
        self.filler.unlink()

    def remove(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()


class Kafka:
    def __init__(self, settings=None, proxied=False, arguments=(), disk_mb=None):
        """`arguments` are more of scripts/kafka's; `proxied` opens another port, behind self.proxy; `disk_mb` is the size of
        its disk, where this machine lets us make one."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="paytick-e2e-kafka-"))
        self.disk = SmallDisk(self.folder / "logs", disk_mb) if disk_mb and SmallDisk.possible() else None
        self.proxy = KafkaProxy() if proxied else None
        self.command = [SCRIPT, "run", "--data", self.folder, *arguments]
        for key, value in (settings or {}).items():
            self.command += ["--set", f"{key}={value}"]
        if proxied:
            self.command += ["--behind", str(self.proxy.port)]
        if self.disk:
            self.command = [*self.disk.inside, *self.command]
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.remove()

    def start(self):
        """Returns when the broker answers clients; after a kill that takes three seconds more."""
        with open(self.folder / "broker.log", "a") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=die_with_the_test)
        waiting = subprocess.Popen([SCRIPT, "await", "--data", self.folder, "--timeout", "90"], stderr=subprocess.PIPE)
        while waiting.poll() is None:
            try:
                waiting.wait(0.05)
            except subprocess.TimeoutExpired:
                if self.process.poll() is not None:
                    waiting.kill()
        waiting.stderr.close()
        if waiting.returncode != 0:
            raise AssertionError("the Kafka broker did not start:\n" + self.log())
        state = json.loads((self.folder / "broker.json").read_text())
        self.bootstrap = f"127.0.0.1:{state['port']}"
        if self.proxy:
            self.proxy.forward_to(state["behind"][str(self.proxy.port)])
        return self

    @property
    def proxied_bootstrap(self):
        return f"127.0.0.1:{self.proxy.port}"

    def kill(self):
        self._end(signal.SIGKILL)

    def stop(self):
        self._end(signal.SIGTERM)

    def restart(self):
        self.kill()
        return self.start()

    def pause(self):
        """Stops it in its tracks: connections stay, nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def fill_disk(self):
        """From now on it can write nothing more: it ends by itself at its next write. free_disk(), start() and all is as
        before."""
        if self.disk:
            self.disk.fill()
        else:
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    def free_disk(self):
        if self.disk:
            self.disk.free()

    def delete_topic(self, name):
        answer = self._ask(DELETE_TOPICS, 1, struct.pack(f">ih{len(name)}si", 1, len(name), name.encode(), 30000))
        assert answer[-2:] == b"\0\0", answer

    def create_topic(self, name, partitions):
        """Empty, with the broker's own settings."""
        answer = self._ask(CREATE_TOPICS, 2, struct.pack(f">ih{len(name)}sihiiib", 1, len(name), name.encode(), partitions, 1,
                                                         0, 0, 30000, 0))
        assert answer[-4:] == b"\0\0\xff\xff", answer  # no error, no words about it

    def log(self):
        return (self.folder / "broker.log").read_text()[-4000:]

    def remove(self):
        self.kill()
        if self.proxy:
            self.proxy.close()
        if self.disk:
            self.disk.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ask(self, api, version, body):
        """The answer to one request of the protocol."""
        with socket.create_connection(("127.0.0.1", int(self.bootstrap.split(":")[1])), 60) as connection:
            request = struct.pack(">hhih", api, version, 0, -1) + body
            connection.sendall(struct.pack(">i", len(request)) + request)
            reader = connection.makefile("rb")
            return reader.read(struct.unpack(">i", reader.read(4))[0])

    def _end(self, how):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)
