import fc from "fast-check";
import { fromHex, toHex } from "../../../src/lib/mod.ts";
import { Xtea } from "../../../src/session/mod.ts";
import { readU32 } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

test("XTEA with 32 cycles and big-endian words gives the vector of protocol.md §1", () => {
  const cipher = new Xtea(fromHex("000102030405060708090a0b0c0d0e0f") ?? new Uint8Array());
  const block = fromHex("4142434445464748") ?? new Uint8Array();
  expect(cipher.encryptedWord(block, 0) >>> 0).toBe(0x497df3d0);
  cipher.encrypt(block, 0, block, 0);
  expect(toHex(block)).toBe("497df3d072612cb5");
});

test("law: decrypt() undoes encrypt(), in place or not, and touches eight bytes only", () => {
  fc.assert(fc.property(bytes(16), bytes(24), fc.nat(16), (key, text, at) => {
    const cipher = new Xtea(key);
    const sealed = new Uint8Array(text);
    cipher.encrypt(sealed, at, sealed, at);
    expect(cipher.encryptedWord(text, at) >>> 0).toBe(readU32(sealed, at));
    const opened = new Uint8Array(sealed);
    cipher.decrypt(sealed, at, opened, at);
    expect(opened).toEqual(text);
    expect([...sealed.subarray(0, at), ...sealed.subarray(at + 8)])
      .toEqual([...text.subarray(0, at), ...text.subarray(at + 8)]);
  }));
});

test("law: two blocks at once are each what they are alone", () => {
  fc.assert(fc.property(bytes(16), bytes(16), bytes(24), fc.nat(8), (key, otherKey, text, at) => {
    const cipher = new Xtea(key), other = new Xtea(otherKey);
    const [together, alone] = [new Uint8Array(24), new Uint8Array(24)];
    const word = other.encryptedWord(text, 16 - at);
    expect(cipher.encryptWithWord(text, at, together, 3, other, text, 16 - at)).toBe(word);
    cipher.encrypt(text, at, alone, 3);
    expect(together).toEqual(alone);
    expect(cipher.decryptWithWord(text, at, together, 5, other, text, 16 - at)).toBe(word);
    cipher.decrypt(text, at, alone, 5);
    expect(together).toEqual(alone);
  }));
});

test("more ciphers than there are schedules, in pairs and in any order, do not mix", () => {
  const ciphers = Array.from({ length: 600 }, (_, i) => {
    const key = new Uint8Array(16).fill(i);
    key[0] = i >> 8;
    return new Xtea(key);
  });
  const text = Uint8Array.from({ length: 16 }, (_, i) => i);
  const words = ciphers.map((cipher) => cipher.encryptedWord(text, 0));
  expect(new Set(words).size).toBe(600);
  const out = new Uint8Array(8);
  for (let step = 1; step < 600; step += 37) {
    for (let i = 0; i < 600; i += 5) {
      const j = (i + step) % 600;
      const [cipher, other] = [ciphers[i] as Xtea, ciphers[j] as Xtea];
      expect(cipher.encryptWithWord(text, 0, out, 0, other, text, 0)).toBe(words[j] ?? 0);
      expect(readU32(out, 0) | 0).toBe(words[i] ?? 0);
    }
  }
});
