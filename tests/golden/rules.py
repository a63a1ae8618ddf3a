"""Every stock rule fires on its capture, and no capture raises an alert that its head does not name; TAP.

"# fires: SID, SID*N" in a script's head is the exact multiset of alerts; a healthy capture without it raises none.
"# sets: ..." names the noalert rules that fire: they are seen by rules of which noalert was taken out.
"""
import glob
import os
import re
import shutil
import sys
import tempfile

import caps


def stock():
    """sid: (file, is it noalert)"""
    out = {}
    for path in sorted(glob.glob("sigs/stock/*.rules")):
        for line in open(path):
            sid = re.search(r"[;(] *sid:(\d+);", line)
            if sid and not line.startswith("#"):
                out[sid[1]] = (os.path.basename(path), " noalert;" in line)
    return out


def loud_program(folder):
    """The program in a tree where it finds stock rules that tell of everything."""
    rules = os.path.join(folder, "share/ips/sigs/stock")
    os.makedirs(rules)
    os.makedirs(os.path.join(folder, "bin"))
    for path in glob.glob("sigs/stock/*.rules"):
        text = open(path).read()
        open(os.path.join(rules, os.path.basename(path)), "w").write(text.replace(" noalert;", ""))
    return shutil.copy(caps.IPS, os.path.join(folder, "bin/ips"))


def alerts(summary):
    return {k[2:] if k.startswith("1:") else k: n for k, n in summary["alerts"].items()}


def compare(want, summary):
    return summary if isinstance(summary, str) else caps.difference(want, alerts(summary))


def main():
    tap, rules, found = caps.Tap(), stock(), caps.captures()
    judged = [c for c in found if c.healthy or c.says("fires", "sets")]
    quiet = []
    for c, summary in caps.each(judged, caps.replay):
        problem = compare(c.counts("fires"), summary)
        if c.name.startswith("rules/") or problem:
            tap.result("%s raises exactly its alerts" % c.name, [problem])
        else:
            quiet.append(c)
    tap.result("%d more captures raise exactly what they say" % len(quiet), [] if len(quiet) > 50 else ["too few were judged"])

    with tempfile.TemporaryDirectory() as folder:
        ips = loud_program(folder)
        for c in [c for c in judged if c.says("sets")]:
            loud = caps.replay(c, ips=ips)
            tap.result("%s sets its tags by exactly its rules" % c.name, [compare(c.counts("fires", "sets"), loud)])
            tap.result("a silent rule is noticed in %s" % c.name, [] if compare(c.counts("fires"), loud) else ["it was not"])

    stocked = [c for c in judged if not c.rules]
    fired = {s for c in stocked for s in c.counts("fires")}
    silent = {s for c in stocked for s in c.counts("sets")}
    tap.result("every stock rule has a capture (%d rules)" % len(rules),
               ["%s %s: no capture fires it" % (rules[s][0], s) for s in rules if s not in (silent if rules[s][1] else fired)]
               + ["%s: named by a capture, not in the stock" % s for s in sorted((fired | silent) - set(rules))]
               + ([] if len(rules) > 50 else ["the stock rules could not be read"]))
    tap.result("captures of rules name what they fire",
               ["%s says nothing" % c.name for c in found if c.name.startswith("rules/") and not c.says("fires", "sets")])
    return tap.failed


sys.exit(main())
