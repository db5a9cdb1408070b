import { createHash } from "node:crypto";
import { nodeIdOf } from "../../../src/identity/mod.ts";
import { toHex } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a NodeId is the first 20 bytes of a hash of key and work", () => {
  const publicKey = new Uint8Array(32).fill(1);
  const output = new Uint8Array(32).fill(2);
  const oracle = createHash("sha256").update("sk1 nid").update(publicKey).update(output);
  expect(toHex(nodeIdOf(publicKey, output))).toBe(oracle.digest("hex").slice(0, 40));
  expect(toHex(nodeIdOf(output, publicKey))).not.toBe(toHex(nodeIdOf(publicKey, output)));
});
