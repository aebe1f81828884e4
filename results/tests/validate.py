#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Check JSON files against a schema: validate.py SCHEMA FILE...

Knows the keywords that results/schema.json uses and refuses others, so that
a new keyword cannot go unchecked.
"""
import json
import re
import sys

TYPES = {"object": dict, "array": list, "string": str, "integer": int,
         "number": (int, float), "null": type(None)}
TEXTS = {"$schema", "$id", "title", "description", "$defs"}


def fail(where, why):
    raise ValueError("%s: %s" % (where or "top", why))


def check_object(value, schema, root, where):
    for key in schema.get("required", []):
        if key not in value:
            fail(where, "%s is missing" % key)
    known = schema.get("properties", {})
    for key, item in value.items():
        rule = known.get(key, schema.get("additionalProperties"))
        if rule is not None:
            check(item, rule, root, "%s.%s" % (where, key))


def check_type(value, rule, where):
    names = rule if isinstance(rule, list) else [rule]
    if isinstance(value, bool) or not any(isinstance(value, TYPES[name])
                                          for name in names):
        fail(where, "is no %s" % " or ".join(names))


def check_keyword(value, keyword, rule, where):
    if keyword == "type":
        check_type(value, rule, where)
    elif keyword == "const" and value != rule:
        fail(where, "is not %r" % rule)
    elif keyword == "pattern" and not re.search(rule, value):
        fail(where, "does not match %s" % rule)
    elif keyword == "maxLength" and len(value) > rule:
        fail(where, "is longer than %d" % rule)
    elif keyword == "minimum" and value is not None and value < rule:
        fail(where, "is below %d" % rule)
    elif keyword == "maximum" and value is not None and value > rule:
        fail(where, "is above %d" % rule)


def check(value, schema, root, where=""):
    for keyword, rule in schema.items():
        if keyword == "$ref":
            check(value, root["$defs"][rule.rsplit("/", 1)[1]], root, where)
        elif keyword == "items":
            for i, item in enumerate(value):
                check(item, rule, root, "%s[%d]" % (where, i))
        elif keyword in ("required", "properties", "additionalProperties"):
            pass
        elif keyword in ("type", "const", "pattern", "maxLength", "minimum",
                         "maximum"):
            check_keyword(value, keyword, rule, where)
        elif keyword not in TEXTS:
            fail(where, "the schema uses %s" % keyword)
    if isinstance(value, dict):
        check_object(value, schema, root, where)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        try:
            check(document, schema, schema)
        except ValueError as error:
            sys.exit("%s: %s" % (path, error))


main()
