"""Server-Sent Events of GET /v1/events, each notice held against schemas/asyncapi.yaml."""
import json
import urllib.request

from contract import check_notice


class Events:
    """A stream of whatever `token` may hear of; without one, of what concerns the viewer of `meter`."""

    def __init__(self, paytick, token=None, query="", last=None):
        headers = {"Authorization": "Bearer " + token} if token else {}
        if last is not None:
            headers["Last-Event-ID"] = last
        request = urllib.request.Request(paytick.dev["listen"] + "/v1/events" + query, headers=headers)
        self.stream = urllib.request.urlopen(request, timeout=30)
        assert self.stream.headers["Content-Type"].split(";")[0] == "text/event-stream", self.stream.headers
        while self.stream.readline() != b": listening\n":
            pass

    def next(self):
        """The next event's fields, as they are sent; `notice` reads the same."""
        event = {}
        while True:
            line = self.stream.readline().decode()
            assert line, "the stream has ended"
            line = line.rstrip("\n")
            if not line and event:
                assert check_notice(json.loads(event["data"]))["type"] == event["event"], event
                return event
            if line and not line.startswith(":"):
                name, value = line.split(": ", 1)
                event[name] = value

    def notice(self):
        return json.loads(self.next()["data"])

    def close(self):
        self.stream.close()
