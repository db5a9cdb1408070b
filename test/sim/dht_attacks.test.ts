/** What liars and floods may do to a DHT, and what they may not. */
import {
  compareDistance,
  dhtConfig,
  type DhtEffect,
  type LookupOutcome,
} from "../../src/dht/mod.ts";
import { type PublicKey, randomBytes, toHex } from "../../src/lib/mod.ts";
import {
  type Contact,
  encodeMessage,
  KEYS_MAX,
  type Message,
  REPLY_BYTES_MAX,
} from "../../src/wire/mod.ts";
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

test("on network main no private or loopback address is believed, dialled or told", () => {
  const bus = swarm(20);
  const inside = ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.1.1", "100.64.0.1", "::1"];
  const random = bus.random.split("inside");
  poison(bus.node(3), () =>
    inside.map((ip) => ({
      publicKey: randomBytes(random, 32) as PublicKey,
      idNonce: 1n,
      idPrefix: NEAR,
      address: { ip, port: 4001 },
    })));
  const told = new Set<string>();
  for (const node of bus.nodes) {
    node.onEffect = (effect) => {
      if (effect.kind === "send") told.add(effect.to.address.ip);
      if (effect.kind !== "reply" || node === bus.node(3)) return;
      if (!("contacts" in effect.message)) return;
      for (const { address } of effect.message.contacts) told.add(address.ip);
    };
  }
  const victim = bus.node(0);
  for (const ip of inside) {
    const from = { ...mintIdentity(random), address: { ip, port: 4001 }, rank: 0 };
    const message: Message = {
      type: "ANNOUNCE",
      requestId: 1,
      keys: [KEY],
      ttl: 86_400,
      kind: 4,
      recordFlags: 0,
      source: new Uint8Array(),
    };
    victim.dht.handleInput({ kind: "message", from, message }, bus.now);
    victim.turn();
  }
  const { outcome } = lookUp(bus, victim, "providers");
  expect(outcome.reason).toBe("converged");
  bus.run(60_000);
  for (const ip of inside) expect(told.has(ip)).toBe(false);
  for (const { address } of victim.providers.values().next().value ?? []) {
    expect(inside).not.toContain(address?.ip ?? "");
  }
}, 60_000);

test("a nonce that another key has earned gives no place", () => {
  const bus = swarm(20);
  const thief = bus.add();
  const owner = bus.node(4);
  thief.shownNonce = owner.identity.idNonce;
  thief.join(bus.node(0));
  bus.run(60_000);
  const id = toHex(thief.identity.publicKey);
  for (const node of bus.nodes) {
    if (node === thief) continue;
    expect(node.dht.contacts().map(({ publicKey }) => toHex(publicKey))).not.toContain(id);
  }
  expect(owner.dht.contactCount).toBeGreaterThan(10); // whose nonce it was suffers nothing
}, 60_000);

test("a flood of announces from one /24 gets that network's share of a key and no more", () => {
  const bus = swarm(3);
  const victim = bus.node(0);
  for (let i = 1; i < 200; i++) {
    const { publicKey, idNonce } = mintIdentity(bus.random);
    const from = { publicKey, idNonce, rank: 0, address: { ip: `99.1.1.${i}`, port: 4001 } };
    const message: Message = {
      type: "ANNOUNCE",
      requestId: i,
      keys: [KEY],
      ttl: 86_400,
      kind: 4,
      recordFlags: 0,
      source: new Uint8Array(),
    };
    victim.dht.handleInput({ kind: "message", from, message }, bus.now);
  }
  expect(victim.dht.stats().providerRecords).toBe(8);
  bus.node(2).publish(KEY);
  bus.run(5000);
  expect(bus.node(2).plan.holders(KEY)).toBe(2);
}, 60_000);

test("a liar cannot have a stranger flooded through lookups", () => {
  const bus = swarm(20);
  const random = bus.random.split("victims");
  const victim = "99.9.9.9";
  for (const liar of [3, 7, 11]) {
    poison(bus.node(liar), () =>
      Array.from({ length: 16 }, (_, i) => ({
        publicKey: randomBytes(random, 32) as PublicKey,
        idNonce: 1n,
        idPrefix: NEAR + i,
        address: { ip: i < 4 ? victim : `99.9.9.${i}`, port: 4001 },
      })));
  }
  const seeker = bus.node(0);
  const dialled: string[] = [];
  seeker.onEffect = (effect) => {
    if (effect.kind === "send") dialled.push(effect.to.address.ip);
  };
  lookUp(bus, seeker, "providers");
  // Two nodes of the address, each asked twice; eight of its /24.
  expect(dialled.filter((ip) => ip === victim).length).toBeLessThanOrEqual(4);
  expect(dialled.filter((ip) => ip.startsWith("99.9.9.")).length).toBeLessThanOrEqual(16);
}, 60_000);

test("a question is answered once, to where it came from, with a bounded number of bytes", () => {
  const bus = swarm(40);
  const server = bus.node(0);
  const asker = bus.node(5);
  const from = { ...asker.target, idNonce: asker.identity.idNonce, rank: 0 };
  const listing = { ttl: 0, kind: 1, recordFlags: 0, source: new Uint8Array() };
  const questions: Message[] = [
    { type: "PING", requestId: 1, seq: 1 },
    { type: "FIND_NODE", requestId: 2, target: KEY, want: 3 },
    { type: "GET_PROVIDERS", requestId: 3, key: KEY, max: 24, flags: 2, page: 0, ...listing },
    { type: "GET_RECORD", requestId: 4, key: KEY, minSeq: undefined },
  ];
  for (const question of questions) {
    server.dht.handleInput({ kind: "message", from, message: question }, bus.now);
    const sent: DhtEffect[] = [];
    for (let next = server.dht.pollEffect(); next !== undefined; next = server.dht.pollEffect()) {
      if (next.kind === "send" || next.kind === "reply") sent.push(next);
    }
    expect(sent).toHaveLength(1);
    const [answer] = sent;
    if (answer?.kind !== "reply") throw new Error("no answer");
    expect(answer.to.address).toEqual(asker.address);
    expect(encodeMessage(answer.message).length).toBeLessThanOrEqual(REPLY_BYTES_MAX);
  }
}, 60_000);
