"""Stands between Kafka clients and a broker and spoils single requests, named by their API key. Plaintext only."""
import contextlib
import queue
import socket
import struct
import threading
import time

PRODUCE, FETCH, END_TXN, TXN_OFFSET_COMMIT = 0, 1, 26, 28


class KafkaProxy:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.broker = None
        self.blocked = False
        self.delay_s = 0
        self.changed = threading.Condition()
        self.faults = {}      # api key -> "hold", "cut_before" or "cut_after"; for the next such request
        self.forwarded = {}   # api key -> how many such requests have gone on to the broker
        self.held = None      # of the request that is or was held: waiting, released, answered, lost
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def forward_to(self, broker_port):
        self.broker = broker_port

    def hold_next(self, api):
        """The next request of this kind waits here; its client may give up and hang up meanwhile."""
        self.faults[api] = "hold"

    def await_held(self, patience_s=20):
        with self.changed:
            return self.changed.wait_for(lambda: self.held == "waiting", patience_s)

    def release(self):
        """Lets the held request go on, though its client may be gone; says whether the broker has answered it."""
        with self.changed:
            if self.held != "waiting":
                return False
            self.held = "released"
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.held != "released", 10)
            return self.held == "answered"

    def cut_before(self, api):
        """The next request of this kind never reaches the broker: its connection is cut."""
        self.faults[api] = "cut_before"

    def cut_after(self, api):
        """The next request of this kind reaches the broker; its connection is cut in place of the answer."""
        self.faults[api] = "cut_after"

    def block(self, blocked):
        """While blocked, no connection lives longer than a moment."""
        with self.changed:
            self.blocked = blocked
            for connection in self.connections if blocked else []:
                connection.cut()

    def delay(self, seconds):
        """From now on every answer arrives so much later; requests under way, too. 0: they come as they are made."""
        with self.changed:
            self.delay_s = seconds
            self.changed.notify_all()

    def close(self):
        self.listener.close()
        self.block(True)

    def _accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            try:
                broker = socket.create_connection(("127.0.0.1", self.broker))
            except OSError:
                client.close()
                continue
            for end in client, broker:
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(self, client, broker)
            with self.changed:
                self.connections = [other for other in self.connections if not other.over] + [connection]
                if self.blocked:
                    connection.cut()
            threading.Thread(target=connection.pump_requests, daemon=True).start()
            threading.Thread(target=connection.pump_answers, daemon=True).start()
            threading.Thread(target=connection.hand_over, daemon=True).start()


class Connection:
    def __init__(self, proxy, client, broker):
        self.proxy, self.client, self.broker = proxy, client, broker
        self.cut_at = self.awaited = None  # correlation ids
        self.answers = queue.SimpleQueue()  # (when it came, frame); None at the end
        self.over = False

    def cut(self):
        self.over = True
        for end in self.client, self.broker:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def pump_requests(self):
        proxy = self.proxy
        with contextlib.suppress(OSError):
            for frame in frames(self.client):
                api, _, correlation = struct.unpack_from(">hhi", frame, 4)
                with proxy.changed:
                    fault = proxy.faults.pop(api, None)
                    if fault == "hold":
                        self.awaited, proxy.held = correlation, "waiting"
                        proxy.changed.notify_all()
                        proxy.changed.wait_for(lambda: proxy.held != "waiting")
                    if fault == "cut_after":
                        self.cut_at = correlation
                if fault == "cut_before":
                    break
                self.broker.sendall(frame)
                with proxy.changed:
                    proxy.forwarded[api] = proxy.forwarded.get(api, 0) + 1
        with proxy.changed:  # a held request's answer may still be on its way, though the client has gone
            proxy.changed.wait_for(lambda: self.awaited is None, 10)
        self.cut()

    def pump_answers(self):
        proxy = self.proxy
        with contextlib.suppress(OSError):
            for frame in frames(self.broker):
                correlation = struct.unpack_from(">i", frame, 4)[0]
                if correlation == self.cut_at:
                    break
                if correlation == self.awaited:
                    self._end_waiting("answered")
                self.answers.put((time.monotonic(), frame))
        self.answers.put(None)
        if self.awaited is not None:
            self._end_waiting("lost")

    def hand_over(self):
        """Each answer as late as it has to be, in order."""
        proxy = self.proxy
        while answer := self.answers.get():
            came, frame = answer
            with proxy.changed:
                while not self.over and (left := came + proxy.delay_s - time.monotonic()) > 0:
                    proxy.changed.wait(left)
            with contextlib.suppress(OSError):  # the client may be gone; the broker is heard to the end
                self.client.sendall(frame)
        self.cut()

    def _end_waiting(self, outcome):
        with self.proxy.changed:
            self.awaited, self.proxy.held = None, outcome
            self.proxy.changed.notify_all()


def frames(connection):
    """Each a length of four bytes and that many more, given as they came."""
    reader = connection.makefile("rb")
    while len(head := reader.read(4)) == 4:
        body = reader.read(struct.unpack(">i", head)[0])
        yield head + body
