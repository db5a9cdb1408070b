import { asKnown } from "../../../src/dht/context.ts";
import {
  at,
  contactFrom,
  contextFor,
  keyFrom,
  peerFrom,
  takeAll,
} from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

test("effects come out in order, each once", () => {
  const context = contextFor();
  context.emit({ kind: "joined", contacts: 1 });
  context.emit({ kind: "joined", contacts: 2 });
  expect(context.takeEffect()).toEqual({ kind: "joined", contacts: 1 });
  context.emit({ kind: "joined", contacts: 3 });
  expect(takeAll(context).map((effect) => effect.kind === "joined" && effect.contacts)).toEqual([
    2,
    3,
  ]);
});

test("contacts that come and go are told to the shell and, once, to the core's own parts", () => {
  const context = contextFor();
  const contact = asKnown(contactFrom("80"));
  context.emit({ kind: "contact_added", contact });
  context.emit({ kind: "joined", contacts: 1 });
  expect(context.takeContactNews()).toEqual([{ kind: "contact_added", contact }]);
  expect(context.takeContactNews()).toEqual([]);
  expect(takeAll(context)).toHaveLength(2);
});

test("ask() sends with a fresh id and enters the request", () => {
  const context = contextFor();
  context.ask({ type: "PING", seq: 1 }, peerFrom(1), { kind: "ping" }, at(0));
  const [effect] = takeAll(context);
  if (effect?.kind !== "send") throw new Error("nothing was sent");
  expect(effect.to).toEqual({ publicKey: keyFrom(1), address: peerFrom(1).address });
  expect(context.requests.settle(effect.message.requestId, keyFrom(1).toHex(), at(1)))
    .toBeDefined();
});

test("a claim is checked once", () => {
  const context = contextFor();
  context.check(keyFrom(1), 5n, "table", at(0));
  context.check(keyFrom(1), 5n, "lookup", at(0));
  expect(takeAll(context)).toEqual([
    { kind: "verify_work", publicKey: keyFrom(1), idNonce: 5n, purpose: "table" },
  ]);
});

test("the third lie and a false claim of one's own cut a node off, from the table too", () => {
  const context = contextFor();
  const contact = contactFrom("80");
  context.table.offer(contact);
  for (let i = 0; i < 3; i++) context.blameTellers([contact.key], at(0));
  context.blameTellers([contact.key], at(0));
  context.ban(keyFrom(77), at(0));
  context.ban(keyFrom(77), at(0));
  const { publicKey } = contact;
  expect(takeAll(context)).toEqual([
    { kind: "peer_blamed", publicKey, reason: "false_contacts" },
    { kind: "contact_removed", contact: asKnown(contact) },
    { kind: "peer_blamed", publicKey: keyFrom(77), reason: "false_claim" },
  ]);
  expect(context.table.size).toBe(0);
  expect(context.stats.peersBlamed).toBe(2);
});

test("times on the wire are unix seconds, within a u32 whatever the clock says", () => {
  const context = contextFor();
  context.wallOffsetMs = 1_767_225_600_000;
  expect(context.unixSeconds(at(1999))).toBe(1_767_225_601);
  context.wallOffsetMs = -1e15;
  expect(context.unixSeconds(at(0))).toBe(0);
  context.wallOffsetMs = 1e16;
  expect(context.unixSeconds(at(0))).toBe(2 ** 32 - 1);
});

test("neither we ourselves, nor banned nodes, nor forbidden addresses are welcome", () => {
  const context = contextFor();
  const contact = { ...asKnown(contactFrom("80")), idPrefix: 0 };
  const key = contact.publicKey.toHex();
  expect(context.isWelcome(contact, key, at(0))).toBe(true);
  expect(context.isWelcome(contact, context.selfKey, at(0))).toBe(false);
  const local = { ...contact, address: { ip: "10.0.0.1", port: 4001 } };
  expect(context.isWelcome(local, key, at(0))).toBe(false);
  context.ban(contact.publicKey, at(0));
  expect(context.isWelcome(contact, key, at(0))).toBe(false);
});
