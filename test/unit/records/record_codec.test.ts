import {
  hostFields,
  immutableBytes,
  mutableFields,
  parseRecord,
} from "../../../src/records/mod.ts";
import { fromHex, utf8 } from "../../../src/lib/mod.ts";
import { encodeCanonical, RECORD_BYTES_MAX } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { OWNER, statement, valueOf } from "../../support/record_fixture.ts";

const { publicKey } = OWNER;
const bytes = (count: number) => new Uint8Array(count);
const parent = { publicKey, address: { ip: "192.0.2.1", port: 4001 }, leaseUntil: 1 };

test("the largest record has exactly RECORD_BYTES_MAX bytes", () => {
  const greatest = valueOf("x".repeat(1000), {
    salt: bytes(64),
    seq: 2n ** 64n - 1n,
    signedAtMs: Number.MAX_SAFE_INTEGER,
    ttlSeconds: 86_400,
    lifetimeSeconds: 604_800,
  });
  expect(greatest.bytes.length).toBe(RECORD_BYTES_MAX);
  expect(parseRecord(bytes(RECORD_BYTES_MAX + 1))).toEqual({ drop: "too_large" });
});

test("a statement that breaks a bound is refused with the rule and the value", () => {
  const of = (more: Partial<ReturnType<typeof statement>>) => () =>
    mutableFields({ publicKey, ...statement(more) });
  expect(of({ salt: bytes(65) })).toThrow("a salt has 0 to 64 bytes, not 65");
  expect(of({ value: bytes(1001) })).toThrow("a value has 0 to 1000 bytes, not 1001");
  expect(of({ seq: 2n ** 64n })).toThrow("seq is 0 … 2^64 - 1, not 18446744073709551616");
  expect(of({ ttlSeconds: 86_401 })).toThrow("ttlSeconds is an integer from 0 to 86400");
  expect(of({ lifetimeSeconds: 0 })).toThrow("lifetimeSeconds is an integer from 1 to 604800");
  expect(of({ signedAtMs: 0.5 })).toThrow("signedAtMs is an integer");
  expect(() => mutableFields({ ...statement(), publicKey: publicKey.slice(1) as never }))
    .toThrow("a public key has 32 bytes, not 31");
  expect(() => immutableBytes(bytes(1001))).toThrow("not 1001");
  const host = { publicKey, seq: 1n, capabilities: 0 };
  expect(() => hostFields({ ...host, parents: [] })).toThrow("1 to 3 parents, not 0");
  expect(() => hostFields({ ...host, parents: [parent, parent, parent, parent] })).toThrow("not 4");
});

test("wrong kinds, versions, counts and lengths are no records", () => {
  const good = mutableFields({ publicKey, ...statement() });
  const signature = bytes(64);
  const at = (index: number, value: (typeof good)[number]) =>
    encodeCanonical([...good.slice(0, index), value, ...good.slice(index + 1), signature]);
  expect(parseRecord(at(0, 1))).toHaveProperty("record");
  const wrong = [
    at(0, 2), // version
    at(1, 4), // kind
    at(1, "mutable"),
    at(2, bytes(31)),
    at(3, bytes(65)),
    at(4, bytes(8)), // seq as bin
    at(5, "text"),
    at(6, bytes(1)),
    at(7, 86_401),
    at(8, 0),
    at(8, 604_801),
    encodeCanonical([...good, bytes(63)]),
    encodeCanonical([...good, signature, 1]),
    encodeCanonical(good),
    encodeCanonical([1, 2]),
    encodeCanonical([1, 2, bytes(1), 3]),
    encodeCanonical([1, 3, publicKey, 1, bytes(54), 0]),
    encodeCanonical([1, 3, publicKey, 1, bytes(55), 0, signature]),
    encodeCanonical([1, 3, publicKey, 1, bytes(54), 2 ** 32, signature]),
    encodeCanonical(7),
    encodeCanonical([]),
  ];
  for (const one of wrong) expect(parseRecord(one)).toEqual({ drop: "bad_record" });
});

test("another spelling of the same values is no record", () => {
  const record = immutableBytes(utf8("v"));
  const longer = fromHex("930102c5000176") ?? bytes(0); // bin 16 where bin 8 would do
  expect(parseRecord(record)).toHaveProperty("record");
  expect(parseRecord(longer)).toEqual({ drop: "not_canonical" });
  expect(parseRecord(Uint8Array.of(...record, 0))).toEqual({ drop: "not_canonical" });
});

test("nothing of the input is kept", () => {
  const input = new Uint8Array(valueOf("hello").bytes);
  const parsed = parseRecord(input);
  input.fill(0xff);
  expect(parsed).toEqual(parseRecord(valueOf("hello").bytes));
});
