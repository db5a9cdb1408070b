import fc from "fast-check";
import {
  ed25519PublicKey,
  noblePrimitives,
  x25519,
  x25519PrivateKeyOf,
  x25519PublicKeyOf,
} from "../../../src/crypto/mod.ts";
import { fromHex, toHex } from "../../../src/lib/mod.ts";
import { nativePrimitives } from "../../../src/runtime/shared/native_primitives.ts";
import { expect, test } from "../../support/harness.ts";

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array();
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });

test("law: mapping the public key and mapping the private key meet in one x25519 key", () => {
  fc.assert(
    fc.property(seed, (seed) => {
      const mapped = x25519PublicKeyOf(ed25519PublicKey(seed));
      expect(toHex(mapped ?? seed)).toBe(toHex(x25519(x25519PrivateKeyOf(seed)).publicKey));
    }),
    { numRuns: 20 },
  );
});

test("+A and -A share one image, which is why the transcript covers the encoding", () => {
  const publicKey = ed25519PublicKey(new Uint8Array(32).fill(7));
  const negated = new Uint8Array(publicKey);
  negated[31] = (negated[31] ?? 0) ^ 0x80;
  expect(x25519PublicKeyOf(negated)).toEqual(x25519PublicKeyOf(publicKey));
});

test("keys of small order, not canonical or off the curve have no image", () => {
  const p = "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
  const bad = [
    "00".repeat(32),
    `${"00".repeat(31)}80`,
    `01${"00".repeat(31)}`,
    `01${"00".repeat(30)}80`, // x = 0 with the sign bit
    `ec${p.slice(2)}`,
    `ec${p.slice(2, 62)}ff`,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    p, // y = p, that is 0
    `f0${p.slice(2)}`, // y = p + 3, another spelling of 3
    "ff".repeat(32),
    `02${"00".repeat(31)}`, // no x for this y
  ];
  for (const key of bad) expect(x25519PublicKeyOf(hex(key))).toBeUndefined();
  expect(x25519PublicKeyOf(new Uint8Array(31))).toBeUndefined();
});

test("X25519 computes RFC 7748's examples (§5.2, §6.1)", () => {
  const cases = [
    [
      "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
      "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
      "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ],
    [
      "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
      "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
      "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
    ],
  ];
  for (const { x25519 } of [noblePrimitives, nativePrimitives]) {
    for (const [scalar = "", u = "", expected = ""] of cases) {
      expect(toHex(x25519(hex(scalar)).agree(hex(u)) ?? new Uint8Array())).toBe(expected);
    }
  }
});
