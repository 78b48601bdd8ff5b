"""A player of system 1: pings over a WebSocket, an answer to each."""
import json

import websocket

from contract import check_message


class Player:
    def __init__(self, paytick, content, meter=None, **options):
        self.paytick, self.content = paytick, content
        self.meter = meter or paytick.dev["viewer"]["meter"]
        self.socket = None
        self.resume_token = None
        self.connect(**options)

    def connect(self, **options):
        url = self.paytick.dev["listen"].replace("http", "ws", 1) + "/ws"
        self.socket = websocket.create_connection(url, timeout=20, **options)

    def send(self, **fields):
        self.socket.send(json.dumps({"type": "ping", "videoId": self.content, "contractId": self.meter} | fields))

    def receive(self):
        answer = check_message(json.loads(self.socket.recv()))
        self.resume_token = answer.get("resumeToken", self.resume_token)
        return answer

    def ping(self, **fields):
        self.send(**fields)
        return self.receive()

    def close(self):
        self.socket.close()
