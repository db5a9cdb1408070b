import fc from "fast-check";
import { commonPrefixLength } from "../../../src/lib/mod.ts";
import { idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";
import { anyBytes } from "../../support/wire_arbitraries.ts";

test("commonPrefixLength() counts equal leading bits", () => {
  expect(commonPrefixLength(idFrom("00"), idFrom("80"))).toBe(0);
  expect(commonPrefixLength(idFrom("00"), idFrom("01"))).toBe(7);
  expect(commonPrefixLength(idFrom("ff00"), idFrom("ff01"))).toBe(15);
  expect(commonPrefixLength(idFrom("ab"), idFrom("ab"))).toBe(160);
});

test("law: it is 160 less the bit length of the ids' XOR", () => {
  const asNumber = (id: Uint8Array) => BigInt(`0x${id.toHex()}`);
  fc.assert(fc.property(anyBytes(20), anyBytes(20), (a, b) => {
    const difference = asNumber(a) ^ asNumber(b);
    const bitLength = difference === 0n ? 0 : difference.toString(2).length;
    expect(commonPrefixLength(a, b)).toBe(160 - bitLength);
  }));
});
