import { dhtConfig } from "../../../src/dht/mod.ts";
import { networkSize } from "../../../src/dht/network_size.ts";
import { RoutingTable } from "../../../src/dht/routing_table.ts";
import { randomBytes, SeededRandom, toHex } from "../../../src/lib/mod.ts";
import { contactFrom, idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const tableOf = (nodes: number, seed: number) => {
  const table = new RoutingTable(idFrom(""), dhtConfig(true).table);
  const random = new SeededRandom(seed);
  for (let i = 0; i < nodes; i++) {
    table.offer(contactFrom(toHex(randomBytes(random, 20)), { ip: "127.0.0.1" }));
  }
  return table;
};

test("exact while fewer than k are known", () => {
  expect([0, 1, 15].map((count) => networkSize(tableOf(count, 1), 16))).toEqual([1, 2, 16]);
});

test("within a factor of two beyond, and right on average", () => {
  for (const size of [100, 1000, 10_000]) {
    const estimates = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => networkSize(tableOf(size, seed), 16));
    for (const estimate of estimates) {
      expect(estimate).toBeGreaterThan(size / 2.5);
      expect(estimate).toBeLessThan(size * 2.5);
    }
    const mean = estimates.reduce((sum, estimate) => sum + estimate, 0) / estimates.length;
    expect(Math.abs(mean / size - 1)).toBeLessThan(0.4);
  }
});
