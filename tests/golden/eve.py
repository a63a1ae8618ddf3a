"""EVE lines against their schema, in one process, and the lists' fields against their manual; TAP.

Each capture is replayed under its own configuration and rules. The schema proves itself on lines spoilt on purpose.
"""
import copy
import json
import os
import re
import subprocess
import sys
import tempfile

import caps

SCHEMA, LISTS = "docs/eve.schema.json", "docs/lists.md"
HA_EVENTS = "tests/golden/ha_events.eve"  # what tests/unit/test_logs.c has the writer write
KINDS = ("alert", "app", "anomaly", "drop", "flow")


def output(cap, *options):
    args = [caps.IPS, "replay", *options] + (["-c", cap.config] if cap.config else []) + (["--rules", cap.rules] if cap.rules else [])
    return subprocess.run(args + [cap.pcap], capture_output=True, text=True)


def lines_of(cap):
    return output(cap, "--eve", "-").stdout.splitlines()


def wrong(validator, line):
    """What is wrong with one line; empty when nothing is."""
    try:
        record = json.loads(line)
    except ValueError as e:
        return "no JSON: %s" % e
    return "; ".join("%s: %s" % ("/".join(map(str, e.path)), e.message) for e in validator.iter_errors(record))


def spoilt(good):
    """Good records of each kind, each made bad in one way."""
    def changed(kind, what, fn):
        record = copy.deepcopy(good[kind])
        fn(record)
        return "%s: %s" % (kind, what), json.dumps(record)

    for kind in KINDS:
        yield changed(kind, "without its object", lambda r: r.pop(kind))
        yield changed(kind, "without an id", lambda r: r.pop("id"))
        yield changed(kind, "with a key of its own", lambda r: r.update(extra=1))
        yield changed(kind, "with a key of its own inside", lambda r: r[kind].update(extra=1))
        yield changed(kind, "with another kind's object", lambda r: r.update({"app" if kind != "app" else "drop": {}}))
        yield changed(kind, "of an unknown type", lambda r: r.update(event_type="stats"))
        yield changed(kind, "with a time in words", lambda r: r.update(timestamp="today"))
    yield changed("alert", "with a port too large", lambda r: r.update(src_port=65536))
    yield changed("alert", "without the other end", lambda r: r.pop("dest_ip"))
    yield changed("alert", "with no address", lambda r: r.update(src_ip="10.1.0.256"))
    yield changed("alert", "with a short community id", lambda r: r.update(community_id="1:x"))
    yield changed("alert", "whose action is unknown", lambda r: r["alert"].update(action="shrugged"))
    yield changed("app", "with a field that no decoder has", lambda r: r.setdefault("mms", {}).update(extra=1))
    yield changed("app", "with one field many times", lambda r: r.setdefault("mms", {}).update(invoke=[1, 2]))
    yield changed("flow", "with a count below 0", lambda r: r["flow"].update(pkts_toserver=-1))
    yield changed("flow", "with a count as text", lambda r: r["flow"].update(age="1"))
    yield changed("flow", "of no session", lambda r: r.pop("flow_id"))
    yield "cut short", json.dumps(good["flow"])[:-1]


def spoilt_ha(good):
    """An event of the pair, made bad in one way."""
    for what, fn in (("without its object", lambda r: r.pop("ha")),
                     ("without a term", lambda r: r["ha"].pop("term")),
                     ("with an event of its own", lambda r: r["ha"].update(event="went home")),
                     ("with a key of its own inside", lambda r: r["ha"].update(extra=1)),
                     ("with empty words", lambda r: r["ha"].update(text="")),
                     ("with an id", lambda r: r.update(id="1-1-1")),
                     ("with a session", lambda r: r.update(flow_id=1)),
                     ("with a drop", lambda r: r.update(drop={"reason": "ips.blocked"})),
                     ("called a drop", lambda r: r.update(event_type="drop")),
                     ("without a time", lambda r: r.pop("timestamp"))):
        record = copy.deepcopy(good)
        fn(record)
        yield "ha: " + what, json.dumps(record)


def check_ha(tap, schema, validator):
    lines = open(HA_EVENTS, encoding="utf-8").read().splitlines()
    tap.result("EVE of the pair's events", ["%d: %s" % (i + 1, w) for i, line in enumerate(lines) for w in [wrong(validator, line)] if w])
    told = [json.loads(line)["ha"]["event"] for line in lines]
    known = schema["properties"]["ha"]["properties"]["event"]["enum"]
    tap.result("the schema has the pair's events and no others", [] if told == known else [str(set(told) ^ set(known))])
    for what, line in spoilt_ha(json.loads(lines[1])):
        tap.result("the schema refuses a record " + what, [] if wrong(validator, line) else ["taken"])


def check_eve(tap, jsonschema):
    schema = json.load(open(SCHEMA))
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
    check_ha(tap, schema, validator)
    check_layers(tap, schema)
    good, seen = {}, 0
    for cap, lines in caps.each(caps.captures(), lines_of):
        found = ["%d: %s" % (i + 1, w) for i, line in enumerate(lines) for w in [wrong(validator, line)] if w]
        tap.result("EVE of " + cap.name, found[:5])
        seen += len(lines)
        for line in lines if not found else []:
            record = json.loads(line)
            if "src_port" in record:
                good.setdefault(record["event_type"], record)
    tap.result("EVE: records of every kind", [k for k in KINDS if k not in good] + ["only %d lines" % seen] * (seen < 1000))
    if len(good) == len(KINDS):
        for what, line in spoilt(good):
            tap.result("the schema refuses a record " + what, [] if wrong(validator, line) else ["taken"])


