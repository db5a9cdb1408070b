import { type Instant, SeededRandom, type UnixMs } from "../../../src/lib/mod.ts";
import { writeCookie } from "../../../src/session/mod.ts";
import { ContactMemory } from "../../../src/transport/contact_memory.ts";
import { Dialer, drawConnectionId } from "../../../src/transport/dialer.ts";
import {
  type HandshakeMessage,
  readHandshakeFrames,
} from "../../../src/transport/handshake_frames.ts";
import { Outbox } from "../../../src/transport/outbox.ts";
import {
  accepted,
  NO_WORK,
  present,
  TEST_ADDRESS,
  TEST_NETWORK_ID,
  testKey,
  testReadInit,
  testResp,
} from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;
const FLAGS = { continues: false, standsBack: false };
const UNIX_MS = 1_700_000_000_000;

function rig() {
  const random = new SeededRandom(1);
  const identity = testKey(random), responder = testKey(random);
  const outbox = new Outbox();
  const early: HandshakeMessage[] = [];
  const dialer = new Dialer<string>({
    identity,
    networkId: TEST_NETWORK_ID,
    random,
    unixMs: () => UNIX_MS as UnixMs,
    datagramBytesMax: 1472,
    outbox,
    early: () => early,
  }, NO_WORK);
  const contact = present(new ContactMemory().of(responder.publicKey));
  const start = (now = 0, flags = FLAGS) =>
    dialer.start("peer", contact, TEST_ADDRESS, flags, at(now));
  const inits = () => {
    const packets: Uint8Array[] = [];
    for (let next = outbox.take(); next !== undefined; next = outbox.take()) {
      packets.push(next.packet);
    }
    return packets;
  };
  const resp = (init: Uint8Array) => testResp(responder, testReadInit(responder, init), random);
  return { random, responder, dialer, contact, start, inits, resp, early };
}

test("a start at a fraction of a millisecond never makes an INIT due again at once", () => {
  for (let i = 0; i < 300; i++) {
    const { dialer, start, inits } = rig();
    start(1_000 / 3 + i * 0.7071067811865476 + i ** 3 * 1e-7);
    for (let sent = 1; sent <= 10; sent++) {
      expect(inits().length).toBe(1);
      const due = dialer.nextTimeout();
      if (due !== undefined) dialer.handleTimeout(due);
    }
    dialer.stop("peer");
  }
});

test("INITs follow the schedule; a sleeping machine sends one, not all that it missed", () => {
  const { dialer, start, inits } = rig();
  start();
  const sentAt = [0];
  for (let now = 0; now < 10_000; now += 50) {
    inits();
    const failed = dialer.handleTimeout(at(now));
    expect(failed).toEqual([]);
    if (inits().length > 0) sentAt.push(now);
    if (now === 2900) now += 3500;
  }
  expect(sentAt).toEqual([0, 300, 900, 1900, 2900, 6450, 6900, 7900, 8900, 9900]);
  expect(dialer.handleTimeout(at(10_000))).toEqual(["peer"]);
  expect([dialer.size, dialer.nextTimeout()]).toEqual([0, undefined]);
});

test("the answer to any INIT of an attempt is found and read; after stop() there is none", () => {
  const { dialer, start, inits, resp } = rig();
  start();
  const sent = inits();
  dialer.handleTimeout(at(300));
  const [first, second] = [...sent, ...inits()].map((init) => resp(init).packet);
  for (const packet of [present(second), present(first)]) {
    const answer = present(dialer.match(packet, 0, packet.length));
    expect([answer.kind, answer.length]).toEqual(["resp", packet.length]);
    const dialled = accepted(dialer.readResp(answer, packet, 0, at(340)));
    expect(dialled.attempt.owner).toBe("peer");
    expect(dialled.roundTripMs).toBe(packet === second ? 40 : 340);
    expect(dialled.attempt.contact.token).toEqual(new Uint8Array(16).fill(7));
  }
  dialer.stop("peer");
  expect(dialer.match(present(first), 0, present(first).length)).toBeUndefined();
});

