import { type Instant, SeededRandom, type UnixMs } from "../../../src/lib/mod.ts";
import type { InitFields } from "../../../src/session/mod.ts";
import { ContactMemory } from "../../../src/transport/contact_memory.ts";
import { ENDPOINT_LIMITS } from "../../../src/transport/mod.ts";
import { Outbox } from "../../../src/transport/outbox.ts";
import { HALF_OPEN_MS, Responder } from "../../../src/transport/responder.ts";
import { encodePing, isDrop } from "../../../src/wire/mod.ts";
import {
  accepted,
  NO_WORK,
  present,
  TEST_ADDRESS,
  TEST_NETWORK_ID,
  testInit,
  testKey,
} from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;
const UNIX_MS = 1_700_000_000_000;

function rig() {
  const random = new SeededRandom(1);
  const us = testKey(random), peer = testKey(random);
  const outbox = new Outbox();
  let unixMs = UNIX_MS;
  const responder = new Responder<string>({
    identity: us,
    networkId: TEST_NETWORK_ID,
    random,
    unixMs: () => unixMs as UnixMs,
    now: at(0),
    datagramBytesMax: 1472,
    exemptPrivateAddresses: false,
    isRefused: () => false,
    limits: { ...ENDPOINT_LIMITS, halfOpenPerKeyMax: 2 },
    contacts: new ContactMemory(),
    outbox,
  }, NO_WORK);
  const receive = (packet: Uint8Array, now = 10) =>
    responder.receive(packet, 0, packet.length, TEST_ADDRESS, at(now));
  const init = (fields: Partial<InitFields> = {}) =>
    testInit(peer, us, random, { timeStampMs: UNIX_MS + 1, ...fields }).packet;
  const setClock = (ms: number) => unixMs = ms;
  return { random, us, peer, outbox, responder, receive, init, setClock };
}

test("a fresh INIT is accepted, answered once and half-open for ten seconds", () => {
  const { responder, receive, init, outbox } = rig();
  const packet = init();
  const received = accepted(receive(packet));
  expect(receive(packet)).toEqual({ drop: "replayed" }); // before it is answered, too
  const { session, freed, packet: resp } = present(
    responder.answer(received, false, [], 77, at(10)),
  );
  expect([session.connectionId, freed]).toEqual([77, []]);
  expect(resp.length).toBeLessThanOrEqual(3 * packet.length);
  expect(responder.isExpecting(received.publicKey)).toBe(true);
  expect(receive(packet)).toEqual({ drop: "replayed" });
  expect(responder.nextTimeout()).toBe(at(10 + HALF_OPEN_MS));
  expect(responder.handleTimeout(at(9 + HALF_OPEN_MS))).toEqual([]);
  expect(responder.handleTimeout(at(10 + HALF_OPEN_MS))).toEqual([77]);
  expect([responder.size, responder.isExpecting(received.publicKey)]).toEqual([0, false]);
  expect(outbox.size).toBe(0);
});

test("an INIT with a stale stamp costs a COOKIE of 62 bytes and no state", () => {
  const { responder, receive, init, outbox } = rig();
  expect(receive(init({ timeStampMs: UNIX_MS - 1 }))).toEqual({ drop: "stale" });
  expect(present(outbox.take()).packet.length).toBe(62);
  expect(responder.size).toBe(0);
});

test("our own key, and frames that may not be in an INIT, are met with silence", () => {
  const { us, random, receive, init, outbox } = rig();
  const mirror = testInit(us, us, random, { timeStampMs: UNIX_MS + 1 }).packet;
  expect(receive(mirror)).toEqual({ drop: "unexpected" });
  const ping = new Uint8Array(1);
  encodePing(ping, 0);
  expect(receive(init({ frames: ping }))).toEqual({ drop: "unexpected" });
  expect(outbox.size).toBe(0);
});

test("per key the oldest half-open session gives way; release() frees them all", () => {
  const { responder, receive, init } = rig();
  const freed = [1, 2, 3].map((i) => {
    const received = accepted(receive(init({ timeStampMs: UNIX_MS + i })));
    return present(responder.answer(received, false, [], 100 + i, at(10))).freed;
  });
  expect(freed).toEqual([[], [], [101]]);
  const { publicKey } = present(responder.halfOpenOf(102)).session.remote;
  expect(responder.release(publicKey)).toEqual([102, 103]);
  expect(responder.nextTimeout()).toBeUndefined();
});

test("above the burst of one address a COOKIE is asked for before any DH", () => {
  const { receive, init, outbox, responder } = rig();
  const verdicts = Array.from({ length: 8 }, (_, i) => receive(init({ timeStampMs: UNIX_MS + i })));
  expect(verdicts.filter((verdict) => !isDrop(verdict)).length).toBe(5);
  expect(verdicts.at(-1)).toEqual({ drop: "limit" });
  expect(outbox.size).toBe(3);
  expect(responder.size).toBe(0); // none was answered by us
});
