"""What `ips replay` tells of the generated captures, against their heads, tshark and golden files; TAP.

  replay.py                  the whole test
  replay.py --update NAME    writes tests/golden/expected/NAME.json anew: look at the difference before it is kept
"""
import json
import os
import re
import subprocess
import sys

import caps

EXPECTED = "tests/golden/expected"
GOLDEN = ("services", "apps", "tags", "events")
CLEAN = ("gaps", "bad_checksums", "fragments", "uninspected_sessions", "lost_matches")


# --- heads ------------------------------------------------------------------------------------------

def against_head(cap, d):
    """What the summary of a capture says otherwise than its head, or than its class allows."""
    out = []
    if cap.healthy or cap.says("protocol"):
        if set(d["services"]) != set(cap.words("protocol")):
            out.append("flows are %s" % " ".join(d["services"]))
    if cap.healthy or cap.says("protocol", "anomaly", "fires"):
        told, said = set(d["anomalies"]), set(cap.words("anomaly"))
        out += ["%s is told" % a for a in sorted(told - said)] + ["%s is not told" % a for a in sorted(said - told)]
        out.append(caps.difference(cap.counts("drops"), d["drops"]))
    if cap.healthy:
        out += ["%s is %d" % (k, d[k]) for k in CLEAN if d[k] != 0]
    if "iccp" not in d["services"]:
        out += ["%s without ICCP" % n for n in list(d["apps"]) + list(d["events"]) if n.startswith(("ICCP_", "iccp."))]
    elif cap.healthy and not any(n.startswith("ICCP_") for n in d["apps"]):
        out.append("ICCP without an operation")
    if d["packets"] != d["verdicts"]["pass"] + d["verdicts"]["drop"] or d["verdicts"]["drop"] != sum(d["drops"].values()):
        out.append("packets, verdicts and drops do not add up")
    if d["gaps"] != d["anomalies"].get("stream.gap", 0):
        out.append("gaps and anomalies differ")
    return [o for o in out if o]


# --- tshark -----------------------------------------------------------------------------------------

CHOICES = {  # field: {value: event}
    "cotp.type": {"0x0e": "cotp.cr", "0x0d": "cotp.cc", "0x08": "cotp.dr", "0x0c": "cotp.dc", "0x0f": "cotp.dt", "0x01": "cotp.ed",
                  "0x06": "cotp.ak", "0x02": "cotp.ea", "0x05": "cotp.rj", "0x07": "cotp.er"},
    "ses.type": {"13": "ses.connect", "14": "ses.accept", "12": "ses.refuse", "9": "ses.finish", "10": "ses.disconnect",
                 "8": "ses.notFinished", "25": "ses.abort", "26": "ses.abortAccept"},
    "pres.aborttype": {"0": "pres.aru", "1": "pres.arp"},
    "mms.unconfirmedService": {"0": "mms.informationReport", "1": "mms.unsolicitedStatus", "2": "mms.eventNotification"},
}
SINGLE = {  # field: event
    "pres.cptype": "pres.cp", "pres.cpapdu": "pres.cpa", "pres.cprtype": "pres.cpr", "acse.aarq_element": "acse.aarq",
    "acse.aare_element": "acse.aare", "acse.rlrq_element": "acse.rlrq", "acse.rlre_element": "acse.rlre",
    "acse.abrt_element": "acse.abrt", "mms.initiate_RequestPDU_element": "mms.initiate.request",
    "mms.initiate_ResponsePDU_element": "mms.initiate.response", "mms.initiate_ErrorPDU_element": "mms.initiateError",
    "mms.conclude_RequestPDU_element": "mms.conclude.request", "mms.conclude_ResponsePDU_element": "mms.conclude.response",
    "mms.conclude_ErrorPDU_element": "mms.concludeError", "mms.cancel_RequestPDU": "mms.cancel.request",
    "mms.cancel_ResponsePDU": "mms.cancel.response", "mms.cancel_ErrorPDU_element": "mms.cancelError",
    "mms.confirmed_ErrorPDU_element": "mms.confirmedError", "mms.rejectPDU_element": "mms.reject",
}
LAYERS = ("cotp.", "ses.", "pres.", "acse.", "mms.")
SERVICES_SEEN = 78  # tshark does not count the services from here on, nor any without their association


def services():
    text = open("decoders/events.h").read()
    return dict(re.findall(r"^\tX\((\d+), (\w+)\)", text, re.M))


def tshark_events(pcap, by_number):
    """Events as another dissector sees them."""
    tables = dict(CHOICES)
    for way, name in (("Request", "request"), ("Response", "response")):
        tables["mms.confirmedService" + way] = {n: "mms.%s.%s" % (s, name) for n, s in by_number.items() if int(n) < SERVICES_SEEN}
    fields = list(tables) + list(SINGLE)
    args = ["tshark", "-r", pcap, "-T", "fields", "-E", "separator=|", "-E", "aggregator=;"]
    text = subprocess.run(args + [x for f in fields for x in ("-e", f)], capture_output=True, text=True).stdout
    out = {}
    for line in text.splitlines():
        for field, value in zip(fields, line.split("|")):
            for v in value.split(";") if value else []:
                event = SINGLE.get(field) or tables[field].get(v)
                if event:
                    out[event] = out.get(event, 0) + 1
    return out


