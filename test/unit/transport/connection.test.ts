import { type Instant, SeededRandom } from "../../../src/lib/mod.ts";
import {
  Connection,
  createBudgets,
  FETCH_STATUS,
  NO_STANDING,
} from "../../../src/transport/mod.ts";
import {
  AckRanges,
  drop,
  encodeAck,
  encodeMsg,
  encodePathChallenge,
  encodePing,
  readFrames,
  SLICE_BYTES,
} from "../../../src/wire/mod.ts";
import { recordingHandler } from "../../support/frame_recorder.ts";
import { expect, test } from "../../support/harness.ts";
import { NullSealer, openNull } from "../../support/null_sealer.ts";
import { TransportPair } from "../../support/transport_pair.ts";

const at = (ms: number) => ms as Instant;
const LINK = { delay: { kind: "fixed", ms: 20 } } as const;

function lone(config = {}) {
  const budgets = createBudgets();
  const connection = new Connection({
    sealer: new NullSealer(),
    random: new SeededRandom(1),
    maxDatagramBytes: 1_472,
    now: at(0),
    budgets,
    config,
  });
  const slab = new Uint8Array(2_000);
  const transmit = (now: number) => {
    const bytes = connection.pollTransmit(at(now), slab, 0);
    if (bytes === 0) return undefined;
    const { handler, seen } = recordingHandler();
    readFrames(openNull(slab.subarray(0, bytes))?.payload ?? new Uint8Array(), handler);
    return seen.map((call) => call[0]);
  };
  const packet = (write: (out: Uint8Array, at: number) => number) => {
    const out = new Uint8Array(1_200);
    return out.slice(0, write(out, 0));
  };
  return { connection, budgets, transmit, packet };
}

test("messages of every length arrive once, in both directions", () => {
  const pair = new TransportPair({ seed: 1, link: LINK });
  const lengths = [1, 1_163, 1_164, 5_000, 65_535];
  for (const length of lengths) {
    expect(pair.a.connection.sendMessage(new Uint8Array(length).fill(length), pair.now)).toBe(true);
    pair.b.connection.sendMessage(new Uint8Array(length).fill(1), pair.now);
  }
  pair.run(() => pair.b.events.length === 5 && pair.a.events.length === 5, 5_000);
  const got = pair.b.eventsOf("message").map(({ bytes }) => bytes);
  expect(got.map((bytes) => bytes.length).sort((x, y) => x - y)).toEqual(lengths);
  for (const bytes of got) expect(bytes.every((byte) => byte === bytes.length % 256)).toBe(true);
  pair.run(() => pair.a.connection.isIdle && pair.b.connection.isIdle, 5_000);
  expect([pair.a.connection.isIdle, pair.b.connection.isIdle]).toEqual([true, true]);
});

test("answers arrive in packets that nobody acknowledges; one too long is a message", () => {
  const pair = new TransportPair({ seed: 1, link: LINK });
  const lengths = [1, 1_169, 5_000];
  for (const length of lengths) pair.a.connection.sendAnswer(new Uint8Array(length), pair.now);
  pair.turn();
  pair.run(() => pair.now > 500, 501);
  const arrived = pair.b.events.flatMap((e) => e.kind === "message" ? [e.bytes.length] : []);
  expect(arrived).toEqual(lengths);
  const before = pair.b.sentDatagrams;
  pair.a.connection.sendAnswer(new Uint8Array(900), pair.now);
  pair.turn();
  pair.run(() => pair.now > 1_000, 1_001);
  expect([pair.b.events.length, pair.b.sentDatagrams]).toEqual([4, before]);
  pair.a.connection.close(0, pair.now);
  expect(pair.a.connection.sendAnswer(new Uint8Array(9), pair.now)).toBe(false);
});

test("a fetch is answered, refused or cancelled", () => {
  const pair = new TransportPair({ seed: 1, link: LINK });
  const { a, b } = pair;
  const fetch = (idByte: number, into: Uint8Array, bitmap: number) =>
    b.connection.startFetch(
      { id: new Uint8Array(20).fill(idByte), bitmap, maxPrice: 0, into },
      pair.now,
    ) ?? -1;
  a.onEvent = (event, now) => {
    if (event.kind !== "fetch_requested") return;
    const { requestId } = event;
    if (event.id[0] === 1) {
      const info = { status: FETCH_STATUS.ok, chunkLength: 1_000, queueMs: 3 };
      a.connection.fetchInfo(requestId, info, now);
      a.connection.provideSlice(requestId, 0, new Uint8Array(1_000).fill(5), now);
    }
    if (event.id[0] === 2) {
      const info = { status: FETCH_STATUS.unknown, chunkLength: 0, queueMs: 0 };
      a.connection.fetchInfo(requestId, info, now);
    }
  };
  const into = new Uint8Array(1_000);
  const [good, unknown, unanswered] = [fetch(1, into, 1), fetch(2, into, 1), fetch(3, into, 1)];
  pair.run(() => a.events.length >= 3 && b.events.length >= 3, 1_000);
  const standing = NO_STANDING;
  expect(b.events).toEqual([
    { kind: "fetch_info", requestId: good, status: 0, chunkLength: 1_000, queueMs: 3, standing },
    { kind: "fetch_info", requestId: unknown, status: 1, chunkLength: 0, queueMs: 0, standing },
    { kind: "slice_received", requestId: good, slice: 0 },
  ]);
  expect(into.every((byte) => byte === 5)).toBe(true);
  b.connection.cancelFetch(unanswered, pair.now);
  pair.run(() => a.eventsOf("fetch_cancelled").length > 0, 1_000);
  expect(a.eventsOf("fetch_cancelled")).toEqual([
    { kind: "fetch_cancelled", requestId: unanswered },
  ]);
  expect(a.connection.provideSlice(unanswered, 0, into, pair.now)).toBe(false);
  expect(b.budgets.receive.usedBytes).toBe(0);
});

