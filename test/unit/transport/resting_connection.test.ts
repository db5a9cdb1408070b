import { type Instant, SeededRandom, utf8 } from "../../../src/lib/mod.ts";
import { Connection, createBudgets } from "../../../src/transport/mod.ts";
import {
  AckRanges,
  encodeAck,
  encodeFetch,
  encodeMsg,
  encodePing,
  SLICE_BYTES,
} from "../../../src/wire/mod.ts";
import { EndpointWorld } from "../../support/endpoint_world.ts";
import { present } from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";
import { NullSealer, openNull } from "../../support/null_sealer.ts";

const at = (ms: number) => ms as Instant;
const LINK = { delay: { kind: "fixed", ms: 20 } } as const;

function lone() {
  const options = {
    sealer: new NullSealer(),
    random: new SeededRandom(1),
    maxDatagramBytes: 1_472,
    budgets: createBudgets(),
  };
  const slab = new Uint8Array(2_000);
  const packet = (write: (out: Uint8Array, at: number) => number) => {
    const out = new Uint8Array(1_200);
    return out.slice(0, write(out, 0));
  };
  const transmit = (connection: Connection, now: number) => {
    const bytes = connection.pollTransmit(at(now), slab, 0);
    return bytes === 0 ? undefined : openNull(slab.subarray(0, bytes))?.packetNumber;
  };
  return { options, packet, transmit, connection: new Connection({ ...options, now: at(0) }) };
}

/** What a message that has come whole looks like. */
const msg = (id: number) => (out: Uint8Array, from: number) =>
  encodeMsg(id, utf8("hello"), 0, 5, out, from);

test("a connection rests after 3 s of silence, and not while anything is due", () => {
  const { connection, packet, transmit } = lone();
  connection.handlePacket(0, packet(msg(0)), at(100));
  expect(connection.restAt).toBeUndefined(); // an event and an ACK are due
  expect(connection.pollEvent()?.kind).toBe("message");
  connection.handleTimeout(at(130));
  expect(transmit(connection, 130)).toBe(0);
  expect(connection.restAt).toBe(at(3_130));
  expect(connection.rest(at(3_129))).toBeUndefined();
  connection.sendMessage(utf8("hello"), at(3_129));
  expect(connection.rest(at(3_130))).toBeUndefined();
});

test("numbers, ids and counters go on after a rest, and no message is taken twice", () => {
  const { options, connection, packet, transmit } = lone();
  for (const id of [0, 1]) connection.handlePacket(id, packet(msg(id)), at(id));
  for (let i = 0; i < 2; i++) connection.pollEvent();
  expect(transmit(connection, 2)).toBe(0);
  const { receivedBytes } = connection;
  const rested = present(connection.rest(at(3_002)));
  expect([rested.nextPacketNumber, rested.received]).toEqual([1, { first: 0, last: 1 }]);
  expect(rested.nextTimeout()).toBe(at(300_001)); // since the last packet came
  const woken = new Connection({ ...options, now: at(4_000), rested });
  expect(woken.receivedBytes).toBe(receivedBytes);
  woken.handlePacket(2, packet(msg(1)), at(4_000)); // its ACK had been lost
  expect(woken.pollEvent()).toBeUndefined();
  expect(woken.handlePacket(1, packet(encodePing), at(4_001))).toEqual({ drop: "replayed" });
  woken.handlePacket(3, packet(msg(2)), at(4_002));
  expect(woken.pollEvent()?.kind).toBe("message");
  expect([transmit(woken, 4_030), woken.stats()["sentPackets"]]).toEqual([1, 2]);
});

