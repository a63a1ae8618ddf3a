"""A million sessions send out of order and never fill their holes: the memory stays under its cap, everybody else goes on; TAP.

The engine is a process of its own (tests/tools/heldflood.c): what it takes is read from outside.
"""
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
    def __init__(self, policy="", inspection=""):
        """The engine under memory.conf with a line more in its policy, or in its inspection's settings."""
        text = open("tests/golden/memory.conf", encoding="ascii").read().replace("set utm-status enable", "set utm-status enable\n" + policy)
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
            f.write(text + "config ips global\n" + inspection + "\nend\n")
            f.flush()
            self.process = subprocess.Popen([caps.B + "/tests/tools/heldflood", f.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            text=True)
            self("open", 0, 0)  # it has read its configuration

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


def unanswered(tap):
    """Octets that were inspected are kept until they are acknowledged: here they never are, by few that send much, and by many. Whoever
    has no more room goes on uncompared, or is dropped where the policy prefers security."""
    for prefer, sessions, rounds, length in (("connectivity", 300, 40, 28000), ("connectivity", 100000, 1, 1400), ("security", 300, 40, 28000)):
        e, first = Engine("set prefer " + prefer), OLD
        e("open", 0, OLD + sessions)
        e("say", 0, OLD + sessions, 1)
        before = e.resident()
        for _ in range(rounds):
            d = e("mute", first, sessions, length)
        grown = e.resident() - before
        bad = [] if STREAM_MEMORY // 4 < d["used"] <= STREAM_MEMORY else ["%d octets of stream memory are used" % d["used"]]
        bad += [] if grown < STREAM_MEMORY * 5 // 4 + 8 * MIB else ["the process has grown by %d MiB" % (grown // MIB)]
        bad += [] if d.get("stream.memory", 0) > 0 else ["nobody is told that there is no more"]
        bad += [] if (d.get("ips.noRoom", 0) > 0) == (prefer == "security") else ["%d are dropped" % d.get("ips.noRoom", 0)]
        bad += expect("the others", e("say", 0, OLD, SAID), passed=2 * OLD, inspected=OLD * SAID)
        bad += expect("and again", e("say", 0, OLD, SAID), passed=2 * OLD, inspected=OLD * SAID)
        last, _ = e.end()
        bad += expect("the end", last, used=0, **{"stream.gap": 0})
        tap.result("%s: %d clients without an acknowledgement take %d MiB, the others go on" % (prefer, sessions, grown // MIB), bad)


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
    e, bad = Engine(inspection="set ignore-after 1000"), []
    e("open", 0, 1)
    for at, inspected in enumerate((600, 400, 0, 0)):
        bad += expect("600 octets after %d" % (600 * at), e("say", 0, 1, 600), passed=2, inspected=inspected, used=0)
    e.end()
    tap.result("what lies behind ignore-after passes, and is not inspected", bad)


def main():
    tap = caps.Tap()
    greedy(tap)
    depth(tap)
    unanswered(tap)
    flood(tap)
    return tap.failed


sys.exit(main())
