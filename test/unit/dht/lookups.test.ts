import { dhtConfig } from "../../../src/dht/mod.ts";
import { toHex } from "../../../src/lib/mod.ts";
import { DhtBus, idsOf } from "../../support/dht_bus.ts";
import { idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const KEY = idFrom("5eed");

function network(nodes: number, seed = 1, options: Partial<DhtBus["options"]> = {}) {
  const bus = new DhtBus({ seed, ...options });
  bus.grow(nodes, 20);
  bus.run(8000);
  return bus;
}

test("findNodes() finds the k nearest, in order", () => {
  const bus = network(20);
  const node = bus.node(3);
  const id = node.dht.findNodes(KEY, bus.now) ?? 0;
  node.turn();
  expect(bus.runUntil(() => node.outcomes.has(id as number), 5000)).toBe(true);
  const outcome = node.outcomes.get(id as number);
  expect(outcome?.reason).toBe("converged");
  expect(idsOf(outcome?.closest ?? [])).toEqual(bus.closest(KEY, 16, node));
});

test("with nobody to ask a lookup ends at once and says so", () => {
  const bus = new DhtBus({ seed: 1 });
  const node = bus.add();
  node.join();
  const id = node.dht.findProviders(KEY, bus.now) as number;
  node.turn();
  expect(node.outcomes.get(id)).toMatchObject({ reason: "exhausted", asked: 0, answered: 0 });
});

test("a provider lookup ends early when enough are found", () => {
  const bus = network(10);
  for (const holder of [4, 5, 6, 7]) bus.node(holder).publish(KEY);
  bus.run(5000);
  const node = bus.node(9);
  const id = node.dht.findProviders(KEY, bus.now, { providersWanted: 2 }) as number;
  node.turn();
  bus.runUntil(() => node.outcomes.has(id), 5000);
  expect(node.outcomes.get(id)?.reason).toBe("enough");
  expect(node.providers.get(id)?.length).toBeGreaterThanOrEqual(2);
  for (const { address } of node.providers.get(id) ?? []) expect(address).toBeDefined();
});

test("a cancelled lookup says so once and is heard of no more", () => {
  const bus = network(8);
  const node = bus.node(3);
  const id = node.dht.findProviders(KEY, bus.now);
  if (id === undefined) throw new Error("not started");
  node.dht.cancelLookup(id, bus.now);
  node.dht.cancelLookup(id, bus.now);
  node.turn();
  bus.run(5000);
  const ends = node.effects.filter((effect) =>
    effect.kind === "lookup_finished" && effect.lookupId === id
  );
  expect(ends).toMatchObject([{ outcome: { reason: "cancelled" } }]);
});

test("a lookup in a network that fell silent ends at its deadline or before", () => {
  const bus = network(18);
  const node = bus.node(3);
  for (const other of bus.nodes) if (other !== node) other.isUp = false;
  const start = bus.now;
  const short = node.dht.findProviders(KEY, bus.now, { timeoutMs: 100 }) as number;
  const long = node.dht.findProviders(KEY, bus.now) as number;
  node.turn();
  bus.runUntil(() => node.outcomes.has(short), 60_000);
  expect(node.outcomes.get(short)).toMatchObject({ reason: "timed_out", answered: 0 });
  expect(bus.now - start).toBeLessThanOrEqual(100);
  bus.runUntil(() => node.outcomes.has(long), 60_000);
  expect(node.outcomes.get(long)).toMatchObject({ reason: "exhausted", answered: 0 });
  expect(bus.now - start).toBeLessThanOrEqual(4000); // all 17 asked twice, 8 at a time
});

test("lookups beyond the bound wait for their turn; beyond that bound they are refused", () => {
  const config = { ...dhtConfig(false), lookupsMax: 2, lookupsWaitingMax: 3 };
  const bus = network(12, 1, { config });
  const node = bus.node(3);
  const ids = Array.from({ length: 8 }, () => node.dht.findNodes(KEY, bus.now));
  expect(ids.filter((id) => id !== undefined)).toHaveLength(5);
  expect(node.dht.stats().lookupsActive).toBe(2);
  node.turn();
  bus.run(10_000);
  for (const id of ids) {
    if (id !== undefined) expect(node.outcomes.get(id)?.answered).toBeGreaterThan(0);
  }
});

test("when no more requests may be in flight, lookups go on as places come free", () => {
  const base = dhtConfig(false);
  const config = { ...base, requests: { ...base.requests, inFlightMax: 3 } };
  const bus = network(18, 1, { config });
  const node = bus.node(3);
  const ids = Array.from({ length: 10 }, () => node.dht.findNodes(KEY, bus.now) as number);
  node.turn();
  let most = 0;
  bus.runUntil(() => {
    most = Math.max(most, node.dht.stats().requestsInFlight);
    return ids.every((id) => node.outcomes.has(id));
  }, 30_000);
  expect(most).toBe(3);
  for (const id of ids) {
    expect(idsOf(node.outcomes.get(id)?.closest ?? [])).toEqual(bus.closest(KEY, 16, node));
  }
});

test("a checker that is slow delays results, it does not spoil them", () => {
  const bus = network(18, 1, { checkMs: 400 });
  const node = bus.add();
  node.join(bus.node(0));
  bus.run(5000);
  const id = node.dht.findNodes(KEY, bus.now) as number;
  node.turn();
  bus.runUntil(() => node.outcomes.has(id), 20_000);
  expect(idsOf(node.outcomes.get(id)?.closest ?? [])).toEqual(bus.closest(KEY, 16, node));
});

test("records that we store ourselves are told before anybody is asked", () => {
  const bus = network(3);
  bus.node(0).publish(KEY);
  bus.run(3000);
  const node = bus.node(1);
  const before = bus.carried;
  const id = node.dht.findProviders(KEY, bus.now, { providersWanted: 1 }) as number;
  node.turn();
  expect(node.outcomes.get(id)?.reason).toBe("enough");
  expect(node.providers.get(id)).toMatchObject([
    { publicKey: bus.node(0).identity.publicKey, address: bus.node(0).address },
  ]);
  expect(bus.carried).toBe(before);
});

test("a holder that nobody lists names itself when it is asked", () => {
  const bus = network(3);
  bus.node(0).held.add(toHex(KEY));
  const node = bus.node(1);
  const id = node.dht.findProviders(KEY, bus.now) as number;
  node.turn();
  bus.run(3000);
  expect(node.providers.get(id)).toMatchObject([
    { publicKey: bus.node(0).identity.publicKey, address: bus.node(0).address },
  ]);
});
