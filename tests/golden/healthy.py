"""Which packets of recorded and generated captures are dropped, under configurations from lenient to strict; TAP.

Of healthy captures none; of the others none but for what their own description says is wrong with them, and for what
follows from that; and so many as tests/golden/healthy/expected lists, with what is wrong with them.
"""
import csv
import fnmatch
import json
import os
import re
import subprocess
import sys

import caps

HERE = "tests/golden/healthy"
OTHERS = "../shared/captures"  # of the developers' machines, never needed
CONFIGS = {"default": None, "prevent": HERE + "/prevent.conf", "strict": HERE + "/strict.conf", "security": "tests/ha/tcp_prevent.conf"}
CHECKSUM = {"ip.checksum", "tcp.checksum", "udp.checksum", "icmp.checksum"}
# A connection of which not all packets are there, because they are not in the capture or were refused.
PARTIAL = {"tcp.syn", "tcp.state", "tcp.window", "tcp.acknowledgement", "tcp.rst", "tcp.fin", "tcp.overlap", "ips.noRoom", "session.none",
           "icmp.errorCredit"}
UNREAD = {"ips.inspection", "ips.blocked"}  # where the policy prefers security
MAY = {"badsum": CHECKSUM | PARTIAL | UNREAD, "nosyn": PARTIAL | UNREAD, "lost": PARTIAL | UNREAD}


class Case:
    """A capture and the reasons for which its packets may be dropped: exact counts, or a set and how many checksums are wrong."""

    def __init__(self, name, pcap, may=(), wrong_sums=0):
        self.name, self.pcap, self.may, self.wrong_sums, self.exact = name, pcap, set(may), wrong_sums, {}

    def plain(self, config):
        """Nothing of it may be dropped. Where all is let by, nothing for the company that it keeps."""
        return (not self.may or config == "default") and config not in self.exact

    def judge(self, config, d):
        if isinstance(d, str):
            return "" if self.exact.get(config) == {"unreadable": 1} else d
        if config in self.exact:
            want = {r: n for r, n in self.exact[config].items() if n is not None}
            may = self.may | (set(self.exact[config]) - set(want))
            return caps.difference(want, {r: n for r, n in d["drops"].items() if r in want or r not in may})
        bad = ["%s*%d" % (r, n) for r, n in sorted(d["drops"].items()) if r not in self.may]
        sums = sum(n for r, n in d["drops"].items() if r in CHECKSUM)
        wrong = self.wrong_sums + (d["fragments"] if self.wrong_sums else 0)  # each of a datagram whose sum is wrong
        return " ".join(bad + (["%d checksums are wrong, not %d" % (wrong, sums)] if sums > wrong else []))


def recorded():
    with open(OTHERS + "/INDEX.tsv", encoding="utf-8") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    for r in rows:
        wrong = dict((w + ":0").split(":")[:2] for w in re.findall(r"[\w:/-]+", r["healthy"])[1:])
        may = set() if r["healthy"].startswith("yes") else set().union(*(MAY.get(w, set()) for w in wrong))
        yield Case(r["file"], OTHERS + "/" + r["file"], may, int(wrong.get("badsum", 0)))


def generated():
    """Not those with a configuration of their own, nor those of drops/, which have a test of their own (drops.py), nor those of
    inline/, which are there to be refused (tests/ha/cut.sh)."""
    for c in caps.captures():
        if not c.config and not c.name.startswith(("drops/", "inline/")):
            case = Case(c.name, c.pcap)
            case.healthy = c.healthy
            yield case


def expect(cases):
    """The lines of the list go to the captures that they name; those that name none."""
    left = []
    for line in open(HERE + "/expected", encoding="utf-8"):
        if line.strip() and not line.startswith("#"):
            pattern, configs, drops, why = line.rstrip("\n").split("\t")
            configs = list(CONFIGS) if configs == "all" else configs.split(",")
            counts = {r: None if n == "any" else int(n or 1) for r, _, n in (w.partition("*") for w in drops.split())}
            mine = [c for c in cases if fnmatch.fnmatchcase(c.name, pattern)]
            left += [] if mine and why and set(configs) <= set(CONFIGS) else [pattern]
            for c in mine:
                c.exact.update((k, counts) for k in configs)
    return left


