"""What the live_*.sh scripts read out of a node's answers and logs.

  live.py number PATH              of the JSON object on standard input: PATH is names with / between; 0 when it is not there
  live.py adds-up                  a finding unless all packets of the totals on standard input were passed or dropped
  live.py octets                   of the session rows on standard input: octets inspected, of clients and of servers
  live.py fit FOLDER...            of each, with plan and replay.json in it, FOLDER, or "FOLDER: why flowplay cannot play all that replay saw"
  live.py same FOLDER...           findings where what the node did with a capture is not what replay did with it
"""
import collections
import json
import os
import sys

TOTALS = ("sessions", "gaps", "bad_checksums", "fragments", "uninspected_sessions", "lost_matches")
NAMED = ("services", "events", "alerts", "anomalies", "drops")
# of a record, what does not depend on when, between whom and in which segments its octets came
DETAIL = ("event_type", "app_proto", "policy_id", "alert", "app", "anomaly", "drop")


def rows(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.startswith("{")]


def number(path):
    text = sys.stdin.read()
    value = json.loads(text) if text else "none"
    for name in path.split("/") if text else ():
        value = value.get(name, 0) if isinstance(value, dict) else 0
    print(value)


def adds_up():
    d = json.loads(sys.stdin.read() or "{}")
    if not d or d["packets"] != d["passed"] + d["dropped"] or d["dropped"] != sum(d["drops"].values()):
        print("packets do not add up: %s" % {k: d.get(k) for k in ("packets", "passed", "dropped", "drops")})


def octets():
    ends = [json.loads(line) for line in sys.stdin if line.startswith("{")]
    print(*(sum(s[side]["inspected"] for s in ends) for side in ("client_state", "server_state")))


def counters(path):
    with open(path, encoding="utf-8") as f:
        words = [line.split() for line in f]
    return {w[0]: int(w[1]) for w in words if len(w) == 2 and w[1].isdigit()}


def unfit(folder):
    """Why a capture's replay sees other than what flowplay would play of it."""
    p, r = counters(os.path.join(folder, "plan")), rows(os.path.join(folder, "replay.json"))
    if not r:
        return "replay fails"
    r = r[0]
    if not p.get("connections"):
        return "no TCP connection"
    for name in ("incomplete", "not_played", "octets_skipped", "fragments"):
        if p.get(name):
            return "%s %d" % (name, p[name])
    if r["sessions"] != p["connections"]:
        return "%d sessions, %d of them are played" % (r["sessions"], p["connections"])
    if r["gaps"] or r["bad_checksums"] or r["fragments"] or r["verdicts"]["drop"] or r["not_ip"]:
        return "its packets are not whole"
    told = [a for a in r["anomalies"] if a.startswith("stream.")]
    return "its segments are odd: %s" % " ".join(told) if told else ""


# --- the node and replay ----------------------------------------------------------------------------

def less(after, before):
    return {k: n - before.get(k, 0) for k, n in after.items() if n != before.get(k, 0)}


def by_name(path, key):
    return {r["name"]: r[key] for r in rows(path) if r[key]}


def flows(path):
    """The records of each flow in order, and how many flows have just these. An anomaly has a record a packet: of these only which."""
    of, odd, server = collections.defaultdict(list), collections.defaultdict(set), {}
    for r in rows(path):
        if r.get("event_type") == "flow":
            server[r["flow_id"]] = (r["dest_ip"], r["dest_port"])
    for r in rows(path):
        if "flow_id" not in r:
            continue
        detail = {k: r[k] for k in DETAIL if k in r}
        detail["to_server"] = (r["dest_ip"], r["dest_port"]) == server.get(r["flow_id"])
        if r["event_type"] == "anomaly":
            odd[r["flow_id"]].add(json.dumps(detail, sort_keys=True))
        else:
            of[r["flow_id"]].append(json.dumps(detail, sort_keys=True))
    return collections.Counter("\n".join(sorted(odd[f]) + of[f]) for f in of)


def differ(what, live, replay):
    return ["%s: %s: the node has %s, replay %s" % (what, k, live.get(k, 0), replay.get(k, 0))
            for k in sorted(live.keys() | replay.keys()) if live.get(k, 0) != replay.get(k, 0)]


def records_differ(live, replay):
    """The first record that differs, of the flows of which the other side has none alike."""
    a, b = sorted((live - replay).elements()), sorted((replay - live).elements())
    if len(a) != len(b):
        return ["records: %d flows of the node, %d of replay" % (sum(live.values()), sum(replay.values()))]
    for x, y in zip(a, b):
        x, y = x.split("\n") + ["nothing"], y.split("\n") + ["nothing"]
        at = next(i for i, (p, q) in enumerate(zip(x, y)) if p != q)
        return ["record %d of a flow: the node has %s, replay %s" % (at, x[at], y[at])]
    return []


def octets_differ(folder, connections):
    """Receivers' octets and inspected ones. A connection of the same two ends as a later one is no longer listed: then nothing is known."""
    client, server = counters(os.path.join(folder, "client")), counters(os.path.join(folder, "server"))
    out = ["flowplay %s: %s %s" % (who, k, c.get(k, "none")) for who, c in (("client", client), ("server", server))
           for k in ("octets_missing", "mismatches", "resets") if c.get(k) != 0]
    seen = rows(os.path.join(folder, "sessions"))
    ends = {(r["src_ip"], r["src_port"], r["dest_ip"], r["dest_port"]) for r in rows(os.path.join(folder, "live.eve"))
            if r.get("event_type") == "flow"}
    if len(seen) != len(ends):
        out.append("%d sessions are listed, %d were there" % (len(seen), len(ends)))
    if len(ends) == connections:
        for side, receiver in (("client_state", server), ("server_state", client)):
            out += differ("octets", {side: sum(s[side]["inspected"] for s in seen)}, {side: receiver.get("octets_received", -1)})
    return out


def same(folder):
    f = lambda name: os.path.join(folder, name)
    before, after, replay = rows(f("stats.before"))[0], rows(f("stats.after"))[0], rows(f("replay.json"))[0]
    out = []
    for name in TOTALS:
        out += differ(name, {name: after[name] - before[name]}, {name: replay[name]})
    for name in NAMED:
        out += differ(name, less(after[name], before[name]), replay[name])
    for name, of, key in (("apps", "app", "seen"), ("tags", "tags", "sessions")):
        live = less(by_name(f(of + ".after"), key), by_name(f(of + ".before"), key))
        out += differ(name, live, replay[name])
    out += records_differ(flows(f("live.eve")), flows(f("replay.eve")))
    return out + octets_differ(folder, replay["sessions"])


def main():
    what, words = sys.argv[1], sys.argv[2:]
    if what == "number":
        number(words[0])
    elif what == "adds-up":
        adds_up()
    elif what == "octets":
        octets()
    elif what == "fit":
        for folder in words:
            why = unfit(folder)
            print(folder + (": " + why if why else ""))
    elif what == "same":
        for folder in words:
            for line in same(folder):
                print("%s: %s" % (os.path.basename(folder), line))
    else:
        sys.exit("live.py: %s is not understood" % what)


main()
