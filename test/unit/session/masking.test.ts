import { createHash } from "node:crypto";
import fc from "fast-check";
import { asPublicKey, toHex } from "../../../src/lib/mod.ts";
import {
  answerMask,
  cookieKey,
  initEphemeralMask,
  ReceiverMask,
  respEphemeralMask,
  xorBytes,
  Xtea,
} from "../../../src/session/mod.ts";
import { readU32 } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

test("every mask is SHA-256 of its label and what its two ends know", () => {
  const publicKey = asPublicKey(new Uint8Array(32).fill(1)), other = new Uint8Array(32).fill(2);
  const hash = (label: string, ...parts: Uint8Array[]) => {
    const hasher = createHash("sha256").update(label);
    for (const part of parts) hasher.update(part);
    return hasher.digest("hex");
  };
  expect(toHex(new ReceiverMask(publicKey).mac1Key)).toBe(hash("sk1 mac1", publicKey));
  const mac1 = other.subarray(16);
  expect(toHex(initEphemeralMask(publicKey, mac1))).toBe(hash("sk1 e", publicKey, mac1));
  expect(toHex(respEphemeralMask(publicKey, other))).toBe(hash("sk1 e2", publicKey, other));
  expect(toHex(cookieKey(publicKey, other))).toBe(hash("sk1 ck", publicKey, other));
  const answers = answerMask(publicKey, other);
  expect(toHex(answers.respTag)).toBe(hash("sk1 resp", publicKey, other).slice(0, 20));
  expect(toHex(answers.cookieTag)).toBe(hash("sk1 cookie", publicKey, other).slice(0, 20));
});

test("law: firstWord() sees through writeFirstWord(), which writes nothing else", () => {
  const word = fc.nat(0xffff_ffff);
  fc.assert(fc.property(bytes(32), bytes(40), fc.nat(20), word, (key, packet, at, first) => {
    const mask = new ReceiverMask(asPublicKey(key));
    const masked = new Uint8Array(packet);
    mask.writeFirstWord(first, masked, at);
    expect(mask.firstWord(masked, at)).toBe(first);
    expect(masked.subarray(at + 4)).toEqual(packet.subarray(at + 4));
    expect(masked.subarray(0, at)).toEqual(packet.subarray(0, at));
  }));
});

test("a DATA head is its first word masked, the rest encrypted, and comes back", () => {
  const head = fc.uint8Array({ minLength: 12, maxLength: 12 });
  fc.assert(
    fc.property(bytes(32), bytes(16), head, bytes(48), fc.nat(20), (key, hp, clear, body, at) => {
      const mask = new ReceiverMask(asPublicKey(key));
      const cipher = new Xtea(hp);
      const packet = new Uint8Array(body), expected = new Uint8Array(body);
      mask.writeDataHead(clear, cipher, packet, at);
      cipher.encrypt(clear, 4, expected, at + 4);
      mask.writeFirstWord(readU32(clear, 0), expected, at);
      expect(packet).toEqual(expected);
      const read = new Uint8Array(12);
      expect(mask.readDataHead(packet, at, cipher, read)).toBe(readU32(clear, 0));
      expect(read.subarray(4)).toEqual(clear.subarray(4));
    }),
  );
});

test("an INIT's head comes back for the holder of the key, and is noise to another", () => {
  const packet = new Uint8Array(40).fill(3);
  const mask = new ReceiverMask(asPublicKey(new Uint8Array(32).fill(1)));
  const head = new Uint8Array(12);
  mask.maskInitHead(packet, 8);
  mask.unmaskInitHead(packet, 8, head);
  expect(toHex(head.subarray(4))).toBe("03".repeat(8));
  new ReceiverMask(asPublicKey(new Uint8Array(32))).unmaskInitHead(packet, 8, head);
  expect(toHex(head.subarray(4))).not.toBe("03".repeat(8));
});

test("xorBytes() keeps the length of its first argument", () => {
  expect(xorBytes(Uint8Array.of(1, 2), Uint8Array.of(3, 3, 9))).toEqual(Uint8Array.of(2, 1));
});
