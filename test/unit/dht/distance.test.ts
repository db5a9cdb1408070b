import fc from "fast-check";
import {
  commonPrefixLength,
  compareDistance,
  idOfPrefix,
  prefix32,
  randomIdAt,
} from "../../../src/dht/distance.ts";
import { SeededRandom } from "../../../src/lib/mod.ts";
import { idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";
import { anyBytes } from "../../support/wire_arbitraries.ts";

const anyId = anyBytes(20);
const asNumber = (id: Uint8Array) => BigInt(`0x${id.toHex()}`);

test("commonPrefixLength() counts equal leading bits", () => {
  expect(commonPrefixLength(idFrom("00"), idFrom("80"))).toBe(0);
  expect(commonPrefixLength(idFrom("00"), idFrom("01"))).toBe(7);
  expect(commonPrefixLength(idFrom("ff00"), idFrom("ff01"))).toBe(15);
  expect(commonPrefixLength(idFrom("ab"), idFrom("ab"))).toBe(160);
});

test("law: compareDistance() orders as the XOR of 160-bit integers does", () => {
  fc.assert(fc.property(anyId, anyId, anyId, (target, a, b) => {
    const difference = (asNumber(a) ^ asNumber(target)) - (asNumber(b) ^ asNumber(target));
    expect(Math.sign(compareDistance(target, a, b))).toBe(
      Number(difference > 0n) || -(difference < 0n) + 0,
    );
    const cpl = commonPrefixLength(a, b);
    expect((asNumber(a) ^ asNumber(b)).toString(2).padStart(160, "0").indexOf("1")).toBe(
      cpl === 160 ? -1 : cpl,
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
