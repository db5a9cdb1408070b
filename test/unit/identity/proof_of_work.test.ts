import { createHash, scryptSync } from "node:crypto";
import {
  earnedNodeId,
  earnedRank,
  evaluatePuzzle,
  expectedTries,
  isMemoryHard,
  leadingZeroBits,
  networkOf,
  nodeIdOf,
  nonceBytes,
  verifyWork,
} from "../../../src/identity/mod.ts";
import { concatBytes, toHex } from "../../../src/lib/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";

const publicKey = new Uint8Array(32).fill(0x5a);
const dev = networkOf("dev");
const main = networkOf("main");

describe("evaluatePuzzle()", () => {
  test("is scrypt over key and big-endian nonce on main", () => {
    const password = concatBytes(publicKey, nonceBytes(258n));
    const id = scryptSync(password, "sk1-id", 32, { N: 2048, r: 8, p: 1 });
    expect(toHex(evaluatePuzzle("id", publicKey, 258n))).toBe(id.toString("hex"));
    const options = { N: 8192, r: 8, p: 1, maxmem: 2 ** 25 };
    const rank = scryptSync(password, "sk1-rank", 32, options);
    expect(toHex(evaluatePuzzle("rank", publicKey, 258n))).toBe(rank.toString("hex"));
  });

  test("is SHA-256 with a prefix on dev", () => {
    for (const [puzzle, prefix] of [["test_id", "sk1-test"], ["test_rank", "sk1-test-rank"]]) {
      const oracle = createHash("sha256").update(prefix ?? "").update(publicKey)
        .update(nonceBytes(7n)).digest("hex");
      expect(toHex(evaluatePuzzle(puzzle as "test_id" | "test_rank", publicKey, 7n))).toBe(oracle);
    }
    expect(isMemoryHard("test_id")).toBe(false);
    expect(isMemoryHard("rank")).toBe(true);
  });
});

test("nonceBytes() is big-endian and refuses what is no u64", () => {
  expect(toHex(nonceBytes(0x0102030405060708n))).toBe("0102030405060708");
  expect(toHex(nonceBytes(2n ** 64n - 1n))).toBe("ffffffffffffffff");
  expect(() => nonceBytes(2n ** 64n)).toThrow(RangeError);
  expect(() => nonceBytes(-1n)).toThrow(RangeError);
});

test("leadingZeroBits() counts to the first one", () => {
  expect(leadingZeroBits(Uint8Array.of(0x80))).toBe(0);
  expect(leadingZeroBits(Uint8Array.of(0x01, 0xff))).toBe(7);
  expect(leadingZeroBits(Uint8Array.of(0, 0, 0x0f))).toBe(20);
  expect(leadingZeroBits(new Uint8Array(32))).toBe(256);
  expect(leadingZeroBits(new Uint8Array())).toBe(0);
});

test("a rank ends at 63", () => {
  expect(earnedRank(new Uint8Array(32))).toBe(63);
  expect(earnedRank(Uint8Array.of(0, 0x10))).toBe(11);
});

test("main gives a place for 12 zero bits and none for 11, dev for any output", () => {
  const twelve = Uint8Array.of(0x00, 0x0f, ...new Uint8Array(30));
  const eleven = Uint8Array.of(0x00, 0x1f, ...new Uint8Array(30));
  expect(toHex(earnedNodeId(main, publicKey, twelve) ?? eleven)).toBe(
    toHex(nodeIdOf(publicKey, twelve)),
  );
  expect(earnedNodeId(main, publicKey, eleven)).toBeUndefined();
  expect(earnedNodeId(dev, publicKey, new Uint8Array(32).fill(0xff))).toBeDefined();
});

describe("verifyWork()", () => {
  const rankOf = (nonce: bigint): number =>
    leadingZeroBits(evaluatePuzzle("test_rank", publicKey, nonce));
  let rankNonce = 0n;
  while (rankOf(rankNonce) < 6) rankNonce++;
  const rank = rankOf(rankNonce);

  test("takes the rank earned or less, never more", () => {
    for (const claimed of [0, 1, rank]) {
      const claim = { idNonce: 5n, rankNonce, rank: claimed };
      expect(verifyWork(dev, publicKey, claim)).toBeDefined();
    }
    for (const claimed of [rank + 1, 64, -1, 1.5]) {
      const claim = { idNonce: 5n, rankNonce, rank: claimed };
      expect(verifyWork(dev, publicKey, claim)).toBeUndefined();
    }
  });

  test("binds the NodeId to key and nonce", () => {
    const ids = [0n, 1n].map((idNonce) =>
      toHex(verifyWork(dev, publicKey, { idNonce, rankNonce: 0n, rank: 0 }) ?? new Uint8Array())
    );
    expect(ids[0]).toBe(toHex(nodeIdOf(publicKey, evaluatePuzzle("test_id", publicKey, 0n))));
    expect(ids[1]).not.toBe(ids[0]);
  });

  test("refuses the test puzzle's work on main", () => {
    let nonce = 0n; // a nonce that solves SHA-256 for 12 bits proves nothing about scrypt
    while (leadingZeroBits(evaluatePuzzle("test_id", publicKey, nonce)) < 12) nonce++;
    const claim = { idNonce: nonce, rankNonce: 0n, rank: 0 };
    expect(verifyWork(main, publicKey, claim)).toBeUndefined();
  });
});

test("one more bit doubles the expected tries", () => {
  expect(expectedTries(12)).toBe(4096);
  expect(expectedTries(13)).toBe(8192);
});