def fields(text):
    """The names of a list's fields: words before = or :, with what may stand between them."""
    return set(re.findall(r"(?:^|[ ,])([A-Za-z_]+(?:/[a-z()]+,?[a-z()]*)?)(?:\([^)]*\))?[:=]", text, re.M))


def layers():
    """Definitions of the objects that show a PDU's fields, from the program's own table."""
    kinds = {"number": {"type": "integer"}, "name": {"type": "string", "minLength": 1}, "text": {"type": "string"},
             "octets": {"type": "string", "pattern": "^([0-9a-f]{2})*$"}}
    named = {"domain": {"type": "string", "minLength": 1}, "name": {"type": "string", "minLength": 1}}
    objects = {"type": "array", "minItems": 1, "items": {"type": "object", "additionalProperties": False, "properties": named}}
    pairs = {"mms.domain", "mms.object", "iccp.domain", "iccp.name"}
    out = {}
    for row in subprocess.run([caps.IPS, "rules", "fields"], capture_output=True, text=True, check=True).stdout.splitlines()[1:]:
        keyword, kind, times = row.split()
        if "." not in keyword:
            continue
        layer, key = keyword.split(".")
        members = out.setdefault(layer, {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": {}})
        one = kinds[kind]
        if keyword in pairs:
            members["properties"]["objects"] = objects
        else:
            members["properties"][key] = {"type": "array", "minItems": 1, "items": one} if times == "many" else one
    return out


def check_layers(tap, schema):
    wanted, wrong = layers(), []
    if sys.argv[1:] == ["--write"]:
        schema["definitions"].update(wanted)
        write_schema(schema)
    for layer, members in wanted.items():
        if schema["properties"].get(layer) != {"$ref": "#/definitions/" + layer}:
            wrong.append("no property %s" % layer)
        if schema["definitions"].get(layer) != members:
            wrong.append("definition %s is not that of `ips rules fields`: python3 tests/golden/eve.py --write mends it" % layer)
    tap.result("the schema has the fields that the program has", wrong)


def write_schema(schema):
    """Only the layers' definitions change: a line a field, behind the mark; the rest stays as it is written."""
    text = open(SCHEMA, encoding="utf-8").read()
    start = text.index('    "kind_alert": {')
    made = ""
    for layer, members in layers().items():
        rows = ["        %s: %s" % (json.dumps(k), json.dumps(v)) for k, v in members["properties"].items()]
        made += '    "%s": {\n      "type": "object",\n      "minProperties": 1,\n      "additionalProperties": false,\n' % layer
        made += '      "properties": {\n' + ",\n".join(rows) + "\n      }\n    },\n"
    first = text.find('    "cotp": {\n')
    with open(SCHEMA, "w", encoding="utf-8") as f:
        f.write(text[: first if first > 0 else start] + made + text[start:])


def check_lists(tap):
    manual = open(LISTS).read()
    cap = next(c for c in caps.captures() if c.name == "iccp")
    text = output(cap, "--sessions", "--share").stdout
    named = fields(re.sub("app: [^:]+:", "app: ", text[: text.index("packets ")]))
    tap.result("the lists have fields", [] if len(named) > 50 else sorted(named))
    tap.result("every field of the lists is in its manual", sorted(n for n in named if not re.search(r"\b%s\b" % re.escape(n), manual)))
    rows = [r for r in manual.splitlines() if re.match(r"\| (ips session|sys session|ips share) ", r)]
    tap.result("every row has three cells", [r for r in rows if len(r.split(" | ")) != 3])


def check_password(tap):
    """A rule may ask for a password; its alert tells how long it is, and no record what it is."""
    rule = 'alert cotp any any -> any any (msg:"p"; event:"acse.aarq"; acse.auth_value:"|78 78|*"; sid:5000001;)\n'
    with tempfile.NamedTemporaryFile("w", suffix=".rules") as f:
        f.write(rule)
        f.flush()
        for option in ("--eve", "--log"):
            got = subprocess.run([caps.IPS, "replay", option, "-", "--rules", f.name, os.path.join(caps.PCAPS, "password.pcap")],
                                 capture_output=True, text=True).stdout
            wrong_with = ["a record has it"] if "78" * 20 in got or "x" * 20 in got else []
            wrong_with += [] if "5000001" in got else ["no alert"]
            tap.result("no password in " + option, wrong_with)
            if option == "--eve":
                tap.result("a password's length", [] if '"auth_length": 120' in got or '"auth_length":120' in got else [got[:200]])


def main():
    tap = caps.Tap()
    check_lists(tap)
    check_password(tap)
    try:
        import jsonschema
    except ImportError:
        print("skip - EVE against its schema: python3-jsonschema is not installed")
    else:
        check_eve(tap, jsonschema)
    sys.exit(tap.failed)


if __name__ == "__main__":
    main()
