import { compareDistance, dhtConfig } from "../../src/dht/mod.ts";
import { randomBytes, SeededRandom, toHex } from "../../src/lib/mod.ts";
import { PROVIDER_KIND } from "../../src/wire/mod.ts";
import { type BusNode, DhtBus } from "../support/dht_bus.ts";
import { expect, test } from "../support/harness.ts";

/** Small buckets, one question at a time and two nodes that keep a record: so the way to a key is
 * some hops long among a hundred nodes already. */
const DEFAULTS = dhtConfig(false);
const CONFIG = {
  ...DEFAULTS,
  k: 2,
  regionWidth: 4,
  table: { ...DEFAULTS.table, k: 2, firstBuckets: [2], benchMax: 2 },
  lookup: { ...DEFAULTS.lookup, width: 2, widthMax: 4, alpha: 1, alphaMax: 1 },
};
const NODES = 100;
const REQUESTS = 31;
const KEYS = 8;
/** So many nodes around a key keep its records for their full time, four times its region. */
const NEAR = 24;
const NOTHING = new Uint8Array();

/** How many nodes were asked until a provider was known. */
function askFor(bus: DhtBus, node: BusNode, key: Uint8Array): number {
  let asked = 0;
  node.onEffect = (effect) => {
    if (effect.kind === "send" && effect.message.type === "GET_PROVIDERS") asked++;
  };
  const id = node.dht.findProviders(key, bus.now) ?? -1;
  node.turn();
  expect(bus.runUntil(() => node.providers.has(id), 20_000)).toBe(true);
  node.onEffect = undefined;
  bus.runUntil(() => node.outcomes.has(id), 20_000);
  return asked;
}

/** Means over the 1st, the 2nd and 3rd, the 4th to 7th … request for each of some keys. */
function questionsByRequests(): number[] {
  const bus = new DhtBus({ seed: 3, config: CONFIG });
  bus.grow(NODES);
  bus.run(60_000);
  const random = new SeededRandom(11);
  const sums: number[] = [];
  for (let i = 0; i < KEYS; i++) {
    const key = randomBytes(random, 20);
    bus.node(i).publish(key);
    bus.run(5000);
    for (let request = 1; request <= REQUESTS; request++) {
      const node = bus.node(KEYS + (i + 3 * request) % (NODES - KEYS));
      const asked = askFor(bus, node, key);
      node.held.add(toHex(key));
      node.dht.announce([key], bus.now);
      node.turn();
      bus.run(2000);
      node.held.delete(toHex(key)); // that it tells of itself when asked is not what is tested
      const doubling = Math.floor(Math.log2(request));
      sums[doubling] = (sums[doubling] ?? 0) + asked;
    }
  }
  return sums.map((sum, doubling) => sum / KEYS / 2 ** doubling);
}

test("the more often a key has been asked for, the fewer nodes have to be asked", () => {
  // Of the first request there is but one for each key: a mean of eight says nothing.
  const [, ...asked] = questionsByRequests();
  for (let i = 1; i < asked.length; i++) expect(asked[i]).toBeLessThan(asked[i - 1] ?? 0);
  // Without copies it stays within a twentieth.
  expect(asked.at(-1)).toBeLessThan(0.85 * (asked[0] ?? 0));
});

test("24 nodes that list themselves with everybody on the way hide nobody", () => {
  const bus = new DhtBus({ seed: 4, config: CONFIG });
  bus.grow(NODES);
  bus.run(20_000);
  const key = randomBytes(new SeededRandom(12), 20);
  const publisher = bus.node(0);
  publisher.publish(key);
  bus.run(5000);
  const others = bus.nodes.slice(1);
  const onTheWay = [...others]
    .sort((a, b) => compareDistance(key, b.identity.nodeId, a.identity.nodeId)).slice(0, -NEAR);
  const listing = { ttl: 86_400, kind: PROVIDER_KIND.ipv4, recordFlags: 0, source: NOTHING };
  for (let i = 0; i < 24; i++) {
    const sybil = bus.add();
    const announce = { type: "ANNOUNCE", requestId: i, keys: [key], ...listing } as const;
    for (const node of onTheWay) bus.carry(sybil, node.target, announce);
  }
  bus.run(1000);
  const copies = onTheWay.map(({ dht }) => dht.stats().passingRecords);
  expect(Math.max(...copies)).toBe(8);
  for (const seeker of others.slice(0, 40)) {
    const id = seeker.dht.findProviders(key, bus.now) ?? -1;
    seeker.turn();
    bus.runUntil(() => seeker.outcomes.has(id), 20_000);
    const found = (seeker.providers.get(id) ?? []).map(({ publicKey }) => toHex(publicKey));
    expect(found).toContain(toHex(publisher.identity.publicKey));
  }
});
