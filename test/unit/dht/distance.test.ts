import fc from "fast-check";
import { compareDistance, idOfPrefix, prefix32, randomIdAt } from "../../../src/dht/distance.ts";
import { commonPrefixLength, SeededRandom } from "../../../src/lib/mod.ts";
import { idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";
import { anyBytes } from "../../support/wire_arbitraries.ts";

const anyId = anyBytes(20);
const asNumber = (id: Uint8Array) => BigInt(`0x${id.toHex()}`);

test("law: compareDistance() orders as the XOR of 160-bit integers does", () => {
  fc.assert(fc.property(anyId, anyId, anyId, (target, a, b) => {
    const difference = (asNumber(a) ^ asNumber(target)) - (asNumber(b) ^ asNumber(target));
    expect(Math.sign(compareDistance(target, a, b))).toBe(
      Number(difference > 0n) || -(difference < 0n) + 0,
    );
  }));
});

test("law: randomIdAt() shares exactly the prefix asked for, and is random beyond it", () => {
  const random = new SeededRandom(1);
  fc.assert(fc.property(anyId, fc.nat(159), (self, cpl) => {
    expect(commonPrefixLength(self, randomIdAt(self, cpl, random))).toBe(cpl);
  }));
  const drawn = new Set(
    Array.from({ length: 64 }, () => randomIdAt(idFrom(""), 3, random).toHex()),
  );
  expect(drawn.size).toBe(64);
});

test("a claimed prefix stands for an id and back", () => {
  expect(prefix32(idOfPrefix(0xfeedbeef))).toBe(0xfeedbeef);
  expect(idOfPrefix(0xfeedbeef)).toEqual(idFrom("feedbeef"));
});
