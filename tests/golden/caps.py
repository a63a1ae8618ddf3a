"""The generated captures: what their scripts' heads say, and what `ips replay` says of them. Shared by golden tests."""
import concurrent.futures
import json
import os
import re
import subprocess

B = os.environ.get("B", "build/gcc-release")
IPS = os.environ.get("IPS", B + "/bin/ips")
SCRIPTS, PCAPS = "tests/captures", "build/captures"


class Capture:
    """A script: its name ("rules/tags"), the words of its head, its capture, the files it names."""

    def __init__(self, script, folder=SCRIPTS, pcap=None):
        self.script = script
        self.name = os.path.relpath(script, folder)[: -len(".cap")]
        self.pcap = pcap or os.path.join(PCAPS, self.name + ".pcap")
        self.head = {}
        for line in open(script):
            if not line.startswith("#"):
                break
            word = re.match(r"# ([a-z]+): *(.*)", line)
            if word:
                self.head[word[1]] = self.head.get(word[1], "") + " " + word[2]
        self.config, self.rules = self.beside("config"), self.beside("rules")
        self.healthy = self.words("class") == ["healthy"]

    def beside(self, key):
        """The file that a word names, in the script's folder."""
        name = self.head.get(key, "").strip()
        return name and os.path.join(os.path.dirname(self.script), name)

    def words(self, key):
        return self.head.get(key, "").replace(",", " ").split()

    def says(self, *keys):
        return any(k in self.head for k in keys)

    def counts(self, *keys):
        """A list such as "1000204*3, 1000205" of these words: how often each."""
        out = {}
        for w in [w for k in keys for w in self.words(k)]:
            what, _, n = w.partition("*")
            out[what] = out.get(what, 0) + int(n or 1)
        return out


def captures():
    found = [os.path.join(d, f) for d, _, fs in os.walk(SCRIPTS) for f in fs if f.endswith(".cap") and f != "big.cap"]
    return [Capture(s) for s in sorted(found)]


def replay(cap, *more, ips=IPS, config=None):
    """The summary of a replay under the capture's configuration, another or none (""); or a text: why there is none."""
    config = cap.config if config is None else config
    args = [ips, "replay", "--json"] + (["-c", config] if config else []) + (["--rules", cap.rules] if cap.rules else [])
    args += list(more) + [cap.pcap]
    r = subprocess.run(args, capture_output=True, text=True)
    if r.returncode != 0 or r.stderr:
        return "exit %d: %s" % (r.returncode, r.stderr.strip()[:300])
    return json.loads(r.stdout)


def each(caps, job):
    """(capture, job(capture)) of each, two at a time, in order."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        yield from zip(caps, pool.map(job, caps))


def difference(want, got):
    """What two tables of counts differ in, as text; empty when they do not."""
    return ", ".join("%s %s instead of %s" % (k, got.get(k, 0), want.get(k, 0))
                     for k in sorted(set(want) | set(got)) if got.get(k, 0) != want.get(k, 0))


class Tap:
    """Results as TAP lines; exit code 1 once one failed."""

    failed = 0

    def result(self, name, problems):
        problems = [p for p in problems if p]
        print(("not ok - " if problems else "ok - ") + name)
        for p in problems[:20]:
            print("#   " + p)
        self.failed |= bool(problems)
