"""The lines of `ips replay --events`: their shape, their number against the summary's, and some of them whole; TAP."""
import json
import subprocess
import sys
import tempfile

import caps

COMMON = {"flow_id", "dir", "src_ip", "src_port", "dest_ip", "dest_port"}
PAIRS = [("mms.domain", "mms.object"), ("iccp.domain", "iccp.name")]


def lines(pcap, *options):
    r = subprocess.run([caps.IPS, "replay", "--events", "-", *options, pcap], capture_output=True, text=True)
    return [json.loads(x) for x in r.stdout.splitlines()]


def wrong_value(v):
    if isinstance(v, dict):
        return list(v) != ["hex"] or len(bytes.fromhex(v["hex"])) == 0
    return not isinstance(v, (str, int)) or isinstance(v, bool)


def wrong(r, keywords):
    """What is wrong with a line; empty when nothing is."""
    keys = set(r) - {"pcap_cnt"}
    want = COMMON | ({"anomaly"} if "anomaly" in r else {"event", "fields"})
    if not want <= keys or not keys <= want | ({"more", "cont"} if "event" in r else set()):
        return "keys %s" % sorted(r)
    if r["dir"] not in ("orig", "reply") or r.get("pcap_cnt", 1) < 1 or r.get("more", True) is not True:
        return "values %s" % r
    f = r.get("fields", {})
    bad = [k for k, v in f.items() if k not in keywords or v == [] or any(map(wrong_value, (x for x in v if x is not None)))]
    bad += [d for d, n in PAIRS if len(f.get(d, [])) != len(f.get(n, []))]
    bad += [k for k, v in f.items() if None in v and k not in dict(PAIRS).values()]
    return "fields %s" % bad if bad else ""


def count(rows, key):
    out = {}
    for r in rows:
        if key in r and "cont" not in r:
            out[r[key]] = out.get(r[key], 0) + 1
    return out


def parts_fit(rows):
    """A line that says more is followed, of its event and direction, by one that says cont, and only such."""
    open_parts = set()
    for r in rows:
        at = (r["flow_id"], r["dir"], r.get("event"))
        if ("cont" in r) != (at in open_parts) and "event" in r:
            return "a part without the other: %s" % r["event"]
        open_parts.discard(at)
        if "more" in r:
            open_parts.add(at)
    return "the last part is missing" if open_parts else ""


def of_capture(cap, keywords):
    options = (["-c", cap.config] if cap.config else []) + (["--rules", cap.rules] if cap.rules else [])
    with tempfile.NamedTemporaryFile("r") as f:
        text = subprocess.run([caps.IPS, "replay", "--json", "--events", f.name, *options, cap.pcap], capture_output=True, text=True)
        rows = [json.loads(x) for x in open(f.name)]
    d = json.loads(text.stdout)
    bad = ["%s: %s" % (cap.name, w) for w in (wrong(r, keywords) for r in rows) if w][:3]
    for what, key in (("event", "events"), ("anomaly", "anomalies")):
        told = caps.difference(d[key], count(rows, what))
        bad += ["%s: %s" % (cap.name, told)] if told else []
    bad += ["%s: %s" % (cap.name, w) for w in [parts_fit(rows)] if w]
    return bad, len(rows), any("more" in r for r in rows)


def known_keywords():
    with open("decoders/fields.h", encoding="utf-8") as f:
        return {x.split('"')[1] for x in f if x.startswith("\tX(FLD_")}


def some_whole(tap):
    """Known octets in known lines: text, octets, numbers, names with and without a domain, both directions."""
    rows = lines(caps.PCAPS + "/iccp.pcap")
    ends = {"flow_id": 1, "dir": "orig", "src_ip": "10.1.0.2", "src_port": 57218, "dest_ip": "10.2.0.2", "dest_port": 102}
    back = {"flow_id": 1, "dir": "reply", "src_ip": "10.2.0.2", "src_port": 102, "dest_ip": "10.1.0.2", "dest_port": 57218}
    pick = {n: next(r for r in rows if r.get("event") == n) for n in ("cotp.cr", "cotp.cc", "mms.read.request")}
    want = [({"pcap_cnt": 4, **ends}, pick["cotp.cr"]), ({"pcap_cnt": 6, **back}, pick["cotp.cc"]),
            ({"pcap_cnt": 12, **ends}, pick["mms.read.request"])]
    bad = ["%s is not in %s" % (w, got) for w, got in want if not w.items() <= got.items()]
    cr, read = pick["cotp.cr"]["fields"], pick["mms.read.request"]["fields"]
    for fields, values in ((cr, {"cotp.type": [224], "cotp.src_tsap": ["0001"], "cotp.tpdu_size": [1024]}),
                           (read, {"mms.service": ["read"], "mms.invoke": [1], "mms.domain": ["ICC_A_B", "", ""],
                                   "mms.object": ["Bilateral_Table_ID", "Supported_Features", "TASE2_Version"]})):
        bad += ["%s: %s instead of %s" % (k, fields.get(k), v) for k, v in values.items() if fields.get(k) != v]
    odd = [v for r in lines(caps.PCAPS + "/anomaly/mms.identifier.pcap") for v in r.get("fields", {}).get("mms.object", [])]
    bad += [] if {"hex": "4d57004c494e45"} in odd else ["words that are no text: %s" % odd]
    tap.result("lines of known octets are known", bad)


def main():
    tap, keywords = caps.Tap(), known_keywords()
    bad, n, parts = [], 0, 0
    for _, (wrongs, rows, more) in caps.each(caps.captures(), lambda c: of_capture(c, keywords)):
        bad += wrongs
        n += rows
        parts += more
    tap.result("%d lines have their shape, and are as many as the summary says" % n, bad or ([] if n > 1000 else ["too few"]))
    tap.result("%d captures have a PDU in parts" % parts, [] if parts else ["none has"])
    some_whole(tap)
    return tap.failed


sys.exit(main())