test("what bulk has taught is kept over a rest, what a few messages have is not", () => {
  for (const isBulk of [true, false]) {
    const { connection, packet, transmit } = lone();
    const fetch = { requestId: 0, id: new Uint8Array(20), bitmap: 1, maxPrice: 0 };
    const ask = (out: Uint8Array, from: number) => encodeFetch(fetch, out, from);
    connection.handlePacket(0, packet(isBulk ? ask : msg(0)), at(0));
    connection.pollEvent();
    if (isBulk) connection.refuseSlice(0, 0, 1, at(0));
    else connection.sendMessage(utf8("hello"), at(0));
    expect(transmit(connection, 0)).toBe(0);
    expect(connection.restAt).toBeUndefined(); // in flight
    const ack = new AckRanges();
    ack.count = 1;
    connection.handlePacket(1, packet((out, from) => encodeAck(ack, out, from, 1_200)), at(40));
    const rested = present(connection.rest(at(3_040)));
    expect([rested.smoothedRttMs, rested.bulk !== undefined]).toEqual([40, isBulk]);
  }
});

test("a connection that was closed does not rest", () => {
  const { connection } = lone();
  connection.close(0, at(31));
  expect(connection.rest(at(90_000))).toBeUndefined();
});

/** Two nodes whose sessions rest, and b's handle of a. */
function resting(seed: number) {
  const world = new EndpointWorld(seed, LINK);
  const a = world.node("203.0.113.1"), b = world.node("203.0.113.2");
  const handle = a.connect(b);
  world.run(6_000);
  return { world, a, b, handle, atB: present(b.ofKind("connected")[0]).connection };
}

test("messages and slices go over a session that has rested as over any other", () => {
  const { world, a, b, handle, atB } = resting(1);
  a.send(handle, utf8("one"));
  world.run(6_000);
  b.send(atB, utf8("two"));
  world.run(6_000);
  a.send(handle, utf8("three"));
  world.run(1_000);
  expect([b.messages, a.messages]).toEqual([["one", "three"], ["two"]]);
  const slice = new Uint8Array(SLICE_BYTES).fill(7);
  b.onEvent = (event) => {
    if (event.kind !== "fetch_requested") return;
    const info = { status: 0, chunkLength: slice.length, queueMs: 0 } as const;
    b.endpoint.fetchInfo(event.connection, event.requestId, info, b.now);
    b.endpoint.provideSlice(event.connection, event.requestId, 0, slice, b.now);
  };
  for (let i = 1; i <= 2; i++) {
    world.run(6_000);
    expect(a.endpoint.fetchRoom(handle)).toBe(1_048_576);
    const into = new Uint8Array(SLICE_BYTES);
    const request = { id: new Uint8Array(20), bitmap: 1, maxPrice: 0, into };
    a.endpoint.startFetch(handle, request, a.now);
    a.drive();
    world.run(1_000);
    expect(a.ofKind("slice_received").length).toBe(i);
    expect(into).toEqual(slice);
    expect(a.endpoint.fetchProgress(handle)?.arrivedBytes).toBe(i * SLICE_BYTES);
  }
});

test("a session at rest is told of, and given up after five minutes with no timer before", () => {
  const { world, a, b, handle } = resting(2);
  const { publicKey, ...info } = present(a.endpoint.info(handle));
  expect(publicKey).toEqual(b.publicKey);
  expect([info.isEstablished, info.smoothedRttMs]).toEqual([true, 40]);
  expect(info.sentBytes).toBeGreaterThan(28); // more than an empty packet
  expect(present(a.endpoint.nextTimeout())).toBeGreaterThan(290_000);
  world.run(300_000);
  expect(a.ofKind("closed").map(({ reason }) => reason)).toEqual(["idle"]);
});

test("junk that bears the connection id of a session at rest does not wake it", () => {
  const { world, a, b, handle } = resting(3);
  const before = world.sent.length;
  a.send(handle, utf8("hello"));
  const junk = present(world.sent[before]).bytes.slice();
  const last = junk.length - 1;
  junk[last] = (junk[last] ?? 0) ^ 1;
  const due = b.endpoint.nextTimeout();
  b.inject(junk, a.address);
  expect(b.endpoint.nextTimeout()).toBe(due);
  expect(b.endpoint.stats()["dropped_auth_failed"]).toBe(1);
});
