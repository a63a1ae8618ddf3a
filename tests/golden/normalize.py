"""What a policy's normalisation makes of packets, octet for octet; TAP.

Packets are built here, lengths and checksums included, each twice: as it comes and as it is to leave. `ips replay`
writes what left; its counters are those of the packets that changed.
"""
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile

import caps

CLIENT = {4: socket.inet_pton(socket.AF_INET, "10.1.0.2"), 6: socket.inet_pton(socket.AF_INET6, "2001:db8:1::2")}
SERVER = {4: socket.inet_pton(socket.AF_INET, "10.2.0.2"), 6: socket.inet_pton(socket.AF_INET6, "2001:db8:2::2")}
SYN, ACK, URG = 2, 16, 32
TS = bytes.fromhex("0101080a0000000700000009")
KINDS = {  # attribute: what it takes away
    "tcp-urgent": ["tcp.urgent"], "reserved-bits": ["tcp.reserved", "ip.reserved"], "tcp-options": ["tcp.option"],
    "padding": ["tcp.padding", "ip.padding"],
}


def csum(data):
    s = sum(struct.unpack("!%dH" % ((len(data) + 1) // 2), data + b"\0" * (len(data) % 2)))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return s ^ 0xffff


def packet(family, back, seq, ack, flags, text=b"", opts=b"", res=0, urg=0, ipopts=b"", ipflag=0):
    src, dst = (SERVER[family], CLIENT[family]) if back else (CLIENT[family], SERVER[family])
    ports = (102, 40000) if back else (40000, 102)
    tcp = struct.pack("!HHIIBBHHH", *ports, seq, ack, (5 + len(opts) // 4) << 4 | res, flags, 8000, 0, urg) + opts + text
    tcp = tcp[:16] + struct.pack("!H", csum(src + dst + struct.pack("!II", len(tcp), 6) + tcp)) + tcp[18:]
    if family == 6:
        return struct.pack("!IHBB", 6 << 28, len(tcp), 6, 64) + src + dst + tcp
    n = 20 + len(ipopts)
    ip = struct.pack("!BBHHHBBH", 0x40 | n // 4, 0, n + len(tcp), 1, ipflag, 64, 6, 0) + src + dst + ipopts
    return ip[:10] + struct.pack("!H", csum(ip)) + ip[12:] + tcp


def odd(family, seq, kinds, clean):
    """A segment of 5 octets with every oddity of these kinds, or without those of clean."""
    def has(k):
        return k in kinds and k not in clean
    opts = bytes.fromhex("c8040909") if has("tcp.option") else b"\1\1\1\1" if "tcp.option" in kinds else b""
    if "tcp.padding" in kinds:
        opts += bytes.fromhex("00090909") if has("tcp.padding") else bytes(4)
    ipopts = b""
    if "ip.padding" in kinds:
        ipopts = bytes.fromhex("00070707") if has("ip.padding") else bytes(4)
    return packet(family, False, seq, 9001, ACK | (URG if has("tcp.urgent") else 0), b"hello", opts,
                  0x0e if has("tcp.reserved") else 0, 2 if has("tcp.urgent") else 0, ipopts if family == 4 else b"",
                  0x8000 if has("ip.reserved") else 0)


def stream(family, clean):
    """A connection whose SYN-ACK agrees on nothing: its packets, those of each kind, and all at once."""
    mss = bytes.fromhex("020405b4")
    every = [k for ks in KINDS.values() for k in ks]
    out = [packet(family, False, 1000, 0, SYN, opts=mss + bytes.fromhex("1e0400010402 0101")),
           packet(family, True, 9000, 1001, SYN | ACK, opts=mss), packet(family, False, 1001, 9001, ACK)]
    if "tcp.option" in clean:
        out[0] = packet(family, False, 1000, 0, SYN, opts=mss + bytes.fromhex("0101010104020101"))
    seq = 1001
    for kinds in [[k] for k in every] + [every, []]:
        out.append(odd(family, seq, kinds, clean))
        seq += 5
    for n in range(2):  # timestamps and SACK that no SYN had
        opts = [TS, bytes.fromhex("0101050a0000232900002339")][n] if "tcp.option" not in clean else b"\1" * 12
        out.append(packet(family, False, seq, 9001, ACK, b"x" * n, opts=opts))
        seq += n
    return out


def counted(family, clean):
    """How often each kind is taken away: by itself and with all others; the options in three packets more."""
    return {k: 2 + 3 * (k == "tcp.option") for k in clean if family == 4 or not k.startswith("ip.")}


def write_pcap(path, packets):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for i, p in enumerate(packets):
            f.write(struct.pack("<IIII", 1700000000, i * 1000, len(p), len(p)) + p)


def read_pcap(path):
    data, at, out = open(path, "rb").read(), 24, []
    while at < len(data):
        n = struct.unpack_from("<I", data, at + 8)[0]
        out.append(data[at + 16:at + 16 + n])
        at += 16 + n
    return out


def config(path, mode, allowed, utm="enable"):
    with open(path, "w") as f:
        f.write("config system settings\nset inspection-mode %s\nend\n" % mode)
        f.write("config firewall policy\nedit 1\nset action accept\nset utm-status %s\n" % utm)
        f.write("".join("set %s allow\n" % a for a in allowed) + "end\n")


def check(folder, family, clean):
    conf, came, left = (os.path.join(folder, n) for n in ("conf", "came", "left"))
    packets = stream(family, [])
    write_pcap(came, packets)
    r = subprocess.run([caps.IPS, "replay", "--json", "-c", conf, "--write", left, came], capture_output=True, text=True)
    if r.returncode != 0 or r.stderr:
        return ["exit %d: %s" % (r.returncode, r.stderr.strip()[:300])]
    d, want, got = json.loads(r.stdout), stream(family, clean), read_pcap(left)
    out = [caps.difference(counted(family, clean), d["normalized"]), caps.difference({}, d["drops"])]
    out += ["packet %d: %s instead of %s" % (i + 1, g.hex(), w.hex()) for i, (w, g) in enumerate(zip(want, got)) if w != g]
    if len(got) != len(want):
        out.append("%d packets left, not %d" % (len(got), len(want)))
    return out


def main():
    tap = caps.Tap()
    every = [k for ks in KINDS.values() for k in ks]
    with tempfile.TemporaryDirectory() as folder:
        conf = os.path.join(folder, "conf")
        for family in (4, 6):
            config(conf, "prevent", [])
            tap.result("IPv%d: all is taken away" % family, check(folder, family, every))
            for a in KINDS:
                config(conf, "prevent", [a])
                tap.result("IPv%d: all but what %s allows" % (family, a), check(folder, family, [k for k in every if k not in KINDS[a]]))
            config(conf, "prevent", list(KINDS))
            tap.result("IPv%d: nothing that is allowed" % family, check(folder, family, []))
            config(conf, "detect", [])
            tap.result("IPv%d: nothing in detect mode" % family, check(folder, family, []))
            config(conf, "prevent", [], "disable")
            tap.result("IPv%d: nothing where no policy inspects" % family, check(folder, family, []))
    return tap.failed


sys.exit(main())
