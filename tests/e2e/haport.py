"""haport.py - what an attacker on the HA network can send to its port.

  record IF PORT SECONDS FILE   UDP datagrams to that port that come in by IF, as frames
  replay IF FILE TIMES          those frames again, as they were
  udp FROM TO PORT N            N datagrams of random length and contents, some that look like heartbeats
  tcp FROM TO PORT N            N connections, one after another: garbage, half a TLS record, nothing
  crowd FROM TO PORT N SECONDS  N connections at once that say nothing
"""
import os
import random
import socket
import struct
import sys
import time

HEARTBEAT = b"IPHB\x01"
TLS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


def record(interface, port, seconds, path):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
    s.bind((interface, 0))
    s.settimeout(0.1)
    print("ready", flush=True)
    end, n = time.monotonic() + float(seconds), 0
    with open(path, "wb") as out:
        while time.monotonic() < end:
            try:
                frame, where = s.recvfrom(65535)
            except TimeoutError:
                continue
            if where[2] != socket.PACKET_OUTGOING and frame[23] == 17 and frame[36:38] == struct.pack(">H", int(port)):
                frame = frame[:40] + b"\0\0" + frame[42:]  # no checksum: the sender left it to the card
                out.write(struct.pack(">H", len(frame)) + frame)
                n += 1
    print("recorded", n)


def replay(interface, path, times):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.bind((interface, 0))
    data, n = open(path, "rb").read(), 0
    for _ in range(int(times)):
        at = 0
        while at < len(data):
            size = struct.unpack_from(">H", data, at)[0]
            s.send(data[at + 2 : at + 2 + size])
            at, n = at + 2 + size, n + 1
    print("sent", n)


def udp(own, to, port, count):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((own, 0))
    for i in range(int(count)):
        head = HEARTBEAT if i % 3 == 0 else b""
        try:
            s.sendto(head + os.urandom(random.choice((0, 1, 85, 90, 91, 300, 1400))), (to, int(port)))
        except OSError:
            time.sleep(0.001)
    print("sent", count)


def connect(own, to, port):
    s = socket.socket()
    s.settimeout(0.5)
    s.bind((own, 0))
    s.connect((to, int(port)))
    return s


def tcp(own, to, port, count):
    n = 0
    for i in range(int(count)):
        try:
            s = connect(own, to, port)
            s.sendall((os.urandom(400), TLS + os.urandom(100), b"", b"\x00" * 3000)[i % 4])
            s.close()
            n += 1
        except OSError:
            pass
    print("connected", n)


def crowd(own, to, port, count, seconds):
    kept = []
    for _ in range(int(count)):
        try:
            kept.append(connect(own, to, port))
        except OSError:
            pass
    print("connected", len(kept))
    time.sleep(float(seconds))


if __name__ == "__main__":
    {"record": record, "replay": replay, "udp": udp, "tcp": tcp, "crowd": crowd}[sys.argv[1]](*sys.argv[2:])
