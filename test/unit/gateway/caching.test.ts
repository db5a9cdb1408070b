import {
  directoryTag,
  EMPTY_FILE_TAG,
  fileTag,
  formatTag,
  listingTag,
  templateHash,
} from "../../../src/gateway/caching.ts";
import { sha256 } from "../../../src/crypto/mod.ts";
import { asStrongId, toHex } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const ID = asStrongId(new Uint8Array(32));

test("tags name what they stand for", () => {
  expect(fileTag(Uint8Array.of(0xab, 1))).toBe("ab01");
  expect(fileTag(undefined)).toBe(EMPTY_FILE_TAG);
  expect(EMPTY_FILE_TAG).toBe(toHex(sha256(new Uint8Array())));
  expect(directoryTag(ID)).toBe(`"${"a".repeat(52)}"`);
  expect(formatTag(ID, "manifest")).toBe(`"${"a".repeat(52)}.manifest"`);
  expect(listingTag(ID, "12345678", 1)).toBe(`"DirIndex-12345678_${"a".repeat(52)}"`);
  expect(listingTag(ID, "12345678", 2)).toBe(`"DirIndex-12345678_${"a".repeat(52)}.p2"`);
});

test("templateHash() is FNV-1a", () => {
  expect(templateHash("")).toBe("811c9dc5");
  expect(templateHash("a")).toBe("e40c292c");
  expect(templateHash("foobar")).toBe("bf9cf968");
});
