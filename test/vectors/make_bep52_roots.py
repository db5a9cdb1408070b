#!/usr/bin/python3
"""Writes bep52_roots.json: BitTorrent v2 pieces roots as libtorrent computes them, and SHA-256 over
the piece layers of 64 KiB pieces (our slice hashes) and of 1 MiB pieces (our chunk hashes).

Needs Debian's python3-libtorrent. Run: /usr/bin/python3 test/vectors/make_bep52_roots.py
A file of N bytes holds the first N bytes of one stream of 32-bit words, little-endian:
x(0) = 1, x(i + 1) = 1664525 * x(i) + 1013904223 mod 2^32 (Numerical Recipes).
"""
import array
import hashlib
import json
import os
import sys
import tempfile

import libtorrent as lt

KIB, MIB = 2**10, 2**20
BORDERS = [16 * KIB, 32 * KIB, 48 * KIB, 64 * KIB, 80 * KIB, 128 * KIB, MIB, 2 * MIB]
SIZES = sorted(
    {0, 1, 31, 32, 33, 3 * MIB + 7, 5 * MIB + 70_000, 64 * MIB, 64 * MIB + 1, 70 * MIB}
    | {border + step for border in BORDERS for step in (-1, 0, 1)}
)


def stream(size):
    words = array.array("I")
    assert words.itemsize == 4 and sys.byteorder == "little"
    x = 1
    for _ in range((size + 3) // 4):
        words.append(x)
        x = (1664525 * x + 1013904223) & 0xFFFFFFFF
    return words.tobytes()[:size]


def hash_file(folder, contents, piece_bytes):
    """Pieces root and piece layer of a single-file v2-only torrent, as its dictionaries give them.
    A file of one piece has no layer."""
    path = os.path.join(folder, "file.bin")
    with open(path, "wb") as out:
        out.write(contents)
    files = lt.file_storage()
    lt.add_files(files, path)
    torrent = lt.create_torrent(files, piece_bytes, lt.create_torrent.v2_only)
    lt.set_piece_hashes(torrent, folder)
    made = torrent.generate()
    (leaf,) = made[b"info"][b"file tree"].values()
    root = leaf[b""].get(b"pieces root", b"")
    return root.hex(), made[b"piece layers"].get(root, b"")


def row(folder, contents):
    # libtorrent makes no torrent of zero bytes alone; BEP 52 gives such a file no root.
    if not contents:
        return {"bytes": 0, "piecesRoot": "", "sliceLayerSha256": "", "chunkLayerSha256": ""}
    root, slices = hash_file(folder, contents, 64 * KIB)
    same_root, chunks = hash_file(folder, contents, MIB)
    assert root == same_root, "the root must not depend on the piece size"
    return {
        "bytes": len(contents),
        "piecesRoot": root,
        "sliceLayerSha256": hashlib.sha256(slices).hexdigest() if slices else "",
        "chunkLayerSha256": hashlib.sha256(chunks).hexdigest() if chunks else "",
    }


def main():
    contents = stream(max(SIZES))
    with tempfile.TemporaryDirectory() as folder:
        rows = [row(folder, contents[:size]) for size in SIZES]
    target = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bep52_roots.json")
    source = f"libtorrent {lt.__version__}, test/vectors/make_bep52_roots.py"
    lines = ",\n    ".join(json.dumps(row) for row in rows)
    with open(target, "w") as out:
        out.write(f'{{\n  "source": "{source}",\n  "roots": [\n    {lines}\n  ]\n}}\n')


main()
