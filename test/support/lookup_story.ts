import { dhtConfig, type DhtEffect } from "../../src/dht/mod.ts";
import { toHex } from "../../src/lib/mod.ts";
import type { Message } from "../../src/wire/mod.ts";
import { type BusNode, DhtBus } from "./dht_bus.ts";
import { idFrom } from "./dht_parts.ts";

const NAMES = [
  "ada",
  "bo",
  "cleo",
  "dan",
  "eve",
  "finn",
  "gus",
  "hana",
  "ivo",
  "june",
  "kim",
  "leo",
];

/** A small world with k = 3 and alpha = 2, so that a lookup fits on a page. */
function smallWorld(): DhtBus {
  const base = dhtConfig(false);
  const config = {
    ...base,
    k: 3,
    regionWidth: 6,
    lookup: { ...base.lookup, width: 3, alpha: 2 },
    table: { ...base.table, k: 3, firstBuckets: [3] },
  };
  return new DhtBus({ seed: 21, delayMs: [20, 20], checkMs: 3, config });
}

const short = (id: Uint8Array): string => toHex(id).slice(0, 4);

/** A lookup told line by line: what the seeker sends, hears and concludes. */
export function lookupStory(): string {
  const bus = smallWorld();
  const nameOf = (node: BusNode | undefined) => NAMES[bus.nodes.indexOf(node as BusNode)] ?? "?";
  const nameOfKey = (key: Uint8Array) =>
    nameOf(bus.nodes.find((node) => toHex(node.identity.publicKey) === toHex(key)));
  bus.grow(NAMES.length - 1, 300);
  bus.run(20_000);

  const key = idFrom("5eed");
  const publisher = bus.node(3);
  publisher.publish(key);
  bus.run(5000);
  publisher.held.clear(); // so that it does not name itself: the records must do
  const storing = bus.nodes.filter((node) => node.dht.stats().providerRecords > 0);

  // The seeker knows next to nobody, and one of those that store the record has just died.
  const seeker = bus.add();
  const contact = bus.node(7);
  const dead = storing[0];
  if (dead === undefined) throw new Error("nobody stores the record");
  dead.isUp = false;
  const lines = [
    "A lookup told as a story. k = 3, alpha = 2; 20 ms one way; ids by their first 16 bits.",
    "Written by test/golden/lookup.test.ts: UPDATE_GOLDEN=1 rewrites it, the diff is reviewed.",
    "",
    ...bus.nodes.map((node) => `${nameOf(node).padEnd(5)} ${short(node.identity.nodeId)}`),
    "",
    `${nameOf(publisher)} published 5eed; the record lies with ${storing.map(nameOf).join(", ")}.`,
    `${nameOf(dead)} has just died. ${nameOf(seeker)} came 200 ms ago and asks who has 5eed.`,
    "",
  ];
  seeker.dht.join([contact.target], [], bus.now);
  seeker.turn();
  bus.run(200);
  for (const node of bus.nodes) node.effects.length = 0;

  const start = bus.now;
  const tell = (text: string) => lines.push(`${String(bus.now - start).padStart(5)} ms  ${text}`);
  const say = (message: Message) => describe(message, nameOfKey);
  const asked = new Set<string>();
  bus.onMessage = (from, to, message) => {
    if (message.type !== "GET_PROVIDERS" && message.type !== "PROVIDERS") return; // housekeeping
    if (from === seeker) asked.add(nameOf(to));
    if (from === seeker) tell(`${nameOf(seeker)} → ${nameOf(to)}: ${say(message)}`);
    else if (to === seeker) {
      tell(`      ${nameOf(from)} → ${nameOf(seeker)}: ${say(message)} (sent)`);
    }
  };
  const id = seeker.dht.findProviders(key, bus.now) as number;
  seeker.onEffect = (effect) => {
    const text = conclude(effect, nameOfKey, asked);
    if (text !== undefined) tell(`      ${nameOf(seeker)} ${text}`);
  };
  seeker.turn();
  bus.runUntil(() => seeker.outcomes.has(id), 10_000);
  const outcome = seeker.outcomes.get(id);
  lines.push("");
  outcome?.rounds.forEach(({ asked, answered, ms }, i) =>
    lines.push(`round ${i + 1}: asked ${asked}, answered ${answered}, ${ms} ms`)
  );
  return `${lines.join("\n")}\n`;
}

function describe(message: Message, nameOf: (key: Uint8Array) => string): string {
  const contacts = (list: readonly { publicKey: Uint8Array; idPrefix: number }[]) =>
    list.map(({ publicKey, idPrefix }) =>
      `${nameOf(publicKey)} ${(idPrefix >>> 16).toString(16).padStart(4, "0")}`
    ).join(", ");
  switch (message.type) {
    case "GET_PROVIDERS":
      return `GET_PROVIDERS ${short(message.key)}`;
    case "PROVIDERS": {
      const providers = message.providers.map(({ publicKey, address }) =>
        `${nameOf(publicKey)} at ${address?.ip}`
      );
      return `PROVIDERS [${providers.join(", ")}], nodes [${contacts(message.contacts)}]`;
    }
    default:
      return message.type;
  }
}

function conclude(
  effect: DhtEffect,
  nameOf: (key: Uint8Array) => string,
  asked: ReadonlySet<string>,
): string | undefined {
  switch (effect.kind) {
    case "verify_work":
      if (!asked.has(nameOf(effect.publicKey))) return undefined;
      return `has the claim of ${nameOf(effect.publicKey)} checked`;
    case "contact_added":
      if (!asked.has(nameOf(effect.contact.publicKey))) return undefined;
      return `takes ${nameOf(effect.contact.publicKey)} into its table`;
    case "providers_found":
      return `found ${effect.providers.map(({ publicKey }) => nameOf(publicKey)).join(", ")}`;
    case "lookup_finished": {
      const closest = effect.outcome.closest.map(({ publicKey }) => nameOf(publicKey));
      return `is done: ${effect.outcome.reason}; the closest are ${closest.join(", ")}`;
    }
    default:
      return undefined;
  }
}
