/** What liars and floods may do to a DHT, and what they may not. */
import { compareDistance, dhtConfig, type LookupOutcome } from "../../src/dht/mod.ts";
import { type PublicKey, randomBytes, toHex } from "../../src/lib/mod.ts";
import { type Contact, KEYS_MAX, type Message } from "../../src/wire/mod.ts";
import { type BusNode, DhtBus, idsOf } from "../support/dht_bus.ts";
import { mintIdentity } from "../support/minted_identity.ts";
import { idFrom } from "../support/dht_parts.ts";
import { expect, test } from "../support/harness.ts";

const KEY = idFrom("5eed");
/** First four bytes of an id that could hardly be nearer to KEY. */
const NEAR = 0x5eed0000;

function swarm(nodes: number, options: Partial<DhtBus["options"]> = {}): DhtBus {
  const bus = new DhtBus({ seed: 0xbad, ...options });
  bus.grow(nodes);
  bus.run(20_000);
  return bus;
}

function lookUp(bus: DhtBus, node: BusNode, ask: "nodes" | "providers" = "nodes") {
  const id =
    (ask === "nodes"
      ? node.dht.findNodes(KEY, bus.now)
      : node.dht.findProviders(KEY, bus.now)) as number;
  node.turn();
  bus.runUntil(() => node.outcomes.has(id), 60_000);
  const found = (node.providers.get(id) ?? []).map(({ publicKey }) => toHex(publicKey));
  return { outcome: node.outcomes.get(id) as LookupOutcome, found };
}

/** Puts these contacts into every answer of a node, first. */
function poison(node: BusNode, contacts: () => Contact[]): void {
  node.tamper = (message: Message) =>
    message.type === "NODES" || message.type === "PROVIDERS"
      ? { ...message, contacts: [...contacts(), ...message.contacts].slice(0, 16) }
      : message;
}

test("inventions that nobody answers for cost time, not the result", () => {
  const bus = swarm(30);
  const random = bus.random.split("inventions");
  for (const liar of [3, 9, 14, 20]) {
    poison(bus.node(liar), () =>
      Array.from({ length: 8 }, (_, i) => ({
        publicKey: randomBytes(random, 32) as PublicKey,
        idNonce: 1n,
        idPrefix: NEAR + i,
        address: { ip: `99.${random.u32() & 255}.1.1`, port: 4001 },
      })));
  }
  const { outcome } = lookUp(bus, bus.node(0));
  expect(idsOf(outcome.closest)).toEqual(bus.closest(KEY, 16, bus.node(0)));
  expect(outcome.rounds.length).toBeLessThanOrEqual(24);
  expect(outcome.asked).toBeLessThanOrEqual(192);
});

test("an endless chain of nodes that answer with ever nearer inventions ends", () => {
  const bus = swarm(12);
  // Every sybil answers, names two more, and its claim of place is false.
  const random = bus.random.split("sybils");
  let count = 0;
  const sybil = (): BusNode => {
    const identity = mintIdentity(random);
    const node = bus.add({ identity: { ...identity, idNonce: identity.idNonce + 1n } });
    count++;
    poison(node, () => [sybil(), sybil()].map(asContact));
    return node;
  };
  const asContact = (node: BusNode): Contact => ({
    publicKey: node.identity.publicKey,
    idNonce: node.identity.idNonce,
    idPrefix: (NEAR | (0xffff >> Math.min(count >> 1, 15))) >>> 0,
    address: node.address,
  });
  poison(bus.node(3), () => [asContact(sybil())]);
  const seeker = bus.node(0);
  const { outcome } = lookUp(bus, seeker);
  expect(outcome.rounds.length).toBeLessThanOrEqual(24);
  expect(outcome.asked).toBeLessThanOrEqual(192);
  const honest = new Set(bus.nodes.slice(0, 12).map(({ identity }) => toHex(identity.nodeId)));
  for (const id of idsOf(outcome.closest)) expect(honest.has(id)).toBe(true);
  // Those that showed a false claim of their own are cut off.
  expect(seeker.dht.stats().peersBlamed).toBeGreaterThan(0);
});

test("a node that tells false places of honest nodes is found out, they are not harmed", () => {
  const bus = swarm(30);
  const liar = bus.node(3);
  // Far nodes told as near ones, with their true nonces and with false ones.
  const far = bus.nodes.filter((node) => node !== liar)
    .sort((a, b) => -compareDistance(KEY, a.identity.nodeId, b.identity.nodeId)).slice(0, 8);
  poison(liar, () =>
    far.map((node, i) => ({
      publicKey: node.identity.publicKey,
      idNonce: i % 2 === 0 ? node.identity.idNonce : node.identity.idNonce + 77n,
      idPrefix: NEAR + i,
      address: node.address,
    })));
  // A newcomer knows none of them, so that it has to rely on what it is told.
  const seeker = bus.add();
  seeker.join(liar, bus.node(5));
  bus.run(10_000);
  const { outcome } = lookUp(bus, seeker);
  const liarId = toHex(liar.identity.nodeId);
  const others = (ids: readonly string[]) => ids.filter((id) => id !== liarId).slice(0, 15);
  expect(others(idsOf(outcome.closest))).toEqual(others(bus.closest(KEY, 17, seeker)));
  const blamed = seeker.effects.flatMap((effect) =>
    effect.kind === "peer_blamed" ? [toHex(effect.publicKey)] : []
  );
  expect(blamed).toEqual([toHex(liar.identity.publicKey)]);
  expect(seeker.dht.isBanned(liar.identity.publicKey, bus.now)).toBe(true);
});