test("a forged answer with the right tag fails and leaves the true one its place", () => {
  const { dialer, start, inits, resp } = rig();
  start();
  const { packet } = resp(present(inits()[0]));
  const forged = new Uint8Array(packet);
  forged[60] = (forged[60] ?? 0) ^ 1;
  const bad = present(dialer.match(forged, 0, forged.length));
  expect(dialer.readResp(bad, forged, 0, at(10))).toEqual({ drop: "auth_failed" });
  expect(dialer.match(packet.subarray(0, packet.length - 1), 0, packet.length - 1)).toBeUndefined();
  const good = present(dialer.match(packet, 0, packet.length));
  accepted(dialer.readResp(good, packet, 0, at(10)));
});

test("a COOKIE brings the next INIT at once, corrects the clock, and three are enough", () => {
  const { dialer, random, start, inits, responder, contact } = rig();
  start();
  for (let i = 0; i < 4; i++) {
    const init = present(inits().at(-1) ?? undefined);
    const { ephemeral } = testReadInit(responder, init);
    const theirs = (UNIX_MS + 3_600_000) as UnixMs;
    const cookie = writeCookie(responder.publicKey, ephemeral, new Uint8Array(16), theirs, random);
    const answer = present(dialer.match(cookie, 0, cookie.length));
    expect(answer.kind).toBe("cookie");
    const dropped = dialer.takeCookie(answer, cookie, 0, at(20));
    expect(dropped).toEqual(i < 3 ? undefined : { drop: "unexpected" });
    expect(contact.clockOffsetMs).toBe(3_600_000);
    expect(dialer.takeCookie(answer, cookie, 0, at(20))).toEqual({ drop: "unexpected" });
  }
  expect(inits()).toEqual([]);
});

test("standing back takes our INITs back; the next one leaves 0.5 to 1.5 s later", () => {
  const { dialer, start, inits, resp } = rig();
  start();
  const { packet } = resp(present(inits()[0]));
  dialer.standBack("peer", at(100));
  expect(dialer.match(packet, 0, packet.length)).toBeUndefined();
  const next = present(dialer.nextTimeout());
  expect(next).toBeGreaterThanOrEqual(600);
  expect(next).toBeLessThan(1600);
  dialer.handleTimeout(next);
  expect(inits().length).toBe(1);
  start(5000, { continues: true, standsBack: true });
  expect(inits().length).toBe(0);
  expect(present(dialer.nextTimeout())).toBeGreaterThanOrEqual(5500);
});

test("connection ids are never 0 … 15, which name packet types", () => {
  const draws = [3, 15, 0, 16];
  const random = { fill: () => undefined, u32: () => draws.shift() ?? 0 };
  expect(drawConnectionId(random)).toBe(16);
});

test("an INIT that waits for this turn's end is taken back by stop() and by standing back", () => {
  const { dialer, start, inits } = rig();
  start();
  dialer.standBack("peer", at(0));
  expect(inits()).toEqual([]);
  dialer.handleTimeout(present(dialer.nextTimeout()));
  dialer.stop("peer");
  expect(inits()).toEqual([]);
  start(20_000);
  expect(inits().length).toBe(1);
});

test("what is asked before the turn's end rides in each INIT, by what its proof shows", () => {
  const { dialer, start, inits, early, contact, responder } = rig();
  start();
  early.push({ id: 3, bytes: Uint8Array.of(1, 2, 3) });
  const [first] = inits();
  dialer.handleTimeout(at(300));
  const [second] = inits();
  for (const init of [first, second]) {
    const { frames } = testReadInit(responder, present(init));
    expect(readHandshakeFrames(frames)).toEqual({ continues: false, messages: early });
  }
  contact.token = new Uint8Array(16);
  dialer.handleTimeout(at(900));
  start(1_000, { continues: true, standsBack: false });
  const renewal = testReadInit(responder, present(inits()[0]));
  expect(readHandshakeFrames(renewal.frames)).toEqual({ continues: true, messages: [] });
});
