import { asChunkId, asPublicKey, type UnixMs } from "../../../src/lib/mod.ts";
import { HostingContracts } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";

const MIB = 2 ** 20;
const id = (n: number) => asChunkId(new Uint8Array(20).fill(n));
const key = (n: number) => asPublicKey(new Uint8Array(32).fill(n));
const contract = (n: number, publisher = 1, until = 100) => ({
  id: id(n),
  publisher: key(publisher),
  bytes: MIB,
  untilMs: until as UnixMs,
});

test("a chunk that several pay for is kept until the last contract is over", () => {
  const contracts = new HostingContracts();
  for (const one of [contract(1), contract(1, 2, 200), contract(1)]) contracts.put(one);
  expect([contracts.count, contracts.bytes]).toEqual([2, MIB]);
  expect(contracts.expired(99 as UnixMs, 9)).toEqual([]);
  expect(contracts.expired(100 as UnixMs, 9)).toEqual([contract(1)]);
  contracts.remove(contract(1));
  contracts.remove(contract(1));
  expect([contracts.isHosted(id(1)), contracts.bytes]).toEqual([true, MIB]);
  contracts.remove(contract(1, 2));
  expect([contracts.isHosted(id(1)), contracts.bytes, contracts.count]).toEqual([false, 0, 0]);
});

test("no more is kept than is sold, and no publisher has more than a quarter of it", () => {
  const contracts = new HostingContracts();
  const has = (n: number, publisher: number) =>
    contracts.hasRoom(id(n), key(publisher), MIB, 8 * MIB);
  for (let n = 0; n < 2; n++) contracts.put(contract(n));
  expect([has(2, 1), has(2, 2), has(0, 1)]).toEqual([false, true, true]);
  for (let n = 2; n < 8; n++) contracts.put(contract(n, n));
  expect(has(9, 9)).toBe(false);
  expect(has(7, 9)).toBe(true); // it is here already: one more pays for it
  contracts.remove(contract(7, 7));
  expect(has(9, 9)).toBe(true);
});

test("what is promised is taken until it is given back, from the publisher's part as well", () => {
  const contracts = new HostingContracts();
  const has = (publisher: number) => contracts.hasRoom(id(9), key(publisher), MIB, 4 * MIB);
  const promises = [1, 2, 3, 4].map((publisher) => contracts.promise(key(publisher), MIB));
  expect([has(1), has(5), contracts.bytes, contracts.count]).toEqual([false, false, 0, 0]);
  promises[3]?.();
  expect([has(1), has(4), has(5)]).toEqual([false, true, true]);
});
