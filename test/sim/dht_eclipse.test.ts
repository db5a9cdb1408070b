/** Who crowds around a key, to hide what lies there. */
import { prefix32 } from "../../src/dht/distance.ts";
import { commonPrefixLength, toHex } from "../../src/lib/mod.ts";
import type { Contact } from "../../src/wire/mod.ts";
import { type BusNode, DhtBus } from "../support/dht_bus.ts";
import { mintIdentity } from "../support/minted_identity.ts";
import { idFrom } from "../support/dht_parts.ts";
import { expect, test } from "../support/harness.ts";

const KEY = idFrom("5eed");

function swarm(nodes: number): DhtBus {
  const bus = new DhtBus({ seed: 0xbad });
  bus.grow(nodes, 20);
  bus.run(20_000);
  return bus;
}

/** Hex keys of the providers of KEY that a node finds. */
function providersOf(bus: DhtBus, node: BusNode): string[] {
  const id = node.dht.findProviders(KEY, bus.now) as number;
  node.turn();
  bus.runUntil(() => node.outcomes.has(id), 60_000);
  return (node.providers.get(id) ?? []).map(({ publicKey }) => toHex(publicKey));
}

/** 16 nodes with true claims, all nearer to KEY than any honest one, each in a /24 of its own. They
 * answer with each other, promise to keep records and tell none. */
function crowd(bus: DhtBus): BusNode[] {
  const random = bus.random.split("crowd around the key");
  const nearest = Math.max(
    ...bus.nodes.map(({ identity }) => commonPrefixLength(identity.nodeId, KEY)),
  );
  const isNearer = (id: Uint8Array) => commonPrefixLength(id, KEY) > nearest;
  const sybils = Array.from(
    { length: 16 },
    () => bus.add({ identity: mintIdentity(random, isNearer) }),
  );
  const contacts = sybils.map(({ identity, address }): Contact => ({
    publicKey: identity.publicKey,
    idNonce: identity.idNonce,
    idPrefix: prefix32(identity.nodeId),
    address,
  }));
  for (const sybil of sybils) {
    sybil.join(bus.node(1));
    sybil.tamper = (message) => {
      if (message.type === "NODES") return { ...message, contacts };
      if (message.type === "PROVIDERS") return { ...message, contacts, providers: [] };
      if (message.type === "RECORD") {
        return { ...message, contacts, record: new Uint8Array(), seq: undefined };
      }
      return message;
    };
  }
  bus.run(30_000);
  return sybils;
}

test("16 sybils around a key hide neither what was there before them nor what comes after", () => {
  const bus = swarm(40);
  const [before, after] = [bus.node(2), bus.node(3)];
  before.publish(KEY);
  bus.run(5000);
  before.held.clear();
  const sybils = new Set(crowd(bus));
  after.publish(KEY);
  bus.run(5000);
  after.held.clear();
  for (const seeker of bus.nodes.slice(10, 30)) {
    if (sybils.has(seeker)) continue;
    const found = providersOf(bus, seeker);
    for (const { identity } of [before, after]) {
      expect(found).toContain(toHex(identity.publicKey));
    }
  }
}, 60_000);
