"""Segmentation invariance and determinism over generated captures; TAP on standard output.

A capture re-cut to one octet a segment, two, at random, reordered, duplicated or mixed must tell the same
events, applications, tags, alerts and services; two replays of a capture must give the same bytes.
"""
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

B = os.environ.get("B", "build/gcc-release")
IPS, RECUT = B + "/bin/ips", B + "/tests/tools/recut"
MODES = os.environ.get("MODES", "one two random reorder dup mix").split()
KEEP = ("services", "apps", "events", "alerts", "tags", "sessions")


def captures():
    if "CAPS" in os.environ:
        return os.environ["CAPS"].split()
    found = [os.path.join(d, f) for d, _, fs in os.walk("build/captures") for f in fs if f.endswith(".pcap")]
    return sorted(f for f in found if os.path.basename(f) != "big.pcap")


def facts(path):
    r = subprocess.run([IPS, "replay", "--json", path], capture_output=True, text=True)
    if r.returncode not in (0, 1):
        return "exit %d: %s" % (r.returncode, r.stderr[:200])
    d = json.loads(r.stdout)
    return {k: d[k] for k in KEEP + ("gaps",)}


def difference(a, b):
    if isinstance(a, str) or isinstance(b, str):
        return "%s / %s" % (a, b)
    out = []
    for k in KEEP:
        if a[k] != b[k]:
            x, y = (a[k], b[k]) if isinstance(a[k], dict) else ({k: a[k]}, {k: b[k]})
            out += ["%s: %s, re-cut %s" % (n, x.get(n, 0), y.get(n, 0)) for n in sorted(set(x) | set(y)) if x.get(n) != y.get(n)]
    return "; ".join(out[:4])


def recut(path, tmp):
    """Problems of one capture, and whether it told anything at all."""
    bad, whole = [], facts(path)
    if not isinstance(whole, str) and whole.pop("gaps"):
        return [], True  # after a gap headers are looked for at segment starts: there segments do matter
    for m in MODES:
        cut = os.path.join(tmp, "%s.%s.pcap" % (path.replace("/", "_"), m))
        r = subprocess.run([RECUT, path, cut, "--mode", m, "--seed", "7"], capture_output=True, text=True)
        if r.returncode != 0:
            bad.append("recut %s: %s: %s" % (m, path, r.stderr.strip()[:200]))
            continue
        got = facts(cut)
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


def main():
    bad = said = same = 0
    caps = captures()
    with tempfile.TemporaryDirectory() as tmp, concurrent.futures.ThreadPoolExecutor(2) as pool:
        for problems, told in pool.map(lambda c: recut(c, tmp), caps):
            said += told
            for p in problems:
                bad += 1
                print("not ok - " + p)
        for c, ok in zip(caps, pool.map(lambda c: twice(c, tmp), caps)):
            same += ok
            if not ok:
                bad += 1
                print("not ok - twice: %s: the records of two replays differ, or there are none" % c)
    if caps and said > len(caps) // 2 and bad == 0:
        print("ok - recut: %d captures in %d segmentations tell the same" % (len(caps), len(MODES)))
        print("ok - twice: %d captures give byte-identical records" % same)
    elif bad == 0:
        print("not ok - recut: only %d of %d captures told anything" % (said, len(caps)))
    return bad != 0


sys.exit(main())
