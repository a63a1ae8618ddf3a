"""No false label: what recorded and generated captures are told to be, against what they are; TAP.

A recorded capture's folder, and in endpoints/ its name, says what it must be; INDEX.tsv what else is in it; a script's head what
a generated one is. Labels are the services of sessions, the operations' applications and the layers of events.
"""
import csv
import fnmatch
import json
import os
import subprocess
import sys

import caps

OTHERS = "../shared/captures"  # of the developers' machines, never needed
ICCP, MMS, S7 = {"iccp"}, {"mms", "iec61850"}, {"s7comm", "s7comm-plus"}
CHAIN = ICCP | MMS | S7
RULES = [  # captures, of which services one is there at least, which never are; the first that fits counts
    ("iccp/*", ICCP, MMS | S7), ("lab-generated/*", ICCP, MMS | S7),
    ("endpoints/*_t2_*", ICCP, MMS | S7), ("endpoints/*_rs_*", ICCP, MMS | S7), ("endpoints/*_ft2_*", ICCP, MMS | S7),
    ("endpoints/*_s7_*", S7, ICCP | MMS), ("endpoints/*_refuse_dr*", {"cotp"}, CHAIN),
    ("endpoints/*", MMS, ICCP | S7),
    ("mms/*", MMS, ICCP | S7),
    ("s7comm/*", S7, ICCP | MMS), ("cotp102/*", S7 | {"cotp"}, ICCP | MMS),
    ("tpkt-other/*", None, ICCP | MMS),
    ("*", None, CHAIN | {"cotp", "rdp"})]  # all others, unless the index names COTP
LAYER_OF = {"iccp": ICCP, "mms": ICCP | MMS, "s7comm": S7, "s7commplus": S7}  # of an event: who may have it
AS_INDEXED = {"s7comm": S7, "cotp": S7 | {"cotp", "rdp"}, "mms": MMS}


class Case:
    def __init__(self, name, pcap, must, never, odd=False):
        self.name, self.pcap, self.must, self.never, self.odd = name, pcap, must, never, odd

    def wrong(self, d):
        """What a summary says that may not be; several captures may share it unless something must be there."""
        labels = set(d["services"])
        out = ["called %s" % s for s in sorted(labels & self.never)]
        if self.must is not None and not labels & self.must:
            out.append("none of %s, but %s" % (" ".join(sorted(self.must)), " ".join(sorted(labels))))
        for e in sorted(d["events"]):
            allowed = LAYER_OF.get(e.split(".")[0])
            out += ["%s is told" % e] if allowed and not allowed - self.never else []
        if "iccp" in self.never:
            out += ["%s is told" % a for a in sorted(d["apps"]) if a.startswith("ICCP")]
        if self.must == ICCP and not any(a.startswith("ICCP_") for a in d["apps"]):
            out.append("no operation is named")
        if self.odd and not [a for a in d["anomalies"] if not a.startswith("stream.") and a != "cotp.noConnect"]:
            out.append("nothing is odd in it")
        return out


def indexed(row):
    """What the index says that the capture has, of what its folder would not let it have."""
    names = {w.split(":")[0] for w in row["protocols"].split(",")}
    return set().union(*(s for n, s in AS_INDEXED.items() if n in names))


def recorded():
    with open(OTHERS + "/INDEX.tsv", encoding="utf-8") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    for r in rows:
        pattern, must, never = next(rule for rule in RULES if fnmatch.fnmatchcase(r["file"], rule[0]))
        odd = must is not None and "malformed" in r["remark"]
        yield Case(r["file"], OTHERS + "/" + r["file"], must, never - indexed(r) if pattern == "*" else never, odd)


def generated():
    for c in caps.captures():
        if c.says("protocol"):
            is_a = set(c.words("protocol"))
            yield Case(c.name, c.pcap, is_a, CHAIN - is_a)


def replay(cases):
    r = subprocess.run([caps.IPS, "replay", "--json"] + [c.pcap for c in cases], capture_output=True, text=True)
    return json.loads(r.stdout) if r.stdout else None


def problems(cases):
    """Those where nothing must be there are replayed together; by halves, where one of them has what none may have."""
    def halves(some):
        d = replay(some)
        if d is None or some[0].wrong(d):
            if len(some) == 1:
                return [(some[0], ["it is not read"] if d is None else some[0].wrong(d))]
            return halves(some[: len(some) // 2]) + halves(some[len(some) // 2:])
        return []

    out, together = [], {}
    for c in cases:
        if c.must is None:
            together.setdefault(frozenset(c.never), []).append(c)
    for some in together.values():
        out += halves(some)
    alone = [c for c in cases if c.must is not None]
    out += [(c, ["it is not read"] if d is None else c.wrong(d)) for c, d in caps.each(alone, lambda c: replay([c]))]
    return [(c, w) for c, w in out if w]


def check(tap, what, cases, least):
    bad = ["%s: %s" % (c.name, "; ".join(w[:4])) for c, w in problems(cases)]
    n = [sum(c.must == ICCP for c in cases), sum("iccp" in c.never for c in cases)]
    tap.result("%s: %d are ICCP, %d are not, and are called so" % (what, *n), bad + ([] if min(n) >= least else ["too few"]))


def would_be_found(tap):
    """A label that may not be is found: ICCP where there is none, none where there is ICCP, among others."""
    iccp, mms, plain = (caps.PCAPS + "/%s.pcap" % n for n in ("iccp", "mms", "tcp/window"))
    false = [Case("no ICCP", iccp, None, ICCP), Case("no MMS", mms, None, CHAIN)]
    missing = [Case("ICCP", mms, ICCP, S7), Case("S7", plain, S7, MMS), Case("an anomaly", mms, MMS, S7, True)]
    crowd = [Case(str(i), caps.PCAPS + "/other/s7comm.pcap", None, never) for i in range(5) for never in (ICCP, ICCP | MMS)]
    for case in false + missing:
        found = [c for c, _ in problems(crowd + [case] + crowd)]
        tap.result("a false label would be found: %s" % case.name, [] if found and set(found) <= {case} else ["found: %s" % found])


def main():
    tap = caps.Tap()
    check(tap, "generated captures", list(generated()), 3)
    if os.path.isdir(OTHERS):
        check(tap, "recorded captures", list(recorded()), 10)
    else:
        print("skip - recorded captures: %s is not there" % OTHERS)
    would_be_found(tap)
    return tap.failed


sys.exit(main())
