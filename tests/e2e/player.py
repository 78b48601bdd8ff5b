"""A player of system 1: pings over a WebSocket, an answer to each; what else it is told is kept as news."""
import json

import websocket

from contract import check_message


class Player:
    def __init__(self, paytick, content, meter=None, **options):
        self.paytick, self.content = paytick, content
        self.meter = meter or paytick.dev["viewer"]["meter"]
        self.socket = None
        self.resume_token = None
        self.news = []
        self.connect(**options)

    def connect(self, **options):
        url = self.paytick.dev["listen"].replace("http", "ws", 1) + "/ws"
        self.socket = websocket.create_connection(url, timeout=20, **options)

    def send(self, **fields):
        self.socket.send(json.dumps({"type": "ping", "videoId": self.content, "contractId": self.meter} | fields))

    def receive(self):
        """The next answer to a ping."""
        while (message := self.next())["type"] not in ("tick", "error"):
            self.news.append(message)
        return message

    def next(self):
        message = check_message(json.loads(self.socket.recv()))
        self.resume_token = message.get("resumeToken", self.resume_token)
        return message

    def await_news(self, type_):
        """The oldest news of this type that was not taken yet; nothing else is lost but answers to pings."""
        while not (found := [message for message in self.news if message["type"] == type_]):
            self.news.append(self.next())
        self.news.remove(found[0])
        return found[0]

    def say(self, **message):
        self.socket.send(json.dumps(message))

    def ping(self, **fields):
        self.send(**fields)
        return self.receive()

    def close(self):
        self.socket.close()
