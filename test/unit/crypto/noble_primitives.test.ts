import fc from "fast-check";
import { noblePrimitives } from "../../../src/crypto/mod.ts";
import { nativePrimitives } from "../../../src/runtime/shared/native_primitives.ts";
import { expect, test } from "../../support/harness.ts";
import { toHex } from "../../../src/lib/mod.ts";

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const data = fc.uint8Array({ maxLength: 300 });

test("law: noble and the runtime compute the same hashes, keys and signatures", () => {
  fc.assert(
    fc.property(key, key, data, (seed, other, message) => {
      for (const name of ["sha1", "sha256", "sha512"] as const) {
        expect(toHex(noblePrimitives[name](message))).toBe(toHex(nativePrimitives[name](message)));
      }
      const macs = [noblePrimitives, nativePrimitives].map((p) =>
        toHex(p.hmacSha256(seed, message))
      );
      expect(macs[0]).toBe(macs[1] ?? "");
      const publicKey = nativePrimitives.ed25519PublicKey(seed);
      expect(toHex(noblePrimitives.ed25519PublicKey(seed))).toBe(toHex(publicKey));
      const signature = nativePrimitives.ed25519Sign(seed, message);
      expect(toHex(noblePrimitives.ed25519Sign(seed, message))).toBe(toHex(signature));
      for (const verifier of [noblePrimitives, nativePrimitives]) {
        expect(verifier.ed25519Verify(publicKey, message, signature)).toBe(true);
        expect(verifier.ed25519Verify(other, message, signature)).toBe(false);
      }
      const a = nativePrimitives.x25519(seed), b = noblePrimitives.x25519(other);
      expect(toHex(a.agree(b.publicKey) ?? seed)).toBe(toHex(b.agree(a.publicKey) ?? other));
    }),
    { numRuns: 20 },
  );
});

test("law: both scrypts agree", () => {
  fc.assert(
    fc.property(key, (seed) => {
      const out = [noblePrimitives, nativePrimitives].map((p) =>
        toHex(p.scrypt(seed, seed, 64, 8))
      );
      expect(out[0]).toBe(out[1] ?? "");
    }),
    { numRuns: 5 },
  );
});

test("small-order x25519 keys give no secret, malformed ed25519 keys no true verdict", () => {
  for (const primitives of [noblePrimitives, nativePrimitives]) {
    expect(primitives.x25519(new Uint8Array(32).fill(9)).agree(new Uint8Array(32))).toBeUndefined();
    const bad = new Uint8Array(32).fill(255);
    expect(primitives.ed25519Verify(bad, bad, new Uint8Array(64))).toBe(false);
    expect(primitives.ed25519Verify(bad.subarray(1), bad, new Uint8Array(63))).toBe(false);
  }
});
