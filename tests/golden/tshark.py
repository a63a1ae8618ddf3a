"""PDUs of every capture as tshark tells them and as we do, type by type, in their order; TAP.

Compared are, in each direction of each connection: COTP TPDUs by type; presentation contexts with their abstract syntaxes, results,
and whether data are in one of them; MMS PDUs by type, confirmed services by number, invoke ids and the names that they carry; each
with the packet that made it whole. Behind a gap we are to tell nothing else than tshark, but may tell less: TPKTs have no mark to find
them by, so three headers must be where they belong first. Not compared are captures of what a receiver's TCP refuses (tcp/, drops/,
inline/: tests/oracle and drops.py judge those), and recorded ones without TPKT (labels.py: we find none there). tests/golden/tshark/expected lists what differs, a row a capture (or several) and layer: how many
PDUs, what, and why it is we who are right. They may be ALLOWED of all PDUs at most.

  tshark.py [--show] [CAPTURE...]    only these; --show: every difference
"""
import csv
import difflib
import fnmatch
import os
import shutil
import subprocess
import sys

import caps
import dissect

EXPECTED = "tests/golden/tshark/expected"
OTHERS = "../shared/captures"  # of the developers' machines, never needed
ALLOWED = 0.005
LAYERS = ("cotp", "pres", "mms")


def name_of(path):
    return os.path.relpath(path, OTHERS if path.startswith(OTHERS) else caps.PCAPS)


def differences(theirs, our, gaps):
    """(layer, how many PDUs, text) of each stretch that differs."""
    for key in sorted(set(theirs.of) | set(our.of)):
        a, b = theirs.of.get(key, []), our.of.get(key, [])
        if a == b:
            continue
        for tag, i, j, k, m in difflib.SequenceMatcher(None, a, b, False).get_opcodes():
            missed = [p for p in a[i:j] if p[0] < gaps.get(frozenset(key[1:]), sys.maxsize)]
            n = max(len(missed), m - k)
            if tag != "equal" and n:
                yield key[0], n, "%s > %s: tshark %s, we %s" % (key[1], key[2], a[i:j], b[k:m])


def judge(path, plant=None):
    """PDUs of one capture, and what differs; plant spoils what we tell."""
    our, ports, gaps = dissect.ours(path)
    if plant:
        plant(our)
    theirs = dissect.tshark(path, sorted(ports), bool(gaps))
    return theirs.count(), list(differences(theirs, our, gaps))


class Row:
    def __init__(self, line):
        self.pattern, self.layer, self.n, self.why = line.rstrip("\n").split("\t")
        self.n, self.used = int(self.n), False
        assert self.layer in LAYERS and len(self.why) > 20, line


def expected():
    with open(EXPECTED, encoding="utf-8") as f:
        return [Row(x) for x in f if x.strip() and not x.startswith("#")]


def unexpected(name, diffs, rows):
    """What of the differences no row says, and what a row says that is not so."""
    out = []
    for layer in LAYERS:
        n = sum(d[1] for d in diffs if d[0] == layer)
        mine = [r for r in rows if r.layer == layer and fnmatch.fnmatchcase(name, r.pattern)]
        for r in mine:
            r.used = True
        want = sum(r.n for r in mine)
        if n != want:
            out.append("%s: %s: %d PDUs differ, %d are expected to" % (name, layer, n, want))
            out += ["  " + d[2][:300] for d in diffs if d[0] == layer][:3]
    return out


def check(tap, what, paths, rows, show):
    bad, pdus, differ = [], 0, 0
    for path, (n, diffs) in caps.each(paths, judge):
        pdus += n
        differ += sum(d[1] for d in diffs)
        bad += unexpected(name_of(path), diffs, rows)
        if show:
            for d in diffs:
                print("# %s: %s %d %s" % (name_of(path), d[0], d[1], d[2]))
    tap.result("%s: of %d PDUs in %d captures tshark tells %d otherwise, each accounted for" % (what, pdus, len(paths), differ), bad)
    return pdus, differ


