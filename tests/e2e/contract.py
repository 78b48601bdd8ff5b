"""Holds what a running paytick says against schemas/openapi.yaml and schemas/asyncapi.yaml. running_paytick.py and player.py
pass every answer and message through here, so each test checks them by being one. A client must bear members it does not know;
the tests do not: what is said and not documented is an error here."""
import copy
import functools
import json
import pathlib
import re

import jsonschema
import yaml

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas"
METHODS = ("get", "post", "put", "delete", "patch")
ACCEPTED = re.compile(r'\{"line":[1-9]\d*,"status":"accepted"\}')
AGAIN = (429, 503, 507)  # with which Retry-After comes


def closed(schema):
    """The same, with every object that names its members having no others."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    told = {key: value if key in ("if", "then", "else", "examples", "example") else closed(value)
            for key, value in schema.items()}
    if "properties" in told and (told.get("type") == "object" or told.get("type") == ["object", "null"]):
        told.setdefault("additionalProperties", False)
    return told


@functools.cache
def document(name):
    """As it is written."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((SCHEMAS / name).read_text(), loader)


@functools.cache
def strict(name):
    return closed(copy.deepcopy(document(name)))


def lookup(name, node):
    """The node, or what its $ref points to."""
    while isinstance(node, dict) and set(node) == {"$ref"}:
        found = strict(name)
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        node = found
    return node


def complaints(name, schema, value):
    validator = jsonschema.Draft202012Validator(schema, resolver=jsonschema.RefResolver("", strict(name)))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def agree(name, schema, value, what):
    found = complaints(name, schema, value)
    assert not found, f"{what} is not as schemas/{name} says:\n  " + "\n  ".join(found) + f"\n{json.dumps(value)[:2000]}"


@functools.cache
def operations():
    """(method, path as documented, what it matches, operation), the more literal paths first."""
    rows = []
    for path, item in strict("openapi.yaml")["paths"].items():
        pattern = "/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/"))
        rows += [(method.upper(), path, re.compile(pattern), item[method]) for method in METHODS if method in item]
    return sorted(rows, key=lambda row: row[1].count("{"))


def operation(method, path):
    """(path as documented, operation); nothing when there is no such path, and no operation when not with this method."""
    known = None
    for its, pattern, regex, found in operations():
        if regex.fullmatch(path):
            if its == method:
                return pattern, found
            known = known or pattern
    return known, None


def check_http(method, target, status, headers, body, sent=None):
    """An answer to a request; `headers` maps small names to values, `sent` is the request's body where it is JSON."""
    path = target.split("?")[0]
    pattern, found = operation(method, path)
    what = f"{status} to {method} {path}"
    if method in ("OPTIONS", "HEAD"):
        return
    if status >= 400 and headers.get("content-type", "").startswith("application/json"):
        check_refusal(what, pattern, found, status, headers, body)
    if found is None:
        # Without a path a wrong key or a wrong page may be told of first, but nothing is done.
        assert status >= 400, f"{what}: this is not documented"
        return
    answer = lookup("openapi.yaml", found["responses"].get(str(status), found["responses"]["default"]))
    assert status >= 400 or str(status) in found["responses"], f"{what}: this status is not documented"
    if "content" not in answer:
        assert not body, f"{what}: a body where none is documented"
        return
    media = headers.get("content-type", "").split(";")[0]
    assert media in answer["content"], f"{what}: of the type {media}, documented are {list(answer['content'])}"
    if media == "application/json":
        agree("openapi.yaml", answer["content"][media]["schema"], json.loads(body), what)
    elif media == "application/x-ndjson":
        for line in body.splitlines():
            if not ACCEPTED.fullmatch(line):  # most are of this form; the schema is slow
                agree("openapi.yaml", answer["content"][media]["x-line"], json.loads(line), f"a line of {what}")
    if status < 300 and sent and "application/json" in found.get("requestBody", {}).get("content", {}):
        check_request(what, found, sent)


def check_refusal(what, pattern, found, status, headers, body):
    told = json.loads(body)
    if pattern == "/readyz" and "parts" in told:
        return
    agree("openapi.yaml", {"$ref": "#/components/schemas/Error"}, told, what)
    general = strict("openapi.yaml")["components"]["responses"]["Any"]
    answers = [general] if found is None else [found["responses"].get(str(status), general), general]
    codes = {code for answer in answers for code in lookup("openapi.yaml", answer).get("x-codes", [])}
    if found is None:
        codes.add("unauthorized")
    assert told["error"]["code"] in codes, f"{what}: {told['error']['code']} is not among its codes, {sorted(codes)}"
    if status == 401:
        assert headers.get("www-authenticate", "").startswith("Bearer"), f"{what}: without WWW-Authenticate"
    if status in AGAIN:
        assert int(headers.get("retry-after", "0")) > 0, f"{what}: without Retry-After"


def check_request(what, found, sent):
    """What was taken is what may be sent: a member that is null counts as absent, others that nobody reads are let pass."""
    schema = found["requestBody"]["content"]["application/json"]["schema"]
    given = {key: value for key, value in json.loads(sent).items() if value is not None}
    wrong = [one for one in complaints("openapi.yaml", schema, given) if "Additional properties" not in one]
    assert not wrong, f"{what}: it took what is documented as wrong: {wrong}"


@functools.cache
def sent_by_paytick():
    return payloads(strict("asyncapi.yaml")["operations"]["tell"]["messages"])


def payloads(rows):
    return [lookup("asyncapi.yaml", lookup("asyncapi.yaml", row)["payload"]) for row in rows]


def check_message(message):
    """What came over a WebSocket."""
    assert isinstance(message, dict) and isinstance(message.get("type"), str), f"a message without a type: {message}"
    schemas = [schema for schema in sent_by_paytick() if is_of(schema, message["type"])]
    assert schemas, f"schemas/asyncapi.yaml has no message of type {message['type']}: {message}"
    agree("asyncapi.yaml", schemas[0], message, f"the message {message['type']}")
    if message["type"] == "error":
        codes = document("openapi.yaml")["components"]["schemas"]["Code"]["enum"]
        assert message["code"] in codes, f"the code of {message} is not documented"
    return message


def is_of(schema, type_):
    its = schema["properties"]["type"]
    return re.match(its["pattern"], type_) is not None if "pattern" in its else its["const"] == type_


def check_notice(notice):
    """What came by webhook, or as the data of a Server-Sent Event."""
    rows = strict("asyncapi.yaml")["channels"]["notices"]["messages"].values()
    schemas = [schema for schema in payloads(rows) if is_of(schema, notice["type"])]
    assert schemas, f"schemas/asyncapi.yaml has no notice of type {notice['type']}: {notice}"
    agree("asyncapi.yaml", schemas[0], notice, f"the notice {notice['type']}")
    return notice
