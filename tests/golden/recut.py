"""Segmentation invariance over generated and recorded captures, determinism over generated ones; TAP on standard output.

A capture re-cut to one octet a segment, two, at random, reordered, duplicated or mixed must tell the same events in the same
order with the same fields, the same anomalies among them, applications, tags, alerts and services; two replays of a capture must
give the same bytes. RECORDED=all re-cuts every recorded capture in every mode, not each in some.
"""
import concurrent.futures
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from itertools import zip_longest

B = os.environ.get("B", "build/gcc-release")
IPS, RECUT = B + "/bin/ips", B + "/tests/tools/recut"
MODES = os.environ.get("MODES", "one two random reorder dup mix").split()
OTHERS = "../shared/captures"  # of the developers' machines, never needed
SOME, LARGE = ("one", "reorder", "dup"), 1 << 19  # recorded ones: these modes; octets of the largest that is cut to single octets
KEEP = ("services", "apps", "events", "alerts", "tags", "sessions")


def captures():
    if "CAPS" in os.environ:
        return os.environ["CAPS"].split()
    found = [os.path.join(d, f) for d, _, fs in os.walk("build/captures") for f in fs if f.endswith(".pcap")]
    return sorted(f for f in found if os.path.basename(f) != "big.pcap")


def recorded():
    """Those whose streams are whole: after a gap segments do matter. Not those of several link types, which recut cannot write."""
    with open(OTHERS + "/INDEX.tsv", encoding="utf-8") as f:
        rows = csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)
        whole = [r["file"] for r in rows if not re.search("nosyn|lost|broken", r["healthy"]) and r["linktype"] != "per-packet"]
    return [OTHERS + "/" + f for f in sorted(whole)]


def told(path):
    """What is told of each PDU, and what is odd in it; not in which packet it came, nor what is odd with the packets."""
    with open(path, encoding="utf-8") as f:
        for line in f:
            if '"anomaly":"stream.' not in line:
                yield re.sub(r'"pcap_cnt":\d+,', "", line, count=1)


def facts(path, tmp):
    lines = os.path.join(tmp, path.replace("/", "_") + ".lines")
    r = subprocess.run([IPS, "replay", "--json", "--events", lines, path], capture_output=True, text=True)
    if r.returncode not in (0, 1) or not r.stdout:
        return "exit %d: %s" % (r.returncode, r.stderr[:200])
    d = json.loads(r.stdout)
    d["lines"] = list(told(lines))
    os.unlink(lines)
    return {k: d[k] for k in KEEP + ("lines", "gaps")}


def difference(a, b):
    if isinstance(a, str) or isinstance(b, str):
        return "%s / %s" % (a, b)
    out = []
    for k in KEEP:
        if a[k] != b[k]:
            x, y = (a[k], b[k]) if isinstance(a[k], dict) else ({k: a[k]}, {k: b[k]})
            out += ["%s: %s, re-cut %s" % (n, x.get(n, 0), y.get(n, 0)) for n in sorted(set(x) | set(y)) if x.get(n) != y.get(n)]
    for x, y in zip_longest(a["lines"], b["lines"], fillvalue="nothing"):
        if x != y:
            out.append("%s: re-cut %s" % (x.strip(), y.strip()))
            break
    return "; ".join(out[:4])


def recut(path, tmp, modes):
    """Problems of one capture, and whether it told anything at all."""
    bad, whole = [], facts(path, tmp)
    if not isinstance(whole, str) and whole.pop("gaps"):
        return [], True  # after a gap headers are looked for at segment starts: there segments do matter
    for m in modes:
        cut = os.path.join(tmp, "%s.%s.pcap" % (path.replace("/", "_"), m))
        r = subprocess.run([RECUT, path, cut, "--mode", m, "--seed", "7"], capture_output=True, text=True)
        if r.returncode != 0:
            bad.append("recut %s: %s: %s" % (m, path, r.stderr.strip()[:200]))
            continue
        if r.stderr and path.startswith(OTHERS):
            return [], True  # libpcap reads only a part of it, as of several interfaces; the replay reads them
        got = facts(cut, tmp)
        if not isinstance(got, str):
            got.pop("gaps")
        if got != whole:
            bad.append("recut %s: %s: %s" % (m, path, difference(whole, got)))
        os.unlink(cut)
    return bad, not isinstance(whole, str) and bool(whole["events"] or whole["services"])


def twice(path, tmp):
    texts = []
    for i in "12":
        eve, log = (os.path.join(tmp, path.replace("/", "_") + "." + x + i) for x in ("eve", "log"))
        subprocess.run([IPS, "replay", "--eve", eve, "--log", log, path], capture_output=True)
        texts.append(open(eve, "rb").read() + b"\n--\n" + open(log, "rb").read())
    return len(texts[0]) > 100 and texts[0] == texts[1]


def modes_of(path):
    if not path.startswith(OTHERS) or os.environ.get("RECORDED") == "all":
        return MODES
    return [m for m in MODES if m in SOME and (m != "one" or os.path.getsize(path) < LARGE)]


def would_be_found(tmp):
    """One octet of one name is another one: only the events' fields can say so, and do."""
    path, other, cut = "build/captures/iccp.pcap", os.path.join(tmp, "other.pcap"), os.path.join(tmp, "cut.pcap")
    with open(path, "rb") as f:
        octets = f.read()
    at = octets.rindex(b"BRK1")
    with open(other, "wb") as f:
        f.write(octets[:at] + b"BRK2" + octets[at + 4:])
    subprocess.run([RECUT, other, cut, "--mode", "mix", "--seed", "7"], check=True)
    whole, got = facts(path, tmp), facts(cut, tmp)
    return got["lines"] != whole["lines"] and dict(got, lines=0) == dict(whole, lines=0) and "BRK2" in difference(whole, got)


def result(name, wrong):
    print(("not ok - " if wrong else "ok - ") + name)
    for w in wrong[:20]:
        print("#   " + w)
    return bool(wrong)


def invariant(name, caps, pool, tmp):
    bad, said, cuts = [], 0, 0
    for problems, told in pool.map(lambda c: recut(c, tmp, modes_of(c)), caps):
        said += told
        bad += problems
    cuts = sum(len(modes_of(c)) for c in caps)
    if said <= len(caps) // 2:
        bad.append("only %d of %d captures told anything" % (said, len(caps)))
    return result("recut: %d %s captures in %d segmentations tell the same" % (len(caps), name, cuts), bad)


def main():
    caps = captures()
    others = recorded() if os.path.isdir(OTHERS) and "CAPS" not in os.environ else []
    with tempfile.TemporaryDirectory() as tmp, concurrent.futures.ThreadPoolExecutor(2) as pool:
        bad = invariant("generated", caps, pool, tmp)
        if others:
            bad |= invariant("recorded", others, pool, tmp)
        else:
            print("skip - recut of recorded captures: %s is not there" % OTHERS)
        wrong = [c for c, ok in zip(caps, pool.map(lambda c: twice(c, tmp), caps)) if not ok]
        bad |= result("twice: %d captures give byte-identical records" % len(caps), wrong)
        bad |= result("another octet would be found", [] if would_be_found(tmp) else ["it is not"])
    return bad


sys.exit(main())
