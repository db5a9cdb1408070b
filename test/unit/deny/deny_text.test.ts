import { createHash } from "node:crypto";
import { denyDigest, denyTag, nameText, objectText } from "../../../src/deny/mod.ts";
import { type ChunkId, type PublicKey, toHex } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const KEY = new Uint8Array(20).fill(0xab) as ChunkId;

test("a text of an object is its key in hex, and the decoded path below it", () => {
  expect(objectText(KEY, [])).toBe("ab".repeat(20));
  expect(objectText(KEY, ["ä", "b c"])).toBe(`${"ab".repeat(20)}/ä/b c`);
  expect(nameText(new Uint8Array(32) as PublicKey)).toBe(`/name/${"a".repeat(52)}`);
});

test("a digest is what `printf %s TEXT | sha256sum` begins with", () => {
  const hex = createHash("sha256").update("ä").digest("hex");
  expect(toHex(denyDigest("ä"))).toBe(hex.slice(0, 32));
  expect(denyTag(denyDigest("ä"))).toBe(`h-${hex.slice(0, 32)}`);
});
