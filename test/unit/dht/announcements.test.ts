import fc from "fast-check";
import { compareDistance, dhtConfig, type KnownNode } from "../../../src/dht/mod.ts";
import { REACH_ALL, regionDepth } from "../../../src/dht/announcements.ts";
import { asNodeId, randomBytes, SeededRandom, toHex } from "../../../src/lib/mod.ts";
import { GET_PROVIDERS_ANNOUNCE, type Message } from "../../../src/wire/mod.ts";
import { DhtBus } from "../../support/dht_bus.ts";
import { contactFrom, idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

function network(nodes: number, options: Partial<DhtBus["options"]> = {}) {
  const bus = new DhtBus({ seed: 9, ...options });
  bus.grow(nodes, 20);
  bus.run(8000);
  return bus;
}
const randomKeys = (count: number) => {
  const random = new SeededRandom(4);
  return Array.from({ length: count }, () => randomBytes(random, 20));
};

test("one request and one reply a node look up and announce a key (S0-08)", () => {
  const bus = network(3);
  const seen: Message[] = [];
  bus.onMessage = (_from, _to, message) => seen.push(message);
  const node = bus.node(0);
  const id = node.dht.announce([idFrom("01")], bus.now);
  node.turn();
  bus.run(400);
  expect(seen.map(({ type }) => type).sort())
    .toEqual(["GET_PROVIDERS", "GET_PROVIDERS", "PROVIDERS", "PROVIDERS"]);
  for (const message of seen) {
    if (message.type === "GET_PROVIDERS") expect(message.flags & GET_PROVIDERS_ANNOUNCE).toBe(1);
    if (message.type === "PROVIDERS") expect(message.ttl).toBe(86_400);
  }
  expect(node.announced.get(id ?? 0)).toMatchObject({
    covered: [{ holders: 2, reach: REACH_ALL }],
    uncovered: [],
  });
});

test("many keys travel in batches of 48, each to its k nearest nodes", () => {
  const bus = network(24);
  const keys = randomKeys(100);
  const node = bus.node(0);
  const batches: number[] = [];
  bus.onMessage = (_from, _to, message) => {
    if (message.type === "ANNOUNCE") batches.push(message.keys.length);
  };
  const id = node.dht.announce(keys, bus.now) ?? 0;
  node.turn();
  bus.runUntil(() => node.announced.has(id), 20_000);
  const outcome = node.announced.get(id);
  expect(outcome?.uncovered).toEqual([]);
  expect(Math.max(...batches)).toBe(48);
  expect(batches.length).toBeLessThanOrEqual(23 * 3);
  for (const { key, holders } of outcome?.covered ?? []) {
    expect(holders).toBe(16);
    const expected = new Set(bus.closest(key, 16, node));
    for (const other of bus.nodes) {
      if (other === node) continue;
      const isNear = expected.has(toHex(other.identity.nodeId));
      const lookup = other.dht.findProviders(key, bus.now, { providersWanted: 1 });
      // A node that stores the record tells it before it asks anybody.
      const found = other.dht.pollEffect();
      expect(found?.kind === "providers_found").toBe(isNear);
      if (lookup !== undefined) other.dht.cancelLookup(lookup, bus.now);
      while (other.dht.pollEffect() !== undefined);
    }
  }
});

test("with nobody there the outcome says: no nodes, no holders", () => {
  const bus = new DhtBus({ seed: 1 });
  const node = bus.add();
  const id = node.dht.announce(randomKeys(2), bus.now) ?? 0;
  node.turn();
  expect(node.announced.get(id)).toMatchObject({
    covered: [{ holders: 0, reach: REACH_ALL }, { holders: 0 }],
    nodes: [],
  });
});

test("a node that dies before its ANNOUNCE, or refuses, is not counted as a holder", () => {
  const base = dhtConfig(false);
  const config = { ...base, records: { ...base.records, perIdentity: 3 } };
  const bus = network(3, { config });
  const node = bus.node(0);
  const id = node.dht.announce(randomKeys(5), bus.now) ?? 0;
  node.turn();
  bus.node(2).tamper = (message) => message.type === "ANNOUNCED" ? null : message;
  bus.runUntil(() => node.announced.has(id), 10_000);
  const holders = node.announced.get(id)?.covered.map(({ holders }) => holders);
  // Of n1 three places: the target's and two more. n2 confirmed only the target's record.
  expect(holders).toEqual([2, 1, 1, 0, 0]);
});

test("announce() is bounded in keys and in number", () => {
  const bus = network(3);
  const { dht } = bus.node(0);
  expect(() => dht.announce([], bus.now)).toThrow(RangeError);
  expect(() => dht.announce(randomKeys(1025), bus.now)).toThrow(RangeError);
  const ids = Array.from({ length: 20 }, () => dht.announce(randomKeys(1), bus.now));
  expect(ids.filter((id) => id !== undefined)).toHaveLength(16);
});

test("law: within regionDepth() the k nearest of every key are among the nodes", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 300 }), (seed, size) => {
      const random = new SeededRandom(seed);
      const all: KnownNode[] = Array.from({ length: size }, () => {
        const nodeId = asNodeId(randomBytes(random, 20));
        return { ...contactFrom(""), nodeId };
      });
      const target = randomBytes(random, 20);
      const nearest = (key: Uint8Array, count: number, of: readonly KnownNode[]) =>
        [...of].sort((a, b) => compareDistance(key, a.nodeId, b.nodeId)).slice(0, count);
      const nodes = nearest(target, 32, all);
      const depth = regionDepth(target, nodes, 16, 32);
      for (let i = 0; i < 20; i++) {
        const key = randomBytes(random, 20);
        for (let bit = 0; bit < depth; bit++) {
          const mask = 0x80 >> (bit & 7);
          const byte = key[bit >> 3] ?? 0;
          key[bit >> 3] = (byte & ~mask) | ((target[bit >> 3] ?? 0) & mask);
        }
        expect(nearest(key, 16, nodes)).toEqual(nearest(key, 16, all));
      }
      if (size < 32) expect(depth).toBe(0);
    }),
    { numRuns: 40 },
  );
});
