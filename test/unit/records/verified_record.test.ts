import { readFileSync } from "node:fs";
import {
  immutableRecord,
  mutableKey,
  openRecord,
  saysTheSame,
  signHost,
} from "../../../src/records/mod.ts";
import { networkId } from "../../../src/identity/mod.ts";
import { toHex, utf8 } from "../../../src/lib/mod.ts";
import { encodeCanonical } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { NETWORK, OWNER, ownerFrom, valueOf } from "../../support/record_fixture.ts";

const vectors = new URL("../../vectors/records.json", import.meta.url).pathname;

const host = (seq: bigint, port = 4001) =>
  signHost(OWNER, NETWORK, {
    seq,
    parents: [{ publicKey: OWNER.publicKey, address: { ip: "192.0.2.1", port }, leaseUntil: 9 }],
    capabilities: 0,
  });

test("what its owner signed is opened under its key", () => {
  for (const record of [valueOf("a"), host(1n), immutableRecord(utf8("a"))]) {
    expect(openRecord(record.bytes, record.key, NETWORK)).toEqual(record);
  }
});

test("a record of another key, network or owner is refused", () => {
  const record = valueOf("a");
  const elsewhere = mutableKey(OWNER.publicKey, utf8("other salt"));
  expect(openRecord(record.bytes, elsewhere, NETWORK)).toEqual({ drop: "bad_record" });
  expect(openRecord(record.bytes, record.key, networkId("main")))
    .toEqual({ drop: "bad_signature" });
  // Another's signature under the owner's name.
  const forged = new Uint8Array(record.bytes);
  forged.set(valueOf("a", {}, ownerFrom(2)).bytes.subarray(-64), forged.length - 64);
  expect(openRecord(forged, record.key, NETWORK)).toEqual({ drop: "bad_signature" });
});

test("a signature for one kind of statement does not serve for another", () => {
  const signature = host(1n).bytes.slice(-64);
  const asHost = host(1n).bytes.slice(0, -64);
  const swapped = new Uint8Array([...asHost, ...signature]);
  expect(openRecord(swapped, host(1n).key, NETWORK)).toEqual(host(1n)); // the control
  const mutable = valueOf("a");
  const crossed = new Uint8Array([...mutable.bytes.slice(0, -64), ...signature]);
  expect(openRecord(crossed, mutable.key, NETWORK)).toEqual({ drop: "bad_signature" });
});

test("each flipped bit of a record is found out", () => {
  const record = valueOf("a");
  for (let at = 0; at < record.bytes.length; at++) {
    const flipped = new Uint8Array(record.bytes);
    flipped[at] = (flipped[at] ?? 0) ^ 1 << at % 8;
    expect(openRecord(flipped, record.key, NETWORK)).toHaveProperty("drop");
  }
});

test("an immutable value is proven by its key alone", () => {
  const record = immutableRecord(utf8("fixed"));
  const other = encodeCanonical([1, 2, utf8("fixec")]);
  expect(openRecord(other, record.key, NETWORK)).toEqual({ drop: "bad_record" });
});

test("the same value signed at another time says the same", () => {
  const first = valueOf("a");
  expect(saysTheSame(first, valueOf("a", { signedAtMs: first.signedAtMs + 5 }))).toBe(true);
  expect(saysTheSame(first, valueOf("b"))).toBe(false);
  expect(saysTheSame(first, valueOf("a", { salt: utf8("s") }))).toBe(false);
  expect(saysTheSame(host(1n), host(1n))).toBe(true);
  expect(saysTheSame(host(1n), host(1n, 4002))).toBe(false);
});

test("the bytes of each kind are those that Python computes (test/vectors/make_records.py)", () => {
  const examples = {
    mutable: valueOf("hello", { salt: utf8("feed"), seq: 7n }),
    "mutable, greatest numbers": valueOf("", {
      seq: 2n ** 64n - 1n,
      ttlSeconds: 86_400,
      lifetimeSeconds: 604_800,
    }),
    immutable: immutableRecord(utf8("fixed")),
    host: host(9n),
  };
  const spelt = {
    network: "dev",
    seed: toHex(OWNER.seed),
    records: Object.entries(examples).map(([name, { key, bytes }]) => ({
      name,
      key: toHex(key),
      hex: toHex(bytes),
    })),
  };
  expect(spelt).toEqual(JSON.parse(readFileSync(vectors, "utf8")));
});
