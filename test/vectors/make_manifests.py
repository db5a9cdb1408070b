#!/usr/bin/python3
"""Writes manifests.json: manifest objects made by a second, independent implementation of
protocol.md §8 and §9b, g, h, i (Python's standard library only).

Run: python3 test/vectors/make_manifests.py
File contents are the first N bytes of the stream of make_bep52_roots.py, or the text given.
"""
import array
import base64
import hashlib
import json
import os
import struct

MIB = 2**20


def stream(size):
    words, x = array.array("I"), 1
    for _ in range((size + 3) // 4):
        words.append(x)
        x = (1664525 * x + 1013904223) & 0xFFFFFFFF
    return words.tobytes()[:size]


def pack(value):
    """The canonical subset of MessagePack."""
    if isinstance(value, int):
        for limit, form in ((128, "B"), (2**8, "BB"), (2**16, ">BH"), (2**32, ">BI"), (2**64, ">BQ")):
            if value < limit:
                break
        head = {"B": (), "BB": (0xCC,), ">BH": (0xCD,), ">BI": (0xCE,), ">BQ": (0xCF,)}[form]
        return struct.pack(form, *head, value)
    if isinstance(value, list):
        return length(len(value), 0x90, 16, (None, 0xDC, 0xDD)) + b"".join(map(pack, value))
    if isinstance(value, str):
        value = value.encode()
        return length(len(value), 0xA0, 32, (0xD9, 0xDA, 0xDB)) + value
    return length(len(value), 0, 0, (0xC4, 0xC5, 0xC6)) + value


def length(count, fix, fix_limit, forms):
    if count < fix_limit:
        return bytes([fix | count])
    if count < 2**8 and forms[0]:
        return struct.pack("BB", forms[0], count)
    return struct.pack(">BH", forms[1], count) if count < 2**16 else struct.pack(">BI", forms[2], count)


def sha256(data):
    return hashlib.sha256(data).digest()


def tree(hashes, width):
    """Root over `width` (a power of two) leaves, missing ones zero."""
    hashes = hashes + [bytes(32)] * (width - len(hashes))
    while len(hashes) > 1:
        hashes = [sha256(hashes[i] + hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


def leaves(data):
    return [sha256(data[i : i + 2**14]) for i in range(0, len(data), 2**14)]


def root(data):
    hashes = leaves(data)
    width = 1
    while width < len(hashes):
        width *= 2
    return tree(hashes, width) if hashes else b""


def chunk_entry(chunk):
    slices = [tree(leaves(chunk[i : i + 2**16]), 4) for i in range(0, len(chunk), 2**16)]
    return [1, hashlib.sha1(chunk).digest(), b"".join(slices), len(chunk)]


def manifest(kind, size, body, file_root=b"", mime="", name=""):
    return pack([1, kind, size, MIB, body, [0, 0, b""], file_root, mime, name])


def file_objects(data, mime, name):
    if len(data) <= 2**16:
        return [manifest(0, len(data), data, root(data), mime, name)]
    entries = [chunk_entry(data[i : i + MIB]) for i in range(0, len(data), MIB)]
    if len(entries) <= 64:
        return [manifest(0, len(data), entries, root(data), mime, name)]
    groups = [entries[i : i + 64] for i in range(0, len(entries), 64)]
    pages = [manifest(2, sum(e[3] for e in group), group) for group in groups]
    refs = b"".join(hashlib.sha1(page).digest() + sha256(page) for page in pages)
    return pages + [manifest(3, len(data), refs, root(data), mime, name)]


def directory_objects(entries):
    """entries: [name, kind, strong id, size, mime]"""
    entries = sorted(entries, key=lambda entry: entry[0].encode())
    size = sum(entry[3] for entry in entries)
    if len(entries) <= 1000:
        return [manifest(1, size, entries)]
    groups = [entries[i : i + 1000] for i in range(0, len(entries), 1000)]
    pages = [manifest(2, sum(e[3] for e in group), group) for group in groups]
    refs = [[group[0][0], sha256(page)] for group, page in zip(groups, pages)]
    return pages + [manifest(3, size, refs)]


def link(data):
    return base64.b32encode(sha256(data)).decode().rstrip("=").lower()


def case(title, objects):
    last = objects[-1]
    return {
        "title": title,
        "objects": len(objects),
        "bytes": len(last),
        "id": hashlib.sha1(last).hexdigest(),
        "link": link(last),
    }


def main():
    contents = stream(70 * MIB)
    a = file_objects(b"hello", "text/plain", "a.txt")
    b = file_objects(contents[: 3 * MIB + 7], "", "stream.bin")
    inner = directory_objects([["a.txt", 0, sha256(a[-1]), 5, "text/plain"]])
    outer = directory_objects(
        [
            ["stream.bin", 0, sha256(b[-1]), 3 * MIB + 7, ""],
            ["\U00010000", 1, sha256(inner[-1]), 5, ""],
            ["\uffee", 1, sha256(inner[-1]), 5, ""],
        ]
    )
    many = [[f"{i}.txt", 0, sha256(a[-1]), 5, "text/plain"] for i in range(2500)]
    cases = [
        case("empty file", file_objects(b"", "", "")),
        case("hello", a),
        case("inline 65536", file_objects(contents[: 2**16], "", "")),
        case("stream 65537", file_objects(contents[: 2**16 + 1], "", "")),
        case("stream 3 MiB + 7", b),
        case("stream 64 MiB", file_objects(contents[: 64 * MIB], "", "")),
        case("stream 70 MiB", file_objects(contents, "application/zip", "70.zip")),
        case("empty directory", directory_objects([])),
        case("nested directory", outer),
        case("2,500 entries", directory_objects(many)),
    ]
    target = os.path.join(os.path.dirname(os.path.abspath(__file__)), "manifests.json")
    lines = ",\n    ".join(json.dumps(row) for row in cases)
    with open(target, "w") as out:
        out.write(f'{{\n  "source": "test/vectors/make_manifests.py",\n  "cases": [\n    {lines}\n  ]\n}}\n')


main()