test("who has said all and heard all waits for nothing but the end of the idle time", () => {
  const pair = new TransportPair({ seed: 1, link: LINK });
  const { a } = pair;
  for (let i = 0; i < 8; i++) a.connection.sendMessage(new Uint8Array(20_000), pair.now);
  pair.run(() => a.connection.isIdle, 5_000);
  expect((a.connection.nextTimeout() ?? 0) - pair.now).toBeGreaterThan(50_000);
});

test("close() tells the peer, gives memory back and silences the connection", () => {
  const pair = new TransportPair({ seed: 1, link: LINK });
  const { a, b } = pair;
  const into = new Uint8Array(SLICE_BYTES);
  const request = { id: new Uint8Array(20), bitmap: 1, maxPrice: 0, into };
  b.connection.startFetch(request, pair.now);
  pair.run(() => a.events.length > 0, 1_000);
  a.connection.provideSlice(0, 0, new Uint8Array(SLICE_BYTES), pair.now);
  b.connection.close(3, pair.now);
  pair.run(() => a.connection.isClosed, 1_000);
  expect(b.events.at(-1)).toEqual({ kind: "closed", reason: "local", code: 3 });
  expect(a.events.at(-1)).toEqual({ kind: "closed", reason: "peer", code: 3 });
  expect(b.budgets.receive.usedBytes).toBe(0);
  expect(b.connection.startFetch(request, pair.now)).toBeUndefined();
  expect(b.connection.sendMessage(into, pair.now)).toBe(false);
  expect([b.connection.fetchRoom(), a.connection.sliceRoom()]).toEqual([0, 0]);
  expect([a.connection.isIdle, b.connection.isIdle]).toEqual([true, true]);
  pair.run(() => a.connection.isDrained && b.connection.isDrained, 5_000);
  expect([a.connection.isDrained, b.connection.isDrained]).toEqual([true, true]);
  expect(a.connection.nextTimeout()).toBeUndefined();
  expect(pair.onTheWay).toBe(0);
});

test("a CLOSE that was lost is said again to whoever still sends, ever more rarely", () => {
  const { connection, packet, transmit } = lone();
  connection.close(0, at(0));
  expect(transmit(0)).toEqual(["onClose"]);
  expect(transmit(0)).toBeUndefined();
  let said = 0;
  for (let number = 0; number < 100; number++) {
    connection.handlePacket(number, packet(encodePing), at(1));
    if (transmit(1) !== undefined) said++;
  }
  expect(said).toBe(7); // at 1, 2, 4, … 64
});

test("frames that break the protocol close the connection with its code", () => {
  const ack = new AckRanges();
  ack.last[0] = 5;
  ack.count = 1;
  const wrong: [Uint8Array, string, number][] = [
    [new Uint8Array(0), "bad_frame", 1],
    [Uint8Array.of(11), "unknown_frame", 1],
    [lone().packet((out, at) => encodeAck(ack, out, at, 100)), "unexpected", 1],
  ];
  for (const [payload, reason, code] of wrong) {
    const { connection, transmit } = lone();
    expect(connection.handlePacket(0, payload, at(0))?.drop).toBe(reason as "bad_frame");
    expect(connection.pollEvent()).toEqual({ kind: "closed", reason: "protocol", code });
    expect(transmit(0)).toEqual(["onClose"]);
  }
});

test("a peer beyond its bounds is closed with code limit", () => {
  const { connection, packet } = lone();
  const long = new Uint8Array(2_000);
  for (let id = 0; id <= 64; id++) {
    connection.handlePacket(id, packet((out, to) => encodeMsg(id, long, 0, 100, out, to)), at(0));
  }
  expect(connection.pollEvent()).toEqual({ kind: "closed", reason: "protocol", code: 2 });
});

