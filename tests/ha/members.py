"""Every member of what is replicated has a row in hacache/ha_schema.c, or its reason in tests/ha/members.txt; TAP.

The members come from debug information, the octets that rows carry from the schema itself. So a member that is added anywhere in
these structs, or in what holds them in a node, is noticed. The check proves itself on members planted in a copy of the headers.
"""
import os
import re
import subprocess
import sys
import tempfile

CC = os.environ.get("CC", "gcc")
SCHEMA, REASONS = "hacache/ha_schema.c", "tests/ha/members.txt"
KINDS = ("sent", "follows", "given", "local", "spent", "nothing")
failed = False


def report(name, findings):
    global failed
    print(("not ok - " if findings else "ok - ") + name)
    for f in findings[:40]:
        print("#   " + f)
    failed |= bool(findings)


def text(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


class Debug:
    """Types by their place in the debug information of one object."""

    def __init__(self, obj):
        dump = subprocess.run(["readelf", "-W", "--debug-dump=info", obj], capture_output=True, text=True, check=True,
                              env=dict(os.environ, LC_ALL="C")).stdout
        self.die, self.struct = {}, {}
        parents = []
        for line in dump.splitlines():
            head = re.match(r" *<([0-9a-f]+)><([0-9a-f]+)>: Abbrev Number: [0-9]+ \((DW_TAG_\w+)\)", line)
            attribute = re.match(r" +<[0-9a-f]+> +(DW_AT_\w+) *: *(.*)", line)
            if head:
                die = {"tag": head[3][7:], "children": []}
                del parents[int(head[1], 16):]
                if parents:
                    parents[-1]["children"].append(die)
                parents.append(die)
                self.die[int(head[2], 16)] = die
            elif attribute and parents:
                parents[-1][attribute[1][6:]] = re.sub(r"^(\([^)]*\):? *)+", "", attribute[2])
        for die in self.die.values():
            if die["tag"] == "structure_type" and die["children"] and "name" in die:
                self.struct[die["name"]] = die

    def type_of(self, die):
        """What a member or array is made of, without names for it; None: nothing (void)."""
        at = re.search(r"<0x([0-9a-f]+)>", die.get("type", ""))
        t = self.die.get(int(at[1], 16)) if at else None
        return self.type_of(t) if t is not None and t["tag"] in ("typedef", "const_type", "volatile_type") else t

    def size_of(self, t):
        if t["tag"] == "array_type":
            n = 1
            for bound in t["children"]:
                upper, count = bound.get("upper_bound"), bound.get("count")
                n *= int(upper, 0) + 1 if upper is not None else int(count or "0", 0)
            return n * self.size_of(self.type_of(t))
        return int(t.get("byte_size", "8"), 0)

    def members(self, t):
        """Of a struct or union: name, first octet, octets, type."""
        for m in t["children"]:
            if m["tag"] != "member":
                continue
            of = self.type_of(m)
            bits = int(m.get("data_bit_offset", "0"), 0)
            off = int(m.get("data_member_location", "0"), 0) + bits // 8
            size = (bits % 8 + int(m["bit_size"], 0) + 7) // 8 if "bit_size" in m else self.size_of(of)
            yield m.get("name", "(no name)"), off, size, of


class Schema:
    """The rows: the octets that they carry of each struct, and their names."""

    def __init__(self, program, source):
        self.octets, self.rows, self.struct_of = {}, set(), {}
        for name, struct in re.findall(r'^ROWS\(\w+, "(\w+)", struct (\w+),', source, re.M):
            self.struct_of[name] = struct
        for line in subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines():
            word = line.split()
            if word[0] == "row":
                self.rows.add(word[1])
            else:
                of = self.octets.setdefault(self.struct_of[word[1]], set())
                of.update(range(int(word[2]), int(word[2]) + int(word[3])))


class Reasons:
    """members.txt: structs that hold what is replicated, and members without a row: their kind and the rest."""

    def __init__(self, lines):
        self.holders, self.of, self.wrong = [], {}, []
        struct = None
        for line in lines:
            if line.startswith("#") or not line.strip():
                continue
            if not line.startswith("\t"):
                word, struct = line.split()
                if word == "holder":
                    self.holders.append(struct)
                continue
            member, kind, why = (line.split(None, 2) + ["", ""])[:3]
            self.of[struct, member] = (kind, why)
            if kind not in KINDS or not why.strip():
                self.wrong.append(f"struct {struct}.{member}: no reason of the kinds {', '.join(KINDS)}")


class Check:
    def __init__(self, debug, schema, reasons):
        self.debug, self.schema, self.reasons = debug, schema, reasons
        self.used, self.missing, self.seen = set(), {}, 0
        for struct in sorted(schema.octets) + reasons.holders:
            t = debug.struct.get(struct)
            if t is None:
                self.missing[struct, ""] = "no such struct in the debug information"
            else:
                self.walk(struct, t, "", 0, schema.octets.get(struct, set()))

    def walk(self, root, t, path, base, carried):
        for name, off, size, of in self.debug.members(t):
            self.one(root, t.get("name", "(no name)"), path + name, name, base + off, size, of, carried)

    def one(self, root, struct, path, name, at, size, of, carried):
        self.seen += 1
        here = carried.intersection(range(at, at + size))
        element = of
        while element is not None and element["tag"] == "array_type":
            element = self.debug.type_of(element)
        inner = element["tag"] if element is not None else ""
        if (struct, name) in self.reasons.of:
            self.used.add((struct, name))
            if len(here) == size and inner != "union_type":
                self.missing[struct, name] = f"a row carries it, and {REASONS} has a reason why none does"
        elif root in self.reasons.holders and element is not None and (
                element.get("name") in self.schema.octets or element.get("name") in self.reasons.holders):
            pass  # one of those that are walked themselves
        elif inner == "structure_type" and here:
            step = self.debug.size_of(element)
            for k in range(size // step):
                self.walk(root, element, f"{path}[{k}]." if size > step else path + ".", at + k * step, carried)
        elif inner == "union_type" or len(here) != size:
            self.missing.setdefault((struct, name), f"no row carries it (struct {root}: {path})")

    def findings(self):
        found = [f"struct {s}.{m}: {why}" for (s, m), why in self.missing.items()] + list(self.reasons.wrong)
        found += [f"struct {s}.{m}: {REASONS} knows it, and there is no such member" for s, m in self.reasons.of
                  if (s, m) not in self.used]
        for (s, m), (kind, why) in self.reasons.of.items():
            found += [f"struct {s}.{m}: there is no row {why}" for w in why.split() if kind == "sent" and w not in self.schema.rows]
        return found


def build(work, flags):
    """members.c and the schema; headers found in work/over stand before those of the tree."""
    over = os.path.join(work, "over")
    schema = os.path.join(over, SCHEMA) if os.path.exists(os.path.join(over, SCHEMA)) else SCHEMA
    include = ["-I" + over, "-I."] + subprocess.run(["pkg-config", "--cflags", "libhs"], capture_output=True, text=True,
                                                    check=False).stdout.split()
    obj, program = os.path.join(work, "members.o"), os.path.join(work, "members")
    command = CC.split() + ["-std=c17", "-D_GNU_SOURCE", "-w", "-g", "-gdwarf-4", "-O0"] + include + flags
    subprocess.run(command + ["-c", "-o", obj, "tests/ha/members.c"], check=True)
    subprocess.run(command + ["-o", program, obj, schema], check=True)
    return Debug(obj), Schema(program, text(schema))


# What is planted: file, what stands there, what takes its place, and the member that is to be told.
PLANTS = (
    ("forward/tcp.h", "\tbool fin;  ", "\tuint8_t planted;\n\tbool fin;  ", "tcp_end.planted"),
    ("ips/reasm.h", "\tuint32_t turn;  ", "\tuint64_t planted;\n\tuint32_t turn;  ", "reasm_dir.planted"),
    ("ips/insp_state.h", "\tstruct tagset tags;\n", "\tstruct tagset tags;\n\tstruct { uint8_t more[2]; } planted;\n", "insp_state.planted"),
    ("decoders/mms/mms.h", "\tuint64_t place;  ", "\tuint8_t planted;\n\tuint64_t place;  ", "mms_pending.planted"),
    ("decoders/iccp/iccp.h", "\tuint16_t oldest;\n", "\tuint16_t oldest;\n\tunsigned planted : 3;\n", "iccp_state.planted"),
    ("decoders/osi/osi.h", "\tuint8_t n_contexts;\n", "\tuint8_t n_contexts;\n\tunion { uint8_t a, b; } planted;\n", "osi_state.planted"),
    ("sigs/match.h", "\tuint16_t n_parts;\n", "\tuint16_t n_parts;\n\tconst void *planted;\n", "match_state.planted"),
    ("ips/engine.h", "\tstruct stack *stack; ", "\tuint32_t planted;\n\tstruct stack *stack; ", "insp.planted"),
    ("forward/frag_int.h", "\tuint32_t total, have; ", "\tuint32_t planted;\n\tuint32_t total, have; ", "frag_datagram.planted"),
    (SCHEMA, "\tBOOL(struct cotp_dir, failed),\n", "", "cotp_dir.failed"),
    (SCHEMA, "\tMSG(struct mms_state, reply, dir[DIR_REPLY], msg_mms_dir));", "\tUINT(struct mms_state, nesting, U8));", "mms_dir.n"),
)
# Lines of members.txt, and what is to be told of them.
SPOILT = (
    ("struct tcp_end\n\tnone\tlocal of no use", "tcp_end.none: .*no such member"),
    ("struct tcp_end\n\tnext\tlocal of no use", "tcp_end.next: a row carries it"),
    ("struct tuple\n\tvdom\tsent Tuple.vdom", "tuple.vdom: there is no row Tuple.vdom"),
    ("struct tuple\n\tvdom\tlocal", "tuple.vdom: no reason"),
    ("holder nobody\n\tx\tlocal of no use", "nobody.: no such struct"),
)


def plant(work):
    lost = []
    for path, old, new, _ in PLANTS:
        at = os.path.join(work, "over", path)
        os.makedirs(os.path.dirname(at), exist_ok=True)
        was = text(at if os.path.exists(at) else path)
        lost += [] if old in was else [f"{path}: {old!r}"]
        with open(at, "w", encoding="utf-8") as f:
            f.write(was.replace(old, new, 1))
    report("members: there is a place for each fault that is planted", lost)


def main():
    lines = text(REASONS).splitlines()
    with tempfile.TemporaryDirectory() as work:
        debug, schema = build(work, [])
        check = Check(debug, schema, Reasons(lines))
        report(f"members: each of {check.seen} has a row or a reason", check.findings())
        for spoilt, expected in SPOILT:
            found = Check(debug, schema, Reasons(lines + spoilt.split("\n"))).findings()
            report(f"members: a reason that is none is noticed: {spoilt.split(None, 1)[1]!r}",
                   [] if any(re.search(expected, f) for f in found) else found + ["not found: " + expected])
        plant(work)
        found = Check(*build(work, []), Reasons(lines)).findings()
        for _, _, _, member in PLANTS:
            report(f"members: {member} is noticed where it is planted without a row",
                   [] if any(f.startswith(f"struct {member}: no row") for f in found) else found + ["not found: " + member])
        report("members: nothing else is noticed there", [
            f for f in found if not any(f.startswith(f"struct {m.split('.')[0]}.") for *_, m in PLANTS)])
    sys.exit(failed)


main()
