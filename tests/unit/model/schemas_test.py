#!/usr/bin/env python3
"""Holds schemas/ against the golden lines, and against random lines as the codec writes them, with a JSON Schema
validator that paytick has no part in.

Usage: schemas_test.py SCHEMAS_FOLDER PRINT_RANDOM_LINES_PROGRAM
"""

import json
import pathlib
import subprocess
import sys
import unittest

import jsonschema

WRITTEN = ("heartbeats", "ticks", "settlements", "catalog", "refusals")  # by the codec
TOPICS = (*WRITTEN, "heartbeats-in")
SCHEMAS = pathlib.Path(sys.argv[1])
PRINT_RANDOM_LINES = sys.argv[2]
RANDOM_LINES = 600


def refuse(what):
    raise ValueError(what)


def unique(pairs):
    names = [name for name, _ in pairs]
    return dict(pairs) if len(set(names)) == len(names) else refuse("a repeated member")


def strict_loads(line):
    return json.loads(line, parse_constant=refuse, object_pairs_hook=unique)


def lines_of(name):
    # Not splitlines(): it would also split at separators that JSON allows in a string.
    return (SCHEMAS / "golden" / name).read_text(encoding="utf-8").removesuffix("\n").split("\n")


class Schemas(unittest.TestCase):
    def setUp(self):
        self.schemas, self.validators = {}, {}
        for topic in TOPICS:
            schema = json.loads((SCHEMAS / f"{topic}.schema.json").read_text(encoding="utf-8"))
            jsonschema.Draft202012Validator.check_schema(schema)
            self.schemas[topic] = schema
            # One validator a type: as strict as oneOf over all of them, and says what is wrong.
            self.validators[topic] = {
                line["$ref"].removeprefix("#/$defs/").removesuffix("Line"): jsonschema.Draft202012Validator(
                    {"$defs": schema["$defs"], **line}
                )
                for line in schema["oneOf"]
            }

    def check(self, topic, line):
        event = strict_loads(line)
        self.validators[topic][event["type"]].validate(event)
        return event

    def test_golden_lines_are_valid(self):
        for topic in TOPICS:
            whole = jsonschema.Draft202012Validator(self.schemas[topic])
            for line in lines_of(f"{topic}.ndjson"):
                with self.subTest(topic=topic, line=line):
                    whole.validate(self.check(topic, line))

    def test_golden_lines_show_every_member_there_and_not_there(self):
        for topic in TOPICS:
            events = [strict_loads(line) for line in lines_of(f"{topic}.ndjson")]
            for word, validator in self.validators[topic].items():
                schema = self.schemas[topic]["$defs"][f"{word}Line"]
                mine = [event for event in events if event["type"] == word]
                self.assertTrue(mine, f"no golden line of type {word} in {topic}")
                for member in schema["properties"]:
                    self.assertTrue(any(member in event for event in mine), f"{word}.{member} is never there")
                    if member not in schema["required"]:
                        self.assertFalse(all(member in event for event in mine), f"{word}.{member} always is")

    def test_invalid_lines_are_refused(self):
        for topic in TOPICS:
            whole = jsonschema.Draft202012Validator(self.schemas[topic])
            for line in lines_of(f"{topic}.invalid.ndjson"):
                with self.subTest(topic=topic, line=line):
                    try:
                        event = strict_loads(line)
                    except ValueError:
                        continue
                    self.assertFalse(whole.is_valid(event))

    def test_random_lines_of_the_codec_are_valid(self):
        for topic in WRITTEN:
            command = [PRINT_RANDOM_LINES, topic, str(RANDOM_LINES)]
            printed = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout
            lines = printed.removesuffix("\n").split("\n")
            self.assertEqual(len(lines), RANDOM_LINES)
            for line in lines:
                with self.subTest(topic=topic, line=line):
                    self.check(topic, line)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
