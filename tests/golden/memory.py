"""A million sessions send out of order and never fill their holes: the memory stays under its cap, everybody else goes on; TAP.

The engine is a process of its own (tests/tools/heldflood.c): what it takes is read from outside.
"""
import os
import re
import subprocess
import sys
import tempfile

import caps

MIB = 1 << 20
FLOOD, OLD, HOLE, AHEAD, SAID = 1000000, 1000, 100, 100, 500  # sessions; octets
STREAM_MEMORY = 64 * MIB
SEGMENTS, OCTETS = 64, 256 * 1024  # that a direction may hold


class Engine:
    def __init__(self, config="tests/golden/memory.conf"):
        self.process = subprocess.Popen([caps.B + "/tests/tools/heldflood", config], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def answer(self):
        words = self.process.stdout.readline().split()
        words.remove("told")
        return dict(zip(words[::2], map(int, words[1::2])))

    def __call__(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        return self.answer()

    def resident(self):
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as f:
            return int(re.search(r"VmRSS:\s*(\d+) kB", f.read())[1]) << 10

    def end(self):
        self.process.stdin.close()
        last = self.answer()
        return last, self.process.wait()


def expect(what, got, **want):
    return ["%s: %s is %s, not %s" % (what, k, got.get(k, 0), v) for k, v in want.items() if got.get(k, 0) != v]


def flood(tap):
    e, late, first = Engine(), OLD + FLOOD, OLD
    bad = expect("sessions from before", e("open", 0, OLD), passed=3 * OLD)
    bad += expect("what they say", e("say", 0, OLD, SAID), passed=2 * OLD, inspected=OLD * SAID)
    bad += expect("a million more", e("open", first, FLOOD), passed=3 * FLOOD, used=0)
    before = e.resident()
    half = e("ahead", first, FLOOD // 2, AHEAD)
    bad += expect("a session from amidst", e("open", late, 1), passed=3)
    bad += expect("what it says", e("say", late, 1, SAID), passed=2, inspected=SAID)
    d = e("ahead", first + FLOOD // 2, FLOOD // 2, AHEAD)
    grown = e.resident() - before
    dropped = half["dropped"] + d["dropped"]
    bad += [] if 0 < d["used"] <= STREAM_MEMORY else ["%d octets of stream memory are used" % d["used"]]
    bad += [] if STREAM_MEMORY // 16 < grown < STREAM_MEMORY * 5 // 4 + 8 * MIB else ["the process has grown by %d MiB" % (grown // MIB)]
    bad += [] if FLOOD // 2 < dropped < FLOOD - OLD else ["%d of the segments are dropped" % dropped]
    bad += expect("for want of room", d, **{"ips.noRoom": dropped, "stream.heldCap": dropped, "stream.gap": 0, "stream.memory": 0})
    bad += expect("all said so far", d, inspected=0, uninspected=0, sessions=OLD + FLOOD + 1)
    tap.result("a million half-filled sessions: %d hold, and take %d MiB" % (FLOOD - dropped, grown // MIB), bad)
    bad = expect("sessions from before", e("say", 0, OLD, SAID), passed=2 * OLD, inspected=OLD * SAID)
    bad += expect("the session from amidst", e("say", late, 1, SAID), passed=2, inspected=SAID)
    bad += expect("a new one", e("open", late + 1, 1), passed=3) + expect("what it says", e("say", late + 1, 1, SAID), inspected=SAID)
    bad += expect("a session that holds", e("fill", first, 1), passed=2, inspected=HOLE + AHEAD)
    bad += expect("a session that could not", e("fill", late - 1, 1), passed=2, inspected=HOLE)
    tap.result("meanwhile octets in order pass and are inspected", bad)
    bad = expect("holes are filled", e("fill", first, 1000), dropped=0)
    bad += expect("others may hold now", e("ahead", late - 1, 1, AHEAD), passed=1)
    last, code = e.end()
    bad += expect("the end", last, used=0, sessions=0) + (["exit code %d" % code] if code != 0 else [])
    tap.result("what is given back others may use", bad)


def greedy(tap):
    for what, length, tries, most in (("segments", 10, 2 * SEGMENTS, SEGMENTS), ("octets", 60000, 12, OCTETS // 60000)):
        e = Engine()
        e("open", 0, 2)
        e("say", 0, 2, SAID)  # the answers open the window
        held = sum(e("ahead", 0, 1, length)["passed"] for _ in range(tries))
        d = e("ahead", 1, 1, 50)
        bad = [] if 0 < held <= most else ["%d are held, at most %d may be" % (held, most)]
        bad += expect("the other session", d, passed=1) + expect("the rest", d, **{"ips.noRoom": tries - held, "stream.gap": 0})
        bad += [] if d["used"] <= 2 * OCTETS else ["%d octets of memory" % d["used"]]
        bad += expect("in order again", e("fill", 0, 1), dropped=0, inspected=held * (HOLE + length))
        bad += expect("the other one", e("fill", 1, 1), inspected=HOLE + 50, used=0)
        e.end()
        tap.result("one session holds %d %s and no more" % (most if what == "segments" else held * length, what), bad)


def depth(tap):
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "conf")
        with open(config, "w", encoding="ascii") as f:
            f.write(open("tests/golden/memory.conf", encoding="ascii").read() + "config ips global\nset ignore-after 1000\nend\n")
        e = Engine(config)
        e("open", 0, 1)
        bad = []
        for at, inspected in enumerate((600, 400, 0, 0)):
            bad += expect("600 octets after %d" % (600 * at), e("say", 0, 1, 600), passed=2, inspected=inspected, used=0)
        e.end()
        tap.result("what lies behind ignore-after passes, and is not inspected", bad)


def main():
    tap = caps.Tap()
    greedy(tap)
    depth(tap)
    flood(tap)
    return tap.failed


sys.exit(main())
