import { dhtConfig } from "../../../src/dht/mod.ts";
import { DhtBus } from "../../support/dht_bus.ts";
import { mintIdentity } from "../../support/minted_identity.ts";
import { expect, test } from "../../support/harness.ts";

test("two nodes: each has the other in its table, and keeps it by pings", () => {
  const bus = new DhtBus({ seed: 1 });
  bus.grow(2);
  bus.run(1000);
  expect(bus.nodes.map((node) => node.dht.contactCount)).toEqual([1, 1]);
  const before = bus.carried;
  bus.run(60_000);
  expect(bus.nodes.map((node) => node.dht.contactCount)).toEqual([1, 1]);
  const perMinute = bus.carried - before;
  expect(perMinute).toBeGreaterThan(20); // a ping each 5 s, on both sides, keeps sessions alive
  expect(perMinute).toBeLessThan(80);
});

test("a node whose seed is down tries again until it is up", () => {
  const bus = new DhtBus({ seed: 2 });
  const seed = bus.add();
  seed.isUp = false;
  const node = bus.add();
  node.join(seed);
  bus.run(20_000);
  expect(node.effects.filter(({ kind }) => kind === "joined").length).toBeGreaterThan(1);
  expect(node.dht.contactCount).toBe(0);
  seed.isUp = true;
  expect(bus.runUntil(() => node.dht.contactCount === 1, 61_000)).toBe(true);
});

test("two islands with one seed in common become one network", () => {
  const bus = new DhtBus({ seed: 3 });
  const seed = bus.add();
  seed.isUp = false;
  const [a, b] = [bus.add(), bus.add()];
  a.join(seed);
  b.join(a);
  bus.run(5000);
  expect([a.dht.contactCount, b.dht.contactCount]).toEqual([1, 1]);
  seed.isUp = true;
  bus.run(90_000);
  expect(bus.nodes.map((node) => node.dht.contactCount)).toEqual([2, 2, 2]);
});

test("a node that starts again comes back if one of 64 remembered contacts lives", () => {
  const bus = new DhtBus({ seed: 4 });
  bus.grow(3);
  bus.run(5000);
  const node = bus.node(2);
  const alive = node.dht.remembered();
  expect(alive).toHaveLength(2);
  const random = bus.random.split("dead");
  const dead = Array.from({ length: 63 }, (_, i) => ({
    ...mintIdentity(random),
    address: { ip: `99.${i}.1.1`, port: 4001 },
  }));
  node.restart();
  bus.node(1).isUp = false;
  node.dht.join([], [...dead, ...alive.slice(0, 1), ...alive.slice(1)].slice(-64), bus.now);
  node.turn();
  expect(bus.runUntil(() => node.dht.contactCount === 1, 20_000)).toBe(true);
});

test("when all contacts are gone they are tried again, and found when they come back", () => {
  const bus = new DhtBus({ seed: 5 });
  bus.grow(2);
  bus.run(1000);
  const [a, b] = [bus.node(0), bus.node(1)];
  b.isUp = false;
  expect(bus.runUntil(() => a.dht.contactCount === 0, 1_000_000)).toBe(true);
  b.isUp = true;
  b.turn();
  expect(bus.runUntil(() => a.dht.contactCount === 1, 61_000)).toBe(true);
});

test("remembered() is bounded and holds nobody twice", () => {
  const bus = new DhtBus({ seed: 6, config: { ...dhtConfig(false), rememberedMax: 5 } });
  bus.grow(10);
  bus.run(5000);
  const remembered = bus.node(0).dht.remembered();
  expect(remembered).toHaveLength(5);
  expect(new Set(remembered.map(({ publicKey }) => publicKey.toHex())).size).toBe(5);
});

test("idle buckets are refreshed, so that the table covers the keyspace", () => {
  const bus = new DhtBus({ seed: 7 });
  bus.grow(8);
  bus.run(10_000);
  for (const node of bus.nodes) expect(node.dht.contactCount).toBe(7);
  const { lookupsStarted } = bus.node(3).dht.stats();
  bus.run(60_000);
  expect(bus.node(3).dht.stats().lookupsStarted).toBe(lookupsStarted);
  bus.run(16 * 60_000);
  expect(bus.node(3).dht.stats().lookupsStarted).toBeGreaterThan(lookupsStarted);
});