def replay(config, cases, *more):
    """What a replay of these captures, each by itself, says in all; or a text: why there is none."""
    args = [caps.IPS, "replay", "--json"] + (["-c", CONFIGS[config]] if CONFIGS[config] else []) + list(more)
    r = subprocess.run(args + [c.pcap for c in cases], capture_output=True, text=True)
    return json.loads(r.stdout) if r.returncode == 0 and not r.stderr else "exit %d: %s" % (r.returncode, r.stderr.strip()[:300])


def places(config, case):
    """Numbers of the packets dropped, by reason."""
    args = [caps.IPS, "replay", "--eve", "-"] + (["-c", CONFIGS[config]] if CONFIGS[config] else []) + [case.pcap]
    of = {}
    for line in subprocess.run(args, capture_output=True, text=True).stdout.splitlines():
        if '"event_type":"drop"' in line:
            r = json.loads(line)
            of.setdefault(r["drop"]["reason"], []).append(r["pcap_cnt"])
    return "; ".join("%s: %s%s" % (r, " ".join(map(str, n[:12])), " ..." if len(n) > 12 else "") for r, n in sorted(of.items()))


def halves(config, cases):
    """Problems of captures that should have no drop: all at once, then by halves until each that has one is found."""
    d = replay(config, cases)
    if not isinstance(d, str) and not d["drops"]:
        return []
    if len(cases) > 1:
        return halves(config, cases[: len(cases) // 2]) + halves(config, cases[len(cases) // 2:])
    return [(cases[0], cases[0].judge(config, d))]


def problems(config, cases):
    plain = [c for c in cases if c.plain(config)]
    found = halves(config, plain) if plain else []
    rest = [c for c in cases if not c.plain(config)]
    found += [(c, c.judge(config, d)) for c, d in caps.each(rest, lambda c: replay(config, [c]))]
    return [(c, p) for c, p in found if p]


def check(tap, what, cases, configs):
    for config in configs:
        bad = ["%s: %s (%s)" % (c.name, p, places(config, c)) for c, p in problems(config, cases)]
        n = sum(c.plain(config) for c in cases)
        tap.result("%s, %s: %d without a drop, %d with none but those allowed" % (what, config, n, len(cases) - n),
                   bad + ([] if n > 20 else ["only %d" % n]))


def would_be_found(tap, cases):
    """A drop that nobody allowed is found, wherever it is among healthy captures."""
    broken = next(c for c in cases if c.name == "tcp/chaff")
    clean = [c for c in cases if c.plain("default")]
    other = Case(broken.name, broken.pcap)
    bad = [] if [c for c, _ in problems("default", clean[:9] + [other] + clean[9:])] == [other] else ["it is not found"]
    broken.exact["default"] = {"tcp.flags": 4}
    bad += [] if [c for c, _ in problems("default", [broken])] == [broken] else ["one drop less is not found"]
    tap.result("a false drop would be found", bad)


def main():
    tap = caps.Tap()
    own, others = list(generated()), list(recorded()) if os.path.isdir(OTHERS) else []
    left = expect(own + others)
    check(tap, "generated captures", own, ("default", "prevent", "strict"))
    check(tap, "healthy generated captures", [c for c in own if c.healthy], ("security",))
    if others:
        check(tap, "recorded captures", others, CONFIGS)
    else:
        print("skip - recorded captures: %s is not there" % OTHERS)
        left = [p for p in left if p.partition("/")[0] in next(os.walk(caps.SCRIPTS))[1]]
    tap.result("every line of %s/expected names a capture" % HERE, left)
    would_be_found(tap, own)
    return tap.failed


sys.exit(main())
