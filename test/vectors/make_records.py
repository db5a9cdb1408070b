#!/usr/bin/python3
"""Writes records.json: the bytes of signed records, made by a second, independent implementation
of protocol.md §3.3 and §9b, d. Needs the Python package `cryptography`.

Run: python3 test/vectors/make_records.py
"""
import hashlib
import json
import os
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NETWORK = hashlib.sha256(b"sk1 net" + b"dev").digest()[:4]
SEED = struct.pack(">I", 1) + b"\x5e" * 28
KEY = Ed25519PrivateKey.from_private_bytes(SEED)
PUBLIC = KEY.public_key().public_bytes_raw()
SIGNED_AT_MS = 1_767_225_600_000


def uint(n):
    for most, head, form in (
        (0x7F, b"", ">B"),
        (0xFF, b"\xcc", ">B"),
        (0xFFFF, b"\xcd", ">H"),
        (0xFFFFFFFF, b"\xce", ">I"),
    ):
        if n <= most:
            return head + struct.pack(form, n)
    return b"\xcf" + struct.pack(">Q", n)


def binary(b):
    return (b"\xc4" + bytes([len(b)]) if len(b) < 256 else b"\xc5" + struct.pack(">H", len(b))) + b


def array(*items):
    return bytes([0x90 | len(items)]) + b"".join(items)


def signed(kind, *items):
    statement = b"sk1 " + kind + b"\0" + NETWORK + array(*items)
    return array(*items, binary(KEY.sign(statement)))


def key(domain, rest):
    return hashlib.sha256(domain + rest).digest()[:20]


def mutable(salt, seq, value, ttl, lifetime):
    times = [uint(SIGNED_AT_MS), uint(ttl), uint(lifetime)]
    fields = [uint(1), uint(1), binary(PUBLIC), binary(salt), uint(seq), binary(value), *times]
    return key(b"mr", PUBLIC + salt), signed(b"mutable", *fields)


def immutable(value):
    return key(b"im", value), array(uint(1), uint(2), binary(value))


def host(seq, port, lease):
    address = b"\0" * 10 + b"\xff\xff" + bytes([192, 0, 2, 1])
    parent = PUBLIC + address + struct.pack(">HI", port, lease)
    fields = [uint(1), uint(3), binary(PUBLIC), uint(seq), binary(parent), uint(0)]
    return key(b"host", PUBLIC), signed(b"host", *fields)


EXAMPLES = {
    "mutable": mutable(b"feed", 7, b"hello", 300, 86_400),
    "mutable, greatest numbers": mutable(b"", 2**64 - 1, b"", 86_400, 604_800),
    "immutable": immutable(b"fixed"),
    "host": host(9, 4001, 9),
}
document = {
    "network": "dev",
    "seed": SEED.hex(),
    "records": [{"name": n, "key": k.hex(), "hex": b.hex()} for n, (k, b) in EXAMPLES.items()],
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "records.json"), "w") as file:
    file.write(json.dumps(document, indent=2) + "\n")
