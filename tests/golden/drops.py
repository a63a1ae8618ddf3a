"""A capture and a configuration for every reason to drop a packet; TAP.

Under its configuration a capture of drops/ drops just what its head says; without one, or in detect mode, nothing
for those reasons. The records name each dropped packet; what is written is what passed.
"""
import collections
import json
import os
import struct
import subprocess
import sys
import tempfile

import caps

MODES = ("ips.signature", "ips.inspection", "ips.noRoom", "ips.blocked", "ip.fragmentOverlap", "ip.fragmentCopy", "ip.fragmentTiny",
         "ip.fragmentReuse", "ip.fragmentRoom", "ip.fragmentTimeout")


def known():
    return set(subprocess.run([caps.B + "/tests/tools/names", "reasons"], check=True, capture_output=True, text=True).stdout.split())


def excused():
    lines = [x.rstrip("\n").split("\t") for x in open("tests/captures/drops/unreached")]
    return {x[0] for x in lines if len(x) == 2 and x[1]}


def made_here(folder):
    """Captures too long for the other tests, from scripts in tests/golden/drops."""
    for f in sorted(os.listdir("tests/golden/drops")):
        if f.endswith(".cap"):
            pcap = os.path.join(folder, f[: -len(".cap")] + ".pcap")
            subprocess.run([caps.B + "/tests/tools/capgen", "tests/golden/drops/" + f, pcap], check=True)
            yield caps.Capture("tests/golden/drops/" + f, "tests/golden", pcap)


def packets(pcap):
    """The frames of a capture file, to be compared: its own header, lengths and times left out."""
    data, at, out = open(pcap, "rb").read(), 24, []
    while at < len(data):
        n = struct.unpack_from("<I", data, at + 8)[0]
        out.append(data[at + 16:at + 16 + n])
        at += 16 + n
    return out


def records(cap, folder):
    """Numbers of the packets that the records say were dropped, and why; and the frames that were written."""
    eve, written = os.path.join(folder, "eve"), os.path.join(folder, "written")
    d = caps.replay(cap, "--eve", eve, "--write", written)
    if isinstance(d, str):
        return d, {}, []
    lines = [json.loads(x) for x in open(eve)]
    return d, {x["pcap_cnt"]: x["drop"]["reason"] for x in lines if x["event_type"] == "drop"}, packets(written)


def check(cap, folder):
    want = cap.counts("drops")
    d, dropped, written = records(cap, folder)
    if isinstance(d, str):
        return [d]
    out = [caps.difference(want, d["drops"]), caps.difference(want, collections.Counter(dropped.values()))]
    through = [f for i, f in enumerate(packets(cap.pcap), 1) if i not in dropped]
    changed = sum(a != b for a, b in zip(written, through))
    if changed != d["rewritten"] or len(written) != len(through) or len(written) != d["verdicts"]["pass"]:
        out.append("what was written is not what passed: %d of %d are other than they came" % (changed, len(through)))
    return out


def check_off(cap, folder):
    """Without its configuration, or in detect mode, the same packets pass; decoding drops them anyhow."""
    config = ""
    if cap.config and set(cap.counts("drops")) & set(MODES):
        config = os.path.join(folder, "detect.conf")
        text = open(cap.config).read()
        open(config, "w").write(text.replace("inspection-mode prevent", "inspection-mode detect"))
    d = caps.replay(cap, config=config)
    return [d] if isinstance(d, str) else [caps.difference({}, d["drops"])]


def check_would_drop(tap, cap, folder):
    """In detect mode the alert says what prevent would do."""
    eve = os.path.join(folder, "detect")
    caps.replay(cap, "--eve", eve, config=os.path.join(folder, "detect.conf"))
    alerts = [json.loads(x)["alert"] for x in open(eve) if '"alert":' in x]
    marks = [a["signature_id"] for a in alerts if a.get("would_drop")]
    tap.result("%s in detect mode is marked" % cap.name, [] if marks == [5000001] else ["would_drop of %s" % marks])


def unprovoked(names, reached):
    return (["%s: no capture" % r for r in sorted(names - reached - excused())]
            + ["%s: unknown" % r for r in sorted((reached | excused()) - names)]
            + ["%s: excused, and yet reached" % r for r in sorted(reached & excused())])


def main():
    tap = caps.Tap()
    with tempfile.TemporaryDirectory() as folder:
        cases = [c for c in caps.captures() if c.name.startswith("drops/")] + list(made_here(folder))
        for c in cases:
            tap.result("%s drops what it says" % c.name, check(c, folder) + ([] if c.says("drops") else ["says nothing"]))
            if c.config:
                tap.result("%s drops nothing otherwise" % c.name, check_off(c, folder))
            if "ips.signature" in c.counts("drops"):
                check_would_drop(tap, c, folder)
    reached, names = {r for c in cases for r in c.counts("drops")}, known()
    tap.result("every reason has a capture (%d of %d)" % (len(reached), len(names)), unprovoked(names, reached))
    added = unprovoked(names | {"new.reason"}, reached)
    tap.result("a reason that is added and has none is found", [] if "new.reason: no capture" in added else ["it is not"])
    return tap.failed


sys.exit(main())
