import { type Instant, SeededRandom } from "../../../src/lib/mod.ts";
import { createBudgets } from "../../../src/transport/mod.ts";
import { ContactMemory } from "../../../src/transport/contact_memory.ts";
import { LinkTable } from "../../../src/transport/link_table.ts";
import { type Session, sessionOf } from "../../../src/transport/session.ts";
import type { PeerLink } from "../../../src/transport/peer_link.ts";
import { encodeNewCid, NEW_CID_FRAME } from "../../../src/wire/mod.ts";
import { present, TEST_ADDRESS, testKey, testSession } from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

function rig() {
  const random = new SeededRandom(1);
  const table = new LinkTable(random, createBudgets());
  const contacts = new ContactMemory();
  const open = (now = 0) => {
    const contact = present(contacts.of(testKey(random).publicKey));
    return table.open(contact, TEST_ADDRESS, true, at(now));
  };
  const session = (link: PeerLink): Session<PeerLink> => {
    const { keys } = testSession(random);
    const id = table.freeConnectionId();
    return sessionOf("initiator", keys, id, 99, link.contact.remote, TEST_ADDRESS);
  };
  return { table, open, session };
}

test("a link is found by handle and by key until it is closed", () => {
  const { table, open } = rig();
  const link = open();
  expect(table.get(link.handle)).toBe(link);
  expect(table.ofKey(link.publicKey)).toBe(link);
  link.connection.close(0, at(1));
  table.touch(link, at(1));
  expect([table.get(link.handle), table.ofKey(link.publicKey)]).toEqual([undefined, undefined]);
  expect(table.peekEventful()).toBe(link); // its last event is still to be told
});

test("a new session takes the place of the old one, by connection id", () => {
  const { table, open, session } = rig();
  const link = open();
  const first = session(link), second = session(link);
  table.use(link, first, at(0));
  expect(table.sessions.get(first.connectionId)?.owner).toBe(link);
  table.use(link, second, at(10));
  expect(table.sessions.get(first.connectionId)).toBeUndefined();
  expect(table.sessions.get(second.connectionId)).toBe(second);
  expect(table.established).toBe(1);
  table.forget(link);
  expect([table.sessions.size, table.established]).toEqual([0, 0]);
});

test("the peer gets four ids beyond the first, which go with the session", () => {
  const { table, open, session } = rig();
  const link = open();
  table.giveIds(link); // before the handshake is done there is nothing to give
  table.use(link, session(link), at(0));
  for (let i = 0; i < 2; i++) table.giveIds(link);
  expect([table.sessions.size, new Set(table.sessions.values()).size]).toEqual([5, 1]);
  table.use(link, session(link), at(10));
  expect(table.sessions.size).toBe(1);
  table.giveIds(link);
  table.forget(link);
  expect(table.sessions.size).toBe(0);
});

test("a peer heard under another id is followed as soon as it has given one to take", () => {
  const { table, open, session } = rig();
  const link = open();
  const its = session(link);
  const home = its.sealing.connectionId;
  table.use(link, its, at(0));
  table.giveIds(link);
  const [, , second = 0] = its.ids?.ours ?? []; // number 2
  table.heardUnder(second, link);
  expect(its.sealing.connectionId).toBe(home); // there is no other yet
  const writtenUnder = [1, 2].map((sequence) => {
    const payload = new Uint8Array(NEW_CID_FRAME.bytes);
    encodeNewCid({ sequence, connectionId: 1_000 + sequence }, payload, 0);
    link.connection.handlePacket(sequence, payload, at(1));
    link.heardFrom(link.address, payload.length, true, at(1));
    return its.sealing.connectionId;
  });
  expect(writtenUnder).toEqual([home, 1_002]);
});

test("a closed link with a session stays to answer stragglers, until it has drained", () => {
  const { table, open, session } = rig();
  const link = open();
  table.use(link, session(link), at(0));
  link.connection.close(0, at(1));
  table.touch(link, at(1));
  expect(table.ofKey(link.publicKey)).toBeUndefined();
  expect(table.get(link.handle)).toBe(link);
  const drainedAt = present(table.nextTimeout());
  for (const due of table.takeDue(drainedAt)) {
    due.handleTimeout(drainedAt);
    table.touch(due, drainedAt);
  }
  expect([table.get(link.handle), table.sessions.size]).toEqual([undefined, 0]);
});

test("a link with much to tell lets the others come in between", () => {
  const { table, open } = rig();
  const [noisy, quiet] = [open(), open()];
  table.touch(noisy, at(0));
  table.touch(quiet, at(0));
  let before = 0;
  for (; table.peekEventful() === noisy; before++) table.toldEvent(noisy);
  expect(before).toBe(16);
  table.toldEvent(quiet);
  table.dropEventful(quiet);
  expect(table.peekEventful()).toBe(noisy);
});

test("the least recently used link is the one not touched for longest, to the second", () => {
  const { table, open, session } = rig();
  const [a, b] = [open(), open()];
  table.use(a, session(a), at(0));
  table.use(b, session(b), at(0));
  expect(table.leastRecentlyUsed()).toBe(a);
  table.touch(a, at(500));
  expect(table.leastRecentlyUsed()).toBe(a);
  table.touch(a, at(1500));
  expect(table.leastRecentlyUsed()).toBe(b);
});

test("takeDue() gives each link once, though it is due again at once", () => {
  const { table, open, session } = rig();
  const link = open();
  table.use(link, session(link), at(0));
  table.touch(link, at(0));
  const due = present(table.nextTimeout());
  expect(table.takeDue(at(due - 1))).toEqual([]);
  expect(table.takeDue(due)).toEqual([link]);
  expect(table.takeDue(due)).toEqual([]);
});
