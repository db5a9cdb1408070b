import { Sha1CollisionDetector } from "../../../src/crypto/mod.ts";
import { sha1 } from "../../../src/crypto/mod.ts";
import { concatBytes, fromHex, SeededRandom, toHex } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";
import published from "../../vectors/sha1_collisions.json" with { type: "json" };

function isFlagged(...pieces: Uint8Array[]): boolean {
  const detector = new Sha1CollisionDetector();
  for (const piece of pieces) detector.update(piece);
  return detector.isColliding;
}

const pairs = published.pairs.map(({ name, sha1, messages }) => {
  return {
    name,
    sha1,
    messages: messages.map((lines) => fromHex(lines.join("")) ?? new Uint8Array()),
  };
});

function noise(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  new SeededRandom(seed).fill(bytes);
  return bytes;
}

for (const { name, sha1: hash, messages } of pairs) {
  test(`both halves of the ${name} collision are flagged, alone and before other bytes`, () => {
    expect(messages.length).toBe(2);
    for (const message of messages) {
      expect(toHex(sha1(message))).toBe(hash);
      expect(isFlagged(message)).toBe(true);
      expect(isFlagged(message, noise(1, 1_000))).toBe(true);
      expect(isFlagged(concatBytes(message, noise(2, 100_003)))).toBe(true);
    }
  });

  test(`a ${name} half with one bit changed, or without its end, is an ordinary message`, () => {
    for (const message of messages) {
      for (const at of [0, 100, message.length - 1]) {
        const changed = message.slice();
        changed[at] = (changed[at] ?? 0) ^ 1;
        expect(isFlagged(changed)).toBe(false);
      }
      expect(isFlagged(message.subarray(0, message.length - 1))).toBe(false);
    }
  });
}

test("ordinary messages pass, whatever their length and structure", () => {
  for (const length of [0, 1, 63, 64, 65, 200_000]) {
    expect(isFlagged(noise(length, length))).toBe(false);
    expect(isFlagged(new Uint8Array(length))).toBe(false);
  }
});
