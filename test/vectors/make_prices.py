"""Writes prices.json: what bytes cost by the formula, computed with Python's own integers.

    python3 test/vectors/make_prices.py > test/vectors/prices.json
"""
import hashlib
import json

NODE = hashlib.sha1(b"node-A").digest()
MIB = 2**20


def row(name, chunk, length):
    distance = int.from_bytes(NODE, "big") ^ int.from_bytes(chunk, "big")
    log2 = distance.bit_length()
    return {
        "chunk": name,
        "id": chunk.hex(),
        "log2": log2,
        "bytes": length,
        "price": length * (160 - log2),
        "fetch": length * (160 - log2) + 1024,
    }


def named(name, length=MIB):
    return row(name, hashlib.sha1(name.encode()).digest(), length)


rows = [named(f"chunk-{i}") for i in (0, 1, 4, 2)]
rows.append(row("the node's own id", NODE, MIB))
rows += [named(f"chunk-{i}", length) for i in range(5, 25) for length in (0, 1, 65536)]
print(json.dumps({"nodeName": "node-A", "nodeId": NODE.hex(), "rows": rows}, indent=1))
