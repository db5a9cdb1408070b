import { randomBytes, SeededRandom } from "../../../src/lib/mod.ts";
import { hashBytes, hashText, joinHashes } from "../../../src/market/seeded_hash.ts";
import { expect, test } from "../../support/harness.ts";

test("hashes are 32 bits, the same for the same, and others for another seed", () => {
  const id = randomBytes(new SeededRandom(1), 20);
  for (const hash of [hashBytes(id, 7), hashText("4:192.0.2", 7), joinHashes(1, 2)]) {
    expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32).toBe(true);
  }
  expect(hashBytes(id, 7)).toBe(hashBytes(id.slice(), 7));
  expect(hashBytes(id, 7)).not.toBe(hashBytes(id, 8));
  expect(hashText("a", 7)).not.toBe(hashText("a", 8));
});

test("every byte and its place counts, also those after the last whole word", () => {
  for (const length of [1, 3, 4, 5, 19, 20]) {
    const seen = new Set([hashBytes(new Uint8Array(length), 7)]);
    for (let i = 0; i < length; i++) {
      const bytes = new Uint8Array(length);
      bytes[i] = 1;
      seen.add(hashBytes(bytes, 7));
    }
    expect(seen.size).toBe(length + 1);
  }
});

test("ids fall evenly into places", () => {
  const random = new SeededRandom(2);
  const places = new Uint32Array(64);
  for (let i = 0; i < 64_000; i++) {
    const place = hashBytes(randomBytes(random, 20), 7) % places.length;
    places[place] = (places[place] ?? 0) + 1;
  }
  expect(Math.max(...places)).toBeLessThan(1200);
  expect(Math.min(...places)).toBeGreaterThan(800);
});
