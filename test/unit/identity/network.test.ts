import { createHash } from "node:crypto";
import { isNetworkName, networkId, networkOf } from "../../../src/identity/mod.ts";
import { toHex } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a network's id is the start of a hash of its name", () => {
  const oracle = createHash("sha256").update("sk1 netmain").digest("hex").slice(0, 8);
  expect(toHex(networkId("main"))).toBe(oracle);
  expect(toHex(networkOf("dev").id)).not.toBe(oracle);
});

test("main wants memory-hard work and global addresses, dev neither", () => {
  const main = networkOf("main");
  expect([main.idPuzzle, main.rankPuzzle, main.idBits]).toEqual(["id", "rank", 12]);
  expect(main.allowsPrivateAddresses).toBe(false);
  const dev = networkOf("dev");
  expect([dev.idPuzzle, dev.rankPuzzle, dev.idBits]).toEqual(["test_id", "test_rank", 0]);
  expect(dev.allowsPrivateAddresses).toBe(true);
});

test("isNetworkName() knows the two names and nothing inherited", () => {
  expect(isNetworkName("main")).toBe(true);
  for (const text of ["Main", "", "toString", "sim"]) expect(isNetworkName(text)).toBe(false);
});
