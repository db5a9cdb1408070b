import { createHash } from "node:crypto";
import { hostKey, immutableKey, mutableKey } from "../../../src/records/mod.ts";
import { toHex, utf8 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const cut = (...parts: (string | Uint8Array)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 40);
};

test("a record's key is the hash of what its kind names", () => {
  const key = new Uint8Array(32).fill(7);
  expect(toHex(mutableKey(key, utf8("feed")))).toBe(cut("mr", key, "feed"));
  expect(toHex(mutableKey(key, new Uint8Array()))).toBe(cut("mr", key));
  expect(toHex(immutableKey(utf8("v")))).toBe(cut("im", "v"));
  expect(toHex(hostKey(key))).toBe(cut("host", key));
});

test("a key is memory of its own", () => {
  expect(hostKey(new Uint8Array(32)).buffer.byteLength).toBe(20);
});
