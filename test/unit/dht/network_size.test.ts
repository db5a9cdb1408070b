import { compareDistance, dhtConfig } from "../../../src/dht/mod.ts";
import { NetworkSize } from "../../../src/dht/network_size.ts";
import { RoutingTable } from "../../../src/dht/routing_table.ts";
import { randomBytes, SeededRandom, toHex } from "../../../src/lib/mod.ts";
import { at, contactFrom, idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const sizeOf = (nodes: number, seed: number) => {
  const table = new RoutingTable(idFrom(""), dhtConfig(true).table);
  const random = new SeededRandom(seed);
  for (let i = 0; i < nodes; i++) {
    table.offer(contactFrom(toHex(randomBytes(random, 20)), { ip: "127.0.0.1" }));
  }
  return new NetworkSize(table, 16);
};

/** The ids that a lookup among `ids` converges on. */
const nearest = (ids: readonly Uint8Array[], target: Uint8Array) =>
  [...ids].sort((a, b) => compareDistance(target, a, b)).slice(0, 16);

test("exact while fewer than k are known", () => {
  expect([0, 1, 15].map((count) => sizeOf(count, 1).estimate)).toEqual([1, 2, 16]);
});

test("by our own neighbours within a factor of 2.5, and right on average", () => {
  for (const size of [100, 1000, 10_000]) {
    const estimates = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => sizeOf(size, seed).estimate);
    for (const estimate of estimates) {
      expect(estimate).toBeGreaterThan(size / 2.5);
      expect(estimate).toBeLessThan(size * 2.5);
    }
    const mean = estimates.reduce((sum, estimate) => sum + estimate, 0) / estimates.length;
    expect(Math.abs(mean / size - 1)).toBeLessThan(0.4);
  }
});

/** 100 ids are known to the table, so that there are more than k. */
function lookedUp(nodes: number, lookups: number, seed: number, crowded = 0) {
  const random = new SeededRandom(seed);
  const ids = Array.from({ length: nodes }, () => randomBytes(random, 20));
  const size = sizeOf(100, seed);
  for (let i = 0; i < lookups; i++) {
    const target = randomBytes(random, 20);
    const found = i < crowded ? Array.from({ length: 16 }, () => target) : nearest(ids, target);
    size.note(target, found, at(i));
  }
  return size;
}

test("by lookups within a fifth, whatever our own neighbours say", () => {
  for (const seed of [1, 2, 3]) {
    expect(Math.abs(lookedUp(5000, 40, seed).estimate / 5000 - 1)).toBeLessThan(0.2);
  }
  const few = lookedUp(5000, 4, 1).estimate; // not enough to go by
  expect(few).toBeLessThan(300);
});

test("whoever crowds around a few targets does not move it", () => {
  expect(Math.abs(lookedUp(5000, 40, 4, 10).estimate / 5000 - 1)).toBeLessThan(0.4);
});

test("lookups of more than two hours ago do not count", () => {
  const size = lookedUp(5000, 40, 1);
  const random = new SeededRandom(7);
  const ids = Array.from({ length: 500 }, () => randomBytes(random, 20));
  for (let i = 0; i < 40; i++) {
    const target = randomBytes(random, 20);
    size.note(target, nearest(ids, target), at(2 * 3_600_000 + 100 + i));
  }
  expect(Math.abs(size.estimate / 500 - 1)).toBeLessThan(0.2);
});
