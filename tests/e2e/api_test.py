"""schemas/openapi.yaml against a running gateway: each route that it has is documented, and each that is documented is there.
What the routes answer, every other test checks (contract.py); who may ask, access_test.py does."""
import json
import re
import unittest
import urllib.request

from contract import METHODS, document
from running_paytick import Paytick

NAMES = {"id": "AAAAAAAAAAAAAAAAAAAAAA", "callId": "call_" + "A" * 118}


def plain(path):
    """Whatever the parameters are called."""
    return re.sub(r"\{\w+\}|:\w+", "{}", path)


class ApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.paytick = Paytick()
        cls.addClassCleanup(cls.paytick.remove)
        cls.paytick.start()
        cls.documented = [(method.upper(), path, item[method]) for path, item in document("openapi.yaml")["paths"].items()
                          for method in METHODS if method in item]

    def probe(self, method, path, **headers):
        """Status and code of a request with made-up names and without a body."""
        for name in re.findall(r"\{(\w+)\}", path):
            account = self.paytick.dev["creator"]["publicKey"]
            path = path.replace("{" + name + "}", NAMES.get(name, account))
        request = urllib.request.Request(self.paytick.dev["listen"] + path, data=b"" if method == "POST" else None,
                                         headers=headers, method=method)
        status, body = self.paytick.ask(request)
        return status, json.loads(body)["error"]["code"] if status >= 400 and body.startswith('{"error"') else None

    def test_what_is_registered_is_what_is_documented(self):
        operator = (self.paytick.data / "operator.key").read_text().strip()
        routes = self.paytick.call("GET", "/v1/routes", token=operator)["items"]
        registered = {(method, plain(path)) for method, path in map(str.split, routes)}
        documented = {(method, plain(path)) for method, path, _ in self.documented}
        self.assertEqual(sorted(registered - documented), [], "not in schemas/openapi.yaml")
        self.assertEqual(sorted(documented - registered), [], "not registered")

    def test_what_is_documented_answers(self):
        for method, path, operation in self.documented:
            if "text/event-stream" in str(operation["responses"].get("200")):
                continue  # it would not end
            with self.subTest(f"{method} {path}"):
                self.assertNotIn(self.probe(method, path)[1], ("not_found", "method_not_allowed", "internal"))

    def test_other_methods_are_refused(self):
        for path, item in document("openapi.yaml")["paths"].items():
            for method in ("GET", "POST", "DELETE", "PUT"):
                if method.lower() not in item:
                    with self.subTest(f"{method} {path}"):
                        self.assertIn(self.probe(method, path), ((405, "method_not_allowed"), (401, "unauthorized")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