test("sybils without work around a key cannot hide its record", () => {
  const bus = swarm(30);
  const random = bus.random.split("crowd");
  const publisher = bus.node(2);
  publisher.publish(KEY);
  bus.run(5000);
  publisher.held.clear();
  const crowd = Array.from({ length: 20 }, () => {
    const identity = mintIdentity(random);
    const node = bus.add();
    node.shownNonce = identity.idNonce + 1n; // no work of its own
    node.tamper = (message) =>
      message.type === "PROVIDERS" ? { ...message, providers: [], contacts: [] } : message;
    return node;
  });
  for (const honest of bus.nodes.slice(0, 30)) {
    if (honest === publisher) continue;
    poison(honest, () =>
      crowd.slice(0, 8).map((node, i) => ({
        publicKey: node.identity.publicKey,
        idNonce: node.shownNonce ?? 0n,
        idPrefix: NEAR + i,
        address: node.address,
      })));
  }
  const seeker = bus.add();
  seeker.join(bus.node(5));
  bus.run(10_000);
  const { found } = lookUp(bus, seeker, "providers");
  expect(found).toContain(toHex(publisher.identity.publicKey));
});

test("a flood of records from one identity fills its share and no more", () => {
  const base = dhtConfig(false);
  const config = { ...base, records: { ...base.records, perIdentity: 500 } };
  const bus = swarm(3, { config });
  const [victim, flooder, honest] = [bus.node(0), bus.node(1), bus.node(2)];
  const peer = { ...flooder.target, idNonce: flooder.identity.idNonce, rank: 0 };
  for (let i = 0; i < 100; i++) {
    const keys = Array.from({ length: KEYS_MAX }, () => randomBytes(bus.random, 20));
    const message: Message = {
      type: "ANNOUNCE",
      requestId: i,
      keys,
      ttl: 86_400,
      kind: 4,
      recordFlags: 0,
      source: new Uint8Array(),
    };
    victim.dht.handleInput({ kind: "message", from: peer, message }, bus.now);
    victim.turn();
  }
  expect(victim.dht.stats()).toMatchObject({ providerRecords: 500, recordsRefused: 4300 });
  honest.publish(KEY);
  bus.run(2000);
  expect(honest.plan.holders(KEY)).toBe(2);
});

test("a flood of questions from strangers costs a bounded number of pings and checks", () => {
  const bus = swarm(3);
  const victim = bus.node(0);
  const before = victim.dht.stats();
  for (let i = 0; i < 5000; i++) {
    const publicKey = randomBytes(bus.random, 32) as PublicKey;
    const from = { publicKey, address: { ip: "99.1.1.1", port: 4001 }, idNonce: 1n, rank: 0 };
    const message: Message = { type: "FIND_NODE", requestId: i, target: KEY, want: 3 };
    victim.dht.handleInput({ kind: "message", from, message }, bus.now);
  }
  const { requestsSent, requestsInFlight, checksAsked } = victim.dht.stats();
  expect(requestsSent - before.requestsSent).toBeLessThanOrEqual(256);
  expect(requestsInFlight).toBeLessThanOrEqual(256 + before.requestsInFlight);
  expect(checksAsked).toBe(before.checksAsked); // nobody who has not answered is checked
  victim.turn();
  bus.run(10_000);
  expect(victim.dht.contactCount).toBe(2);
});

test("answers nobody asked for change nothing", () => {
  const bus = swarm(5);
  const victim = bus.node(0);
  const before = victim.dht.stats();
  const random = bus.random.split("unasked");
  for (let i = 0; i < 2000; i++) {
    const stranger = bus.node(1 + i % 4);
    const from = { ...stranger.target, idNonce: stranger.identity.idNonce, rank: 0 };
    const contacts: Contact[] = [{
      publicKey: randomBytes(random, 32) as PublicKey,
      idNonce: 1n,
      idPrefix: NEAR,
      address: { ip: "99.1.1.1", port: 4001 },
    }];
    const message: Message = { type: "NODES", requestId: random.u32(), contacts };
    victim.dht.handleInput({ kind: "message", from, message }, bus.now);
    expect(victim.dht.pollEffect()).toBeUndefined();
  }
  expect(victim.dht.stats()).toEqual({
    ...before,
    repliesUnexpected: before.repliesUnexpected + 2000,
  });
});