def against_tshark(tap, told):
    if subprocess.run(["sh", "-c", "command -v tshark"], capture_output=True).returncode != 0:
        print("skip - events as another dissector counts them: tshark is not installed")
        return
    by_number = services()
    hidden = {"mms.%s.%s" % (s, way) for n, s in by_number.items() for way in ("request", "response") if int(n) >= SERVICES_SEEN}
    healthy = [c for c in told if c.healthy and "cotp.noConnect" not in told[c]["anomalies"]]
    problems, n = [], 0
    for c, seen in caps.each(healthy, lambda c: tshark_events(c.pcap, by_number)):
        ours = {k: v for k, v in told[c]["events"].items() if k.startswith(LAYERS) and k not in hidden}
        bad = caps.difference(seen, ours)
        n += sum(seen.values())
        problems += ["%s: %s" % (c.name, bad)] if bad else []
    tap.result("tshark counts the same %d events of COTP to MMS in %d healthy captures" % (n, len(healthy)),
               problems or ([] if n > 1000 else ["too few"]))


# --- golden files -----------------------------------------------------------------------------------

def golden_text(d):
    return json.dumps({k: d[k] for k in GOLDEN}, indent="\t", sort_keys=True) + "\n"


def golden_names():
    return sorted(os.path.relpath(os.path.join(d, f), EXPECTED)[: -len(".json")]
                  for d, _, fs in os.walk(EXPECTED) for f in fs if f.endswith(".json"))


def against_golden(tap, told):
    names = golden_names()
    by_name = {c.name: d for c, d in told.items()}
    for name in names:
        want = json.load(open(os.path.join(EXPECTED, name + ".json")))
        got = by_name.get(name)
        bad = ["no such capture"] if got is None else [caps.difference(want[k], got[k]) for k in GOLDEN]
        tap.result("%s tells what tests/golden/expected/%s.json says" % (name, name), bad)
    if len(names) < 12:
        tap.result("golden files are there", ["only %d" % len(names)])


def update(name):
    for c in caps.captures():
        if c.name == name:
            path = os.path.join(EXPECTED, name + ".json")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            open(path, "w").write(golden_text(caps.replay(c)))
            return 0
    print("no capture is named %s" % name, file=sys.stderr)
    return 2


# --- everything there is, told once -----------------------------------------------------------------

def known_events():
    text = open("decoders/events.h").read()
    names = set(re.findall(r'X\(EV_\w+, "([\w.]+)"\)', text))
    one_way = text.index("define ICCP_ONEWAY_LIST")
    for at in re.finditer(r'X\(OP_\w+, "(\w+)"\)', text):
        names |= {"iccp." + at[1]} if at.start() > one_way else {"iccp.%s.%s" % (at[1], w) for w in ("request", "response")}
    return names | {"mms.%s.%s" % (s, w) for s in services().values() for w in ("request", "response")}


def known_apps():
    """Applications by name: those of a protocol and those of an operation."""
    text = open("sigs/apps/list.h").read()
    of_proto = set(re.findall(r'X\(900\d\d, PROTO_\w+, PROTO_\w+, "([^"]+)"', text))
    return of_proto, set(re.findall(r'^\tX\(\d+, \w+, "([^"]+)"', text, re.M))


def excused():
    lines = [x.rstrip("\n").split("\t") for x in open("tests/captures/unreached-events")]
    return {x[0] for x in lines if len(x) == 2 and x[1]}


def flow_apps(cap):
    """The applications that the session list names at a capture's end."""
    text = subprocess.run([caps.IPS, "replay", "--sessions", cap.pcap], capture_output=True, text=True).stdout
    return set(re.findall(r"^ +app: ([^:]+):", text, re.M))


def coverage(tap, told):
    events = {e for d in told.values() for e in d["events"]}
    apps = {a for d in told.values() for a in d["apps"]}
    of_flows = {a for _, names in caps.each([c for c in told if c.healthy], flow_apps) for a in names}
    of_proto, of_operation = known_apps()
    for what, known, seen in (("event", known_events(), events), ("operation's application", of_operation, apps),
                              ("protocol's application", of_proto, of_flows)):
        rest = known & excused()
        bad = ["%s is told by no capture" % n for n in sorted(known - seen - rest)]
        bad += ["%s is excused, and yet told" % n for n in sorted(rest & seen)]
        bad += [] if len(known) > 30 else ["the list could not be read"]
        tap.result("every %s is told by a capture (%d of %d)" % (what, len(known & seen), len(known)), bad)
    tap.result("what is excused exists", ["%s: unknown" % n for n in sorted(excused() - known_events() - of_proto - of_operation)])


def main():
    tap, told, bad = caps.Tap(), {}, []
    for c, d in caps.each(caps.captures(), caps.replay):
        if isinstance(d, str):
            bad.append("%s: %s" % (c.name, d))
        else:
            told[c] = d
    tap.result("every capture is replayed (%d)" % len(told), bad)
    for c, d in told.items():
        problems = against_head(c, d)
        if problems or c.name.startswith("anomaly/"):
            tap.result("%s is told as its head says" % c.name, problems)
    tap.result("%d captures in all agree with their heads" % sum(not against_head(c, d) for c, d in told.items()), [])
    against_golden(tap, told)
    coverage(tap, told)
    against_tshark(tap, told)
    return tap.failed


if sys.argv[1:2] == ["--update"] and len(sys.argv) == 3:
    sys.exit(update(sys.argv[2]))
sys.exit(main())
