import fc from "fast-check";
import { bunPrimitives } from "../../../src/runtime/bun/primitives.ts";
import { noblePrimitives } from "../../../src/crypto/noble_primitives.ts";
import { nativePrimitives } from "../../../src/runtime/shared/native_primitives.ts";
import { toHex } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("law: bytes are copied to their place and nothing beside it changes, in any part", () => {
  const draw = fc.nat({ max: 40 });
  const source = Uint8Array.from({ length: 40 }, (_, i) => i + 1);
  fc.assert(fc.property(draw, draw, draw, (a, b, at) => {
    const [from, to] = [Math.min(a, b), Math.max(a, b)];
    const copies = [bunPrimitives, nativePrimitives].map(({ copyBytes }) => {
      const target = new Uint8Array(90).subarray(10);
      copyBytes(source.subarray(0), from, to, target, at);
      return [...target];
    });
    expect(copies[0]).toEqual(copies[1]);
    expect(copies[0]?.slice(at, at + to - from)).toEqual([...source.slice(from, to)]);
  }));
});

test("law: Bun's own hashers compute what node:crypto does, empty keys and data included", () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(fc.property(bytes, bytes, (key, data) => {
    for (const name of ["sha1", "sha256", "sha512"] as const) {
      expect(toHex(bunPrimitives[name](data))).toBe(toHex(nativePrimitives[name](data)));
    }
    expect(toHex(bunPrimitives.hmacSha256(key, data))).toBe(
      toHex(nativePrimitives.hmacSha256(key, data)),
    );
  }));
});

test("a signature is by the key that was given, whichever signed before it", () => {
  const one = new Uint8Array(32).fill(1);
  const two = new Uint8Array(32).fill(2);
  const message = Uint8Array.of(7);
  const signedBy = (seed: Uint8Array) => toHex(nativePrimitives.ed25519Sign(seed, message));
  const expected = (seed: Uint8Array) => toHex(noblePrimitives.ed25519Sign(seed, message));
  const seeds = [one, one, two, one];
  expect(seeds.map(signedBy)).toEqual(seeds.map(expected));
  one.fill(2); // the caller's to write over
  expect(signedBy(one)).toBe(expected(two));
});
