import { ed25519 } from "@noble/curves/ed25519.js";
import { isStrictPublicKey, noblePrimitives, sha512 } from "../../../src/crypto/mod.ts";
import { concatBytes, fromHex, toHex, utf8 } from "../../../src/lib/mod.ts";
import { nativePrimitives } from "../../../src/runtime/shared/native_primitives.ts";
import { expect, test } from "../../support/harness.ts";

const { Point } = ed25519;
const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array();
const verifiers = [noblePrimitives, nativePrimitives];

test("both implementations sign and verify RFC 8032's examples (§7.1)", () => {
  const cases = [
    [
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
      "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
      "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
      "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
      "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
  ];
  for (const primitives of verifiers) {
    for (const [seed = "", key = "", message = "", signature = ""] of cases) {
      expect(toHex(primitives.ed25519PublicKey(hex(seed)))).toBe(key);
      expect(toHex(primitives.ed25519Sign(hex(seed), hex(message)))).toBe(signature);
      expect(primitives.ed25519Verify(hex(key), hex(message), hex(signature))).toBe(true);
    }
  }
});

function littleEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32);
  for (let i = 0; i < 32; i++) bytes[i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return bytes;
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

const ORDER = Point.Fn.ORDER;
const message = utf8("edge");
// a point of order 8; its multiples are all points of small order
const torsion = Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
const secret = 0x1234_5678_9abcn;
const nonce = 0xfeed_beefn;

/** R | S with S = nonce + k * secret, where the challenge k covers exactly these encodings. */
function signWith(publicKey: Uint8Array, r: Uint8Array, plus = 0n): Uint8Array {
  const k = fromLittleEndian(sha512(concatBytes(r, publicKey, message))) % ORDER;
  return concatBytes(r, littleEndian(((nonce + k * secret) % ORDER) + plus));
}

const A = Point.BASE.multiply(secret).toBytes();
const R = Point.BASE.multiply(nonce).toBytes();

/** Each edge case of Chalkias, Garillot, Nikolaenko (2020), with the one verdict we allow. */
function edgeCases(): [string, Uint8Array, Uint8Array, boolean][] {
  const cases: [string, Uint8Array, Uint8Array, boolean][] = [
    ["an honest signature", A, signWith(A, R), true],
    ["S + L is another spelling of S", A, signWith(A, R, ORDER), false],
    ["S with its top bits set", A, signWith(A, R, 1n << 253n), false],
    ["S = 0 and R of another message", A, concatBytes(R, new Uint8Array(32)), false],
  ];
  let small = Point.ZERO;
  for (let i = 0; i < 8; i++) {
    const encoded = small.toBytes();
    // with A of small order, R = -k * A and S = 0 satisfies the equation for some messages
    for (const r of [Point.ZERO, torsion, torsion.double(), torsion.double().double()]) {
      const signature = concatBytes(r.toBytes(), new Uint8Array(32));
      cases.push([`A of small order (${i})`, encoded, signature, false]);
    }
    if (i > 0) {
      const mixed = Point.BASE.multiply(secret).add(small).toBytes();
      const k = fromLittleEndian(sha512(concatBytes(R, mixed, message))) % ORDER;
      // cofactorless: the torsion part of k * A must vanish
      cases.push([
        `A of mixed order (${i})`,
        mixed,
        signWith(mixed, R),
        (k * BigInt(i)) % 8n === 0n,
      ]);
      const mixedR = Point.BASE.multiply(nonce).add(small).toBytes();
      cases.push([`R of mixed order (${i})`, A, signWith(A, mixedR), false]);
    }
    small = small.add(torsion);
  }
  for (let low = 0xed; low <= 0xff; low++) {
    const spelled = new Uint8Array(32).fill(0xff);
    spelled[0] = low;
    for (const last of [0x7f, 0xff]) {
      spelled[31] = last;
      const key = new Uint8Array(spelled);
      cases.push([`A with y ≥ p (${low})`, key, signWith(key, R), false]);
      cases.push([`R with y ≥ p (${low})`, A, signWith(A, key), false]);
    }
  }
  const identityR = concatBytes(
    Point.ZERO.toBytes(),
    littleEndian(
      (fromLittleEndian(sha512(concatBytes(Point.ZERO.toBytes(), A, message))) * secret) % ORDER,
    ),
  );
  cases.push(["R is the neutral element, canonically spelled", A, identityR, true]);
  return cases;
}

test("noble and the runtime give one verdict on every edge-case signature", () => {
  for (const [name, key, signature, expected] of edgeCases()) {
    const verdicts = verifiers.map((p) => p.ed25519Verify(key, message, signature));
    expect([name, ...verdicts]).toEqual([name, expected, expected]);
  }
});

test("isStrictPublicKey() wants 32 bytes, y below p and no small order", () => {
  expect(isStrictPublicKey(A)).toBe(true);
  expect(isStrictPublicKey(A.subarray(1))).toBe(false);
  expect(isStrictPublicKey(torsion.toBytes())).toBe(false);
  const highest = new Uint8Array(32).fill(0xff); // p - 2, which is no small order
  highest[0] = 0xeb;
  expect(isStrictPublicKey(highest)).toBe(true);
  highest[0] = 0xed;
  expect(isStrictPublicKey(highest)).toBe(false);
});