def planted(our):
    """Ways to spoil what we tell of one PDU, each in another layer or way."""
    def some(layer, text):
        return next((v, i) for k, v in our.of.items() if k[0] == layer for i in range(len(v)) if v[i][1].startswith(text))

    def change(layer, text, to):
        v, i = some(layer, text)
        v[i] = to(v[i])

    def drop(layer, text):
        v, i = some(layer, text)
        del v[i]

    def swap():
        v, i = some("mms", "mms.read.request")
        v[i], v[i + 1] = v[i + 1], v[i]

    return {"a TPDU less": lambda: drop("cotp", "cotp.dt"), "a TPDU of another type": lambda: change("cotp", "cotp.cc", lambda x: (x[0], "cotp.cr")),
            "another context": lambda: change("pres", "pres.cp ", lambda x: (x[0], x[1].replace(" 3=", " 5="))),
            "another result": lambda: change("pres", "pres.cpa", lambda x: (x[0], x[1][:-1] + "2")),
            "a PDU less": lambda: drop("mms", "mms.informationReport"),
            "another service": lambda: change("mms", "mms.write.request", lambda x: (x[0], x[1].replace("write", "read"))),
            "another invoke id": lambda: change("mms", "mms.read.response", lambda x: (x[0], x[1] + "1")),
            "another name": lambda: change("mms", "mms.read.request", lambda x: (x[0], x[1].replace("Table", "Tables"))),
            "another domain": lambda: change("mms", "mms.read.request", lambda x: (x[0], x[1].replace("ICC_A_B", "ICC_A"))),
            "another packet": lambda: change("mms", "mms.read.request", lambda x: (x[0] + 1, x[1])), "another order": swap}


def would_be_found(tap):
    path = caps.PCAPS + "/iccp.pcap"
    whole = [d[1:] for d in judge(path)[1]]
    names = list(planted(dissect.ours(path)[0]))
    missed = [n for n in names if [d[1:] for d in judge(path, lambda our: planted(our)[n]())[1]] == whole]
    tap.result("each of %d planted faults is found" % len(names), missed + ([] if not whole else ["without one, too: %s" % whole[:1]]))


def installed():
    if not shutil.which("tshark") and os.geteuid() == 0:
        subprocess.run(["sh", "tests/deps.sh"], stdout=subprocess.DEVNULL, check=False)
    return shutil.which("tshark")


def generated():
    return [c.pcap for c in caps.captures() if not c.name.startswith(("tcp/", "drops/", "inline/"))]


def recorded():
    with open(OTHERS + "/INDEX.tsv", encoding="utf-8") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    some = [r["file"] for r in rows if "tpkt" in r["protocols"] or r["file"].startswith("endpoints/")]
    return [OTHERS + "/" + f for f in sorted(some)]


def main(args):
    tap, show = caps.Tap(), "--show" in args
    if not installed():
        print("skip - the decoders against another dissector: tshark is not installed")
        return 0
    rows, chosen = expected(), [a for a in args if a != "--show"]
    if chosen:
        check(tap, "these", chosen, rows, show)
        return tap.failed
    pdus, differ = check(tap, "generated captures", generated(), rows, show)
    if os.path.isdir(OTHERS):
        more = check(tap, "recorded captures", recorded(), rows, show)
        pdus, differ = pdus + more[0], differ + more[1]
        tap.result("%d of %d PDUs differ, %.1f %% may" % (differ, pdus, 100 * ALLOWED), ["too many"] if differ > ALLOWED * pdus else [])
        tap.result("every row of %s is needed" % EXPECTED, ["%s: %s" % (r.pattern, r.layer) for r in rows if not r.used])
    else:
        print("skip - recorded captures against another dissector: %s is not there" % OTHERS)
    would_be_found(tap)
    return tap.failed


sys.exit(main(sys.argv[1:]))
