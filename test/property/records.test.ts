import fc from "fast-check";
import { immutableRecord, openRecord, signHost, signMutable } from "../../src/records/mod.ts";
import { isDrop } from "../../src/wire/mod.ts";
import { expect, test } from "../support/harness.ts";
import { anyHostStatement, anyStatement, NETWORK, OWNER } from "../support/record_fixture.ts";
import { anyBytes } from "../support/wire_arbitraries.ts";

test("law: what is signed is opened with every field as it was", () => {
  fc.assert(
    fc.property(anyStatement, (statement) => {
      const record = signMutable(OWNER, NETWORK, statement);
      expect(record).toMatchObject({ ...statement, publicKey: OWNER.publicKey });
      expect(openRecord(record.bytes, record.key, NETWORK)).toEqual(record);
    }),
    { numRuns: 60 },
  );
  fc.assert(
    fc.property(anyHostStatement, (statement) => {
      const record = signHost(OWNER, NETWORK, statement);
      expect(record).toMatchObject(statement);
      expect(record.bytes.length).toBeLessThanOrEqual(300);
      expect(openRecord(record.bytes, record.key, NETWORK)).toEqual(record);
    }),
    { numRuns: 60 },
  );
  fc.assert(
    fc.property(anyBytes(0, 1000), (value) => {
      const record = immutableRecord(value);
      expect(openRecord(record.bytes, record.key, NETWORK)).toEqual(record);
    }),
    { numRuns: 60 },
  );
});

test("law: random, flipped and cut records are Drops and never throw", () => {
  const key = new Uint8Array(20);
  fc.assert(fc.property(anyBytes(0, 1300), (bytes) => {
    expect(isDrop(openRecord(bytes, key, NETWORK))).toBe(true);
    expect(isDrop(openRecord(Uint8Array.of(0x9a, 1, 1, ...bytes), key, NETWORK))).toBe(true);
  }));
  fc.assert(
    fc.property(anyStatement, fc.nat(), fc.integer({ min: 1, max: 255 }), (statement, at, flip) => {
      const record = signMutable(OWNER, NETWORK, statement);
      const { length } = record.bytes;
      const bytes = new Uint8Array(record.bytes);
      bytes[at % length] = (bytes[at % length] ?? 0) ^ flip;
      expect(isDrop(openRecord(bytes, record.key, NETWORK))).toBe(true);
      const cut = record.bytes.subarray(0, at % length);
      expect(isDrop(openRecord(cut, record.key, NETWORK))).toBe(true);
    }),
    { numRuns: 60 },
  );
});