test("a packet without room for it is not acknowledged, and closes nothing", () => {
  const { connection, budgets, packet, transmit } = lone();
  budgets.partialMessages.take(budgets.partialMessages.limitBytes);
  const part = packet((out, to) => encodeMsg(1, new Uint8Array(2_000), 0, 100, out, to));
  expect(connection.handlePacket(0, part, at(0))).toBe(drop("no_room"));
  expect([connection.isClosed, connection.nextTimeout()]).toEqual([false, at(300_000)]);
  expect(transmit(0)).toBeUndefined();
  budgets.partialMessages.release(budgets.partialMessages.limitBytes);
  expect(connection.handlePacket(1, part, at(0))).toBeUndefined();
});

test("a flood of messages that nobody reads is turned away unacknowledged", () => {
  const { connection, packet } = lone();
  const send = (number: number) =>
    connection.handlePacket(
      number,
      packet((out, to) => encodeMsg(number, Uint8Array.of(1), 0, 1, out, to)),
      at(0),
    );
  for (let number = 0; number < 4_096; number++) expect(send(number)).toBeUndefined();
  expect(send(4_096)).toBe(drop("no_room"));
  connection.pollEvent();
  expect(send(4_097)).toBeUndefined();
});

test("the same packet number again is refused, and its frames have no effect", () => {
  const { connection, packet } = lone();
  const message = packet((out, to) => encodeMsg(1, Uint8Array.of(1), 0, 1, out, to));
  expect(connection.handlePacket(7, message, at(0))).toBeUndefined();
  expect(connection.handlePacket(7, message, at(0))).toBe(drop("replayed"));
});

test("a challenge is echoed, a flood of them once per packet", () => {
  const { connection, packet, transmit } = lone();
  const challenge = packet((out, to) => encodePathChallenge(new Uint8Array(8).fill(9), out, to));
  for (let number = 0; number < 50; number++) connection.handlePacket(number, challenge, at(0));
  expect(transmit(0)).toEqual(["onAck", "onPathResponse"]);
  expect(transmit(0)).toBeUndefined();
});

test("a silent connection ends as idle after 5 min, an unanswered one as lost after 30 s", () => {
  const idle = lone();
  expect(idle.connection.nextTimeout()).toBe(at(300_000));
  idle.connection.handleTimeout(at(299_999));
  expect(idle.connection.isClosed).toBe(false);
  idle.connection.handleTimeout(at(300_000));
  expect(idle.connection.pollEvent()).toEqual({ kind: "closed", reason: "idle", code: 0 });
  expect(idle.transmit(300_000)).toBeUndefined();
  expect(idle.connection.isDrained).toBe(true);
  const lost = lone();
  lost.connection.sendMessage(Uint8Array.of(1), at(0));
  lost.transmit(0);
  let now = 0;
  for (let next = lost.connection.nextTimeout(); next !== undefined;) {
    now = next;
    lost.connection.handleTimeout(next);
    while (lost.transmit(next) !== undefined);
    next = lost.connection.nextTimeout();
  }
  expect(now).toBe(30_000);
  expect(lost.connection.pollEvent()).toEqual({ kind: "closed", reason: "lost", code: 0 });
  expect(lost.connection.stats()["ptos"]).toBe(6); // 0.3, 1, 2.3, 4.9, 10, 20 s
});

test("with a fetch open both sides stay awake through a long wait", () => {
  const pair = new TransportPair({ seed: 1, link: LINK });
  const request = { id: new Uint8Array(20), bitmap: 1, maxPrice: 0, into: new Uint8Array(10) };
  const requestId = pair.b.connection.startFetch(request, pair.now) ?? -1;
  pair.run(() => pair.now > 300_000, 300_001);
  expect([pair.a.connection.isClosed, pair.b.connection.isClosed]).toEqual([false, false]);
  expect(pair.b.sentDatagrams).toBeLessThan(160); // one PING in 2 s
  pair.b.connection.cancelFetch(requestId, pair.now);
  pair.turn();
  pair.run(() => pair.a.connection.isClosed && pair.b.connection.isClosed, 400_000);
  expect(pair.b.events.at(-1)).toMatchObject({ kind: "closed", reason: "idle" });
});

test("half a message that never goes on is a peer holding our memory", () => {
  const { connection, packet, budgets } = lone();
  const part = (offset: number) =>
    packet((out, to) => encodeMsg(1, new Uint8Array(2_000), offset, 100, out, to));
  connection.handlePacket(0, part(0), at(0));
  connection.handlePacket(1, part(100), at(30_000));
  for (let now = 31_000; now < 150_000; now += 1_000) {
    connection.handlePacket(now, packet(encodePing), at(now));
    connection.handleTimeout(at(now));
    expect(connection.isClosed).toBe(false);
  }
  connection.handleTimeout(at(150_000));
  expect(connection.pollEvent()).toEqual({ kind: "closed", reason: "protocol", code: 2 });
  expect(budgets.partialMessages.usedBytes).toBe(0);
});

test("a buffer too small for a packet gets none", () => {
  const { connection } = lone();
  connection.sendMessage(Uint8Array.of(1), at(0));
  expect(connection.pollTransmit(at(0), new Uint8Array(1_500), 301)).toBe(0);
  expect(connection.pollTransmit(at(0), new Uint8Array(1_500), 300)).toBeGreaterThan(0);
});
