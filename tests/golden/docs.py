"""Do the documents say what the program does? README's commands are run, options and keys compared both ways."""
import json
import os
import re
import shutil
import subprocess
import sys

B = os.environ.get("B", "build/gcc-release")
IPS = B + "/bin/ips"
MUTATE = os.environ.get("B_MUTATE", "build/gcc-mutate") + "/bin/ips"
failed = False


def report(name, findings):
    global failed
    print(("not ok - " if findings else "ok - ") + name)
    for f in findings[:20]:
        print("#   " + f)
    failed |= bool(findings)


def text(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def masked(s):
    return re.sub(r"time [0-9.]+ s  rate [0-9]+", "time T s  rate R", s).rstrip().splitlines()


def console(path):
    """Each "$ command" of a console block prints what stands below it."""
    blocks = re.findall(r"```console\n\$ ([^\n]*)\n(.*?)```", text(path), re.S)
    wrong = [] if blocks else ["no console block"]
    for command, shown in blocks:
        got = subprocess.run(command.replace("build/gcc-release", B), shell=True, capture_output=True, text=True,
                             env=dict(os.environ, B=B), check=False)
        want, have = masked(shown.replace("build/gcc-release", B)), masked(got.stdout)
        wrong += [f"{command}: {w!r} printed as {h!r}" for w, h in zip(want, have) if w.rstrip() != h.rstrip()]
        if len(want) != len(have):
            wrong.append(f"{command}: {len(have)} lines, {len(want)} in the text")
    return wrong


def differ(what, left, right, left_name, right_name):
    return [f"{what} {x}: in {left_name}, not in {right_name}" for x in sorted(left - right)] + \
           [f"{what} {x}: in {right_name}, not in {left_name}" for x in sorted(right - left)]


def options():
    told = set(re.findall(r"(?<![\w-])--([a-z-]+)", run(IPS, "replay", "--help").stdout))
    manual = text("docs/ips.1")
    manual = manual[manual.index(".Ss ips replay"):manual.index(".Ss ips config")]
    return differ("option", told, set(re.findall(r"Fl -([a-z-]+)", manual)), "--help", "docs/ips.1")


def differences():
    """What a difference can have: node B reads the signature's number of an alert as zero."""
    rows = dict(reversed(row.split()) for row in run(MUTATE, "replay", "--mutate", "list").stdout.splitlines())
    got = json.loads(run(MUTATE, "replay", "--json", "--mutate", rows["Rec.sid"], "--failover", "bytes",
                         "build/captures/demo.pcap").stdout)
    return {key for d in got["failover"]["differences"] for key in d}


def keys():
    page = text("docs/replay-json.md")
    whole, part = page.split("## `failover`")
    part, told = part.split("### `differences`")
    names = r"^\| `(\w+)`"
    got = json.loads(run(IPS, "replay", "--json", "--failover", "3", "build/captures/demo.pcap").stdout)
    return differ("key", set(got), set(re.findall(names, whole, re.M)), "the JSON", "docs/replay-json.md") + \
        differ("key", set(got["failover"]), set(re.findall(names, part, re.M)), "failover", "docs/replay-json.md") + \
        differ("key", differences(), set(re.findall(names, told, re.M)), "differences", "docs/replay-json.md")


def x_list(source, name, column):
    body = re.search(r"#define " + name + r"\(X\)(.*?\n)\n", text(source), re.S).group(1)
    return [row.split(",")[column].strip() for row in re.findall(r"X\(([^)]*)\)", body)]


def protocol():
    page = text("docs/ha-protocol.md")
    types = re.findall(r"^\| (\d) \| (\w+) \| \w+ \|", page, re.M)
    wanted = [(str(i + 1), n.split("_")[0].capitalize()) for i, n in enumerate(x_list("hacache/ha.h", "HA_MESSAGE_LIST", 0))]
    wrong = [] if types == wanted else [f"messages {types}, not {wanted}"]
    rows = re.findall(r"^\| (`[^|]+`) \|", page[page.index("## What is replicated"):], re.M)
    sections = set(re.findall(r"`(\w+)`", " ".join(rows)))
    wrong += differ("section", set(x_list("hacache/ha.h", "HA_SECTION_LIST", 0)), sections, "hacache/ha.h", "docs/ha-protocol.md")
    header = text("hacache/ha.h")
    for name in ("HA_MESSAGE_MAX", "HA_BATCH_MAX"):
        size = 1
        for factor in re.findall(r"(\d+)u", re.search(name + r" \(([^)]*)\)", header).group(1)):
            size *= int(factor)
        words = f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"
        if words not in page:
            wrong.append(f"{name} is {words}")
    return wrong


LAYER_PAGES = {"tpkt": "cotp", "cotp": "cotp", "ses": "osi", "pres": "osi", "acse": "osi", "ber": "osi", "mms": "mms", "iccp": "iccp"}


def layers():
    """Each field, event and anomaly of a decoder's layer stands on that layer's page, if there is one; and no other of that layer."""
    fields = {k.strip('"') for k in x_list("decoders/fields.h", "FIELD_LIST", 2)}
    header = text("decoders/anomaly.h") + text("decoders/events.h")
    listed = set(re.findall(r'X\((?:AN|EV)_\w+, "(\w+\.[\w.]+)"', header))
    wrong = []
    for layer, name in sorted(LAYER_PAGES.items()):
        path = f"docs/{name}.md"
        if not os.path.exists(path):
            continue
        told = set(re.findall(r"`(" + layer + r"\.[a-zA-Z_0-9.]+)`", text(path)))
        wanted = {f for f in fields if f.startswith(layer + ".")}
        known = wanted | {n for n in listed if n.startswith(layer + ".")}
        wrong += [f"{path}: {f} is missing" for f in sorted(wanted - told)]
        if name in ("cotp", "osi", "mms"):
            known |= {f"mms.{s}.{way}" for s in services() & {t.split(".")[1] for t in told} for way in ("request", "response")}
            wrong += [f"{path}: {f} is missing" for f in sorted(known - told)]
            wrong += [f"{path}: {f} is none of that layer's" for f in sorted(told - known)]
    return wrong


def services():
    return set(x_list("decoders/events.h", "MMS_SERVICE_LIST", 1))


def service_rows():
    """Each confirmed service has a row in docs/mms.md, in words that say what is read of it."""
    page = text("docs/mms.md")
    named = {w for row in re.findall(r"^\| ([^|]+) \|", page[page.index("## Services"):], re.M) for w in row.split(", ")}
    named -= {"service", "---", "initiate", "informationReport", "unsolicitedStatus", "eventNotification"}
    return differ("service", services(), named, "decoders/events.h", "docs/mms.md")


def keywords():
    """docs/signatures.md has every field keyword, by its kind."""
    names, kinds = (x_list("decoders/fields.h", "FIELD_LIST", n) for n in (2, 3))
    words = {"num": "number", "text": "text", "bytes": "octets", "octets": "octets"}
    wanted = {(words[k], n.strip('"')) for n, k in zip(names, kinds)}
    rows = re.findall(r"^\| (text|octets|number) \| (`.*) \|$", text("docs/signatures.md"), re.M)
    told = {(kind, n) for kind, row in rows for n in re.findall(r"`([^`]+)`", row)}
    return [f"{kind} {n}: in decoders/fields.h, not in docs/signatures.md" for kind, n in sorted(wanted - told)] + \
        [f"{kind} {n}: in docs/signatures.md, not in decoders/fields.h" for kind, n in sorted(told - wanted)]


def objects():
    page = text("docs/ips.conf.5")
    listed = {o for line in re.findall(r"^\.It Ic (.*)$", page, re.M) for o in spread(line)}
    there = {o for o in re.findall(r"^## config (.*)$", text("docs/configuration.md"), re.M)}
    covered = {o for o in there if any(o == x or o.startswith(x + " ") for x in listed)}
    return [f"object {o}: not in docs/ips.conf.5" for o in sorted(there - covered)] + \
        [f"object {o}: only in docs/ips.conf.5" for o in sorted(listed) if not any(t == o or t.startswith(o + " ") for t in there)]


def spread(line):
    """"firewall address , addrgrp" names two objects; a word that opens another kind of object stands for itself."""
    first, *rest = [w.strip() for w in line.split(",")]
    kind = first.split()[0]
    return [first] + [r if " " in r else f"{kind} {r}" for r in rest]


def links():
    wrong = []
    for page in run("git", "ls-files", "*.md").stdout.split() or ["README.md"]:
        if not os.path.exists(page):
            continue
        for target in re.findall(r"\]\(([^)#:]+)\)", text(page)):
            if not os.path.exists(os.path.join(os.path.dirname(page), target)):
                wrong.append(f"{page}: {target}")
    readme = text("README.md")
    wrong += [f"README.md: {d}/ is no folder" for d in re.findall(r"`([a-z]+)/`", readme) if not os.path.isdir(d) and d != "build"]
    makefiles = text("Makefile") + text("tests/tools/module.mk") + text("bench/module.mk") + text("tests/oracle/module.mk")
    for target in re.findall(r"`?make ([a-z-]+)", readme):
        if not re.search(r"^" + target + r"[ :]", makefiles, re.M):
            wrong.append(f"README.md: make {target}: no such target")
    return wrong


def manuals():
    wrong = []
    for page in ("docs/ips.1", "docs/ips.conf.5"):
        got = run("groff", "-mdoc", "-ww", "-Tutf8", "-z", page)
        wrong += got.stderr.splitlines()
    return wrong


report("README shows what the commands print", console("README.md"))
report("the manual has the options of ips replay", options())
report("docs/replay-json.md has the keys of the JSON", keys())
report("docs/ha-protocol.md has messages, sections and limits", protocol())
report("docs/ips.conf.5 names every object", objects())
report("fields, events and anomalies stand on their layers' pages", layers())
report("docs/mms.md has every service", service_rows())
report("docs/signatures.md has the field keywords by kind", keywords())
report("links, folders and targets are there", links())
if shutil.which("groff"):
    report("the manuals are well-formed", manuals())
else:
    print("skip - the manuals are well-formed: groff is not installed")
sys.exit(failed)
