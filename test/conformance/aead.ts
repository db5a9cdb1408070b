import fc from "fast-check";
import type { Aead } from "../../src/crypto/mod.ts";
import { fromHex, toHex } from "../../src/lib/mod.ts";
import vectors from "../vectors/aes_256_gcm.json" with { type: "json" };
import { describe, expect, test } from "../support/harness.ts";

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array();

/** The law of the Aead in crypto/primitives.ts, to be kept by every AES-256-GCM.
 * @param model another one, to be equal to on random input. */
export function aeadConformance(
  name: string,
  make: (key: Uint8Array) => Aead,
  model: (key: Uint8Array) => Aead,
): void {
  const key32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const nonce12 = fc.uint8Array({ minLength: 12, maxLength: 12 });

  describe(`Aead law: ${name}`, () => {
    for (const { name: which, key, nonce, aad, plaintext, sealed } of vectors) {
      test(`the published vector seals and opens: ${which}`, () => {
        const cipher = make(hex(key));
        const buffer = new Uint8Array(sealed.length / 2);
        buffer.set(hex(plaintext));
        cipher.seal(hex(nonce), hex(aad), buffer, 0, plaintext.length / 2);
        expect(toHex(buffer)).toBe(sealed);
        const out = new Uint8Array(plaintext.length / 2);
        expect(cipher.open(hex(nonce), hex(aad), buffer, 0, buffer.length, out)).toBe(true);
        expect(toHex(out)).toBe(plaintext);
      });
    }

    test("law: at any offset it writes what another writes, and not a byte beside it", () => {
      const text = fc.uint8Array({ maxLength: 1_500 });
      const offset = fc.nat(70);
      const data = fc.uint8Array({ maxLength: 40 });
      fc.assert(
        fc.property(key32, nonce12, data, text, offset, (key, nonce, aad, text, at) => {
          const [ours, theirs] = [0, 1].map(() => {
            const buffer = new Uint8Array(at + text.length + 21).fill(0xee);
            buffer.set(text, at);
            return buffer;
          }) as [Uint8Array, Uint8Array];
          make(key).seal(nonce, aad, ours, at, text.length);
          model(key).seal(nonce, aad, theirs, at, text.length);
          expect(toHex(ours)).toBe(toHex(theirs));
          const out = new Uint8Array(text.length + 5).fill(0xdd);
          expect(make(key).open(nonce, aad, theirs, at, text.length + 16, out)).toBe(true);
          expect(toHex(out)).toBe(toHex(text) + "dd".repeat(5));
        }),
      );
    });

    test("any flipped bit, cut, other nonce or data is refused; the true one opens", () => {
      const cipher = make(new Uint8Array(32).fill(5));
      const nonce = new Uint8Array(12), aad = new Uint8Array(12).fill(1);
      const sealed = new Uint8Array(40 + 16).fill(9);
      cipher.seal(nonce, aad, sealed, 0, 40);
      const out = new Uint8Array(40);
      const opens = (n: Uint8Array, a: Uint8Array, s: Uint8Array, length = s.length): boolean =>
        cipher.open(n, a, s, 0, length, out);
      for (let bit = 0; bit < 8 * sealed.length; bit++) {
        const forged = new Uint8Array(sealed);
        forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(opens(nonce, aad, forged)).toBe(false);
      }
      for (let length = 0; length < sealed.length; length++) {
        expect(opens(nonce, aad, sealed, length)).toBe(false);
      }
      expect(opens(new Uint8Array(12).fill(1), aad, sealed)).toBe(false);
      expect(opens(nonce, new Uint8Array(12), sealed)).toBe(false);
      expect(opens(nonce, aad, sealed)).toBe(true);
      expect(out).toEqual(new Uint8Array(40).fill(9));
    });

    test("a thousand keys in turn, each sealing and opening, do not mix", () => {
      const ciphers = Array.from({ length: 1_000 }, (_, i) => {
        const key = new Uint8Array(32).fill(i).fill(i >> 8, 16);
        return { ours: make(key), model: model(key) };
      });
      const nonce = new Uint8Array(12), aad = new Uint8Array(12);
      for (let round = 0; round < 3; round++) {
        for (const [i, { ours, model: other }] of ciphers.entries()) {
          const text = new Uint8Array(32 + 16).fill(i);
          ours.seal(nonce, aad, text, 0, 32);
          const out = new Uint8Array(32);
          expect(other.open(nonce, aad, text, 0, 48, out)).toBe(true);
          expect(ciphers[(i + 500) % 1_000]?.ours.open(nonce, aad, text, 0, 48, out)).toBe(false);
          expect(ours.open(nonce, aad, text, 0, 48, out)).toBe(true);
          expect(out[31]).toBe(i & 0xff);
        }
      }
    });

    test("places outside the buffers are refused before anything is read or written", () => {
      const cipher = make(new Uint8Array(32));
      const nonce = new Uint8Array(12), aad = new Uint8Array(0);
      const small = new Uint8Array(47), large = new Uint8Array(99);
      for (const at of [-1, 16, 1e9]) {
        expect(() => cipher.seal(nonce, aad, small, at, 16)).toThrow(RangeError);
        expect(() => cipher.open(nonce, aad, small, at, 32, large)).toThrow(RangeError);
      }
      expect(() => cipher.open(nonce, aad, large, 0, 64, small)).toThrow(RangeError);
      expect(small).toEqual(new Uint8Array(47));
    });
  });
}
