import { Fifo, type Instant, SeededRandom } from "../../../src/lib/mod.ts";
import { ContactMemory } from "../../../src/transport/contact_memory.ts";
import { EndpointStats } from "../../../src/transport/endpoint_stats.ts";
import { type HandshakeNews, LinkSessions } from "../../../src/transport/link_sessions.ts";
import { LinkTable } from "../../../src/transport/link_table.ts";
import { createBudgets, type TransportEvent } from "../../../src/transport/mod.ts";
import type { PeerLink } from "../../../src/transport/peer_link.ts";
import { sessionOf } from "../../../src/transport/session.ts";
import { present, TEST_ADDRESS, testKey, testSession } from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;
const NEWS: HandshakeNews = {
  work: { idNonce: 7n, rankNonce: 0n, rank: 0 },
  datagramBytesMax: 1_472,
  roundTripMs: 40,
  observedAddress: undefined,
  askedUnproven: false,
};

function rig(sessionsMax = 9) {
  const random = new SeededRandom(1);
  const links = new LinkTable(random, createBudgets());
  const events = new Fifo<TransportEvent>();
  const stats = new EndpointStats();
  const sessions = new LinkSessions({ links, events, stats }, 65_535, sessionsMax);
  const contacts = new ContactMemory();
  const open = () => {
    const contact = present(contacts.of(testKey(random).publicKey));
    return links.open(contact, TEST_ADDRESS, true, at(0));
  };
  const session = (link: PeerLink) => {
    const { keys } = testSession(random);
    const id = links.freeConnectionId();
    return sessionOf<PeerLink>("initiator", keys, id, 99, link.contact.remote, TEST_ADDRESS);
  };
  return { links, events, stats, sessions, open, session };
}

test("a link that is up is told with what the handshake said, and has its round trip", () => {
  const { events, stats, sessions, open, session } = rig();
  const [measured, unmeasured] = [open(), open()];
  sessions.begin(measured, session(measured), NEWS, at(5));
  sessions.begin(unmeasured, session(unmeasured), { ...NEWS, roundTripMs: undefined }, at(5));
  const told = { kind: "connected", connection: measured.handle, work: NEWS.work };
  expect(events.shift()).toMatchObject({ ...told, initiatedByUs: true });
  expect([measured.info().smoothedRttMs, unmeasured.info().smoothedRttMs]).toEqual([40, undefined]);
  expect(stats.handshakesDone).toBe(2);
});

test("one session too many: the one silent for longest is closed", () => {
  const { sessions, open, session } = rig(2);
  const all = [open(), open(), open()];
  all.forEach((link, i) => sessions.begin(link, session(link), NEWS, at(i)));
  expect(all.map((link) => link.connection.isClosed)).toEqual([true, false, false]);
});

test("a link goes on under other keys, or gives way with its end told", () => {
  const { events, links, sessions, open, session } = rig();
  const link = open();
  sessions.begin(link, session(link), NEWS, at(0));
  const next = session(link);
  sessions.carryOn(link, next, at(1));
  expect([link.session, events.length]).toEqual([next, 1]);
  const successor = sessions.replace(link, TEST_ADDRESS, false, at(2));
  events.shift();
  expect(events.shift()).toMatchObject({ kind: "closed", reason: "replaced" });
  expect(links.ofKey(link.publicKey)).toBe(successor);
});
