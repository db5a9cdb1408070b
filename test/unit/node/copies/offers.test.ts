import { after, type Instant } from "../../../../src/lib/mod.ts";
import { Offers } from "../../../../src/node/copies/offers.ts";
import type { ConnectionHandle } from "../../../../src/transport/mod.ts";
import { expect, test } from "../../../support/harness.ts";

const NOW = 5 as Instant;
const [ONE, OTHER] = [1, 2] as ConnectionHandle[] as [ConnectionHandle, ConnectionHandle];
const MIB = 2 ** 20;
const id = new Uint8Array(20).fill(7);

test("an offer is for one peer and one object", () => {
  const offers = new Offers();
  offers.open(ONE, id, NOW);
  expect(offers.take(OTHER, id, MIB, NOW)).toBe(false);
  expect(offers.take(ONE, new Uint8Array(20), MIB, NOW)).toBe(false);
  expect(offers.take(ONE, id, MIB, NOW)).toBe(true);
  offers.close("order", ONE, id);
  expect(offers.take(ONE, id, 1, NOW)).toBe(false);
});

test("what an offer hands over is charged to its budget, and refused when that is spent", () => {
  const offers = new Offers();
  let leftBytes = 1;
  const budget = {
    mayGive: () => leftBytes > 0,
    noteGiven: (bytes: number) => void (leftBytes -= bytes),
  };
  offers.open(ONE, id, NOW, budget);
  expect(offers.take(ONE, id, MIB, NOW)).toBe(true);
  expect([offers.take(ONE, id, 1, NOW), leftBytes]).toEqual([false, 1 - MIB]);
});

test("what is offered may be pulled twice and no more, and not for ever", () => {
  const offers = new Offers();
  offers.open(ONE, id, NOW);
  for (let i = 0; i < 2; i++) expect(offers.take(ONE, id, MIB, NOW)).toBe(true);
  expect(offers.take(ONE, id, 1, NOW)).toBe(false);
  offers.open(ONE, id, NOW);
  expect(offers.take(ONE, id, 1, after(NOW, 179_999))).toBe(true);
  expect(offers.take(ONE, id, 1, after(NOW, 180_000))).toBe(false);
});

test("what is said of a copy leaves an order of the same object open", () => {
  const offers = new Offers();
  const budget = { mayGive: () => true, noteGiven() {} };
  offers.open(ONE, id, NOW);
  offers.open(ONE, id, NOW, budget);
  offers.close("copy", ONE, id);
  expect(offers.take(ONE, id, MIB, NOW)).toBe(true);
  offers.close("order", ONE, id);
  expect(offers.take(ONE, id, MIB, NOW)).toBe(false);
});
