import { asPublicKey, toHex, utf8 } from "../../../src/lib/mod.ts";
import { EndpointWorld } from "../../support/endpoint_world.ts";
import { expect, test } from "../../support/harness.ts";
import { present } from "../../support/handshake.ts";

const A = "203.0.113.1", B = "203.0.113.2", C = "203.0.113.3";

test("a dial ends in a session, and a message sent before it was up arrives", () => {
  const world = new EndpointWorld(1);
  const a = world.node(A), b = world.node(B);
  const handle = a.connect(b);
  expect(a.send(handle, utf8("hello"))).toBe(true);
  world.runUntil(() => b.messages.length > 0);
  expect(b.messages).toEqual(["hello"]);
  const [up] = a.ofKind("connected"), [accepted] = b.ofKind("connected");
  expect(up?.connection).toBe(handle);
  expect(up?.initiatedByUs).toBe(true);
  expect(up?.observedAddress).toEqual(a.address);
  expect(up?.work).toEqual({ idNonce: 7n, rankNonce: 8n, rank: 9 });
  expect(accepted?.initiatedByUs).toBe(false);
  expect(toHex(present(accepted).publicKey)).toBe(toHex(a.publicKey));
  expect(a.now).toBeLessThan(65); // INIT, RESP, DATA of 20 ms each
});

test("connecting twice to a key gives one connection, from either side", () => {
  const world = new EndpointWorld(2);
  const a = world.node(A), b = world.node(B);
  const handle = a.connect(b);
  expect(a.connect(b)).toBe(handle);
  world.run(500);
  expect(a.connect(b)).toBe(handle);
  const back = b.connect(a);
  expect(back).toBe(present(b.ofKind("connected")[0]).connection);
  b.send(back, utf8("answer"));
  world.run(500);
  expect(a.messages).toEqual(["answer"]);
  expect([...a.endpoint.connections()].length).toBe(1);
});

test("an object is fetched whole, and the window for bulk is grown for it", () => {
  const world = new EndpointWorld(3);
  const a = world.node(A), b = world.node(B);
  const object = new Uint8Array(200_000);
  world.random.fill(object);
  b.onEvent = (event) => {
    if (event.kind !== "fetch_requested") return;
    const { connection, requestId } = event;
    const info = { status: 0, chunkLength: object.length, queueMs: 0 } as const;
    b.endpoint.fetchInfo(connection, requestId, info, b.now);
    for (let slice = 0; slice < 4; slice++) {
      const bytes = object.slice(slice * 65_536, (slice + 1) * 65_536);
      expect(b.endpoint.provideSlice(connection, requestId, slice, bytes, b.now)).toBe(true);
    }
  };
  const handle = a.connect(b);
  world.run(100);
  const into = new Uint8Array(object.length);
  const request = { id: new Uint8Array(20), bitmap: 0b1111, maxPrice: 0, into };
  expect(a.endpoint.startFetch(handle, request, a.now)).toBeDefined();
  a.drive();
  world.runUntil(() => a.ofKind("slice_received").length === 4);
  expect(into).toEqual(object);
  const info = present(a.endpoint.info(handle));
  expect(info.isEstablished).toBe(true);
  expect(info.receivedBytes).toBeGreaterThan(object.length);
  expect(info.smoothedRttMs).toBeGreaterThan(39);
});

test("nobody there: twelve INITs by the schedule, all different, and a failure at 10 s", () => {
  const world = new EndpointWorld(4);
  const a = world.node(A), b = world.node(B);
  b.crash();
  const handle = a.connect(b);
  world.run(20_000);
  const times = world.sent.map(({ atMs }) => atMs);
  expect(times).toEqual([0, 300, 900, 1900, 2900, 3900, 4900, 5900, 6900, 7900, 8900, 9900]);
  expect(new Set(world.sent.map(({ bytes }) => bytes.length)).size).toBeGreaterThan(8);
  expect(a.events).toEqual([{
    kind: "connect_failed",
    connection: handle,
    publicKey: b.publicKey,
    address: b.address,
    reason: "timed_out",
  }]);
  expect(a.endpoint.nextTimeout()).toBeUndefined();
  expect([...a.endpoint.connections()]).toEqual([]);
});

test("our own key, no key at all and one dial too many are refused", () => {
  const world = new EndpointWorld(5);
  const a = world.node(A, { limits: { attemptsMax: 1 } }), b = world.node(B), c = world.node(C);
  a.connect(a);
  a.endpoint.connect({ publicKey: asPublicKey(new Uint8Array(32)), address: b.address }, a.now);
  a.connect(b);
  a.connect(c);
  expect(a.ofKind("connect_failed").map(({ reason }) => reason))
    .toEqual(["refused", "refused", "refused"]);
  world.run(500);
  expect(a.ofKind("connected").length).toBe(1);
});

test("closing tells the peer, answers stragglers for a while, then costs nothing", () => {
  const world = new EndpointWorld(6);
  const a = world.node(A), b = world.node(B);
  const handle = a.connect(b);
  world.run(500);
  a.endpoint.close(handle, 3, a.now);
  a.drive();
  world.run(100);
  expect(a.ofKind("closed").map(({ reason, code }) => [reason, code])).toEqual([["local", 3]]);
  expect(b.ofKind("closed").map(({ reason, code }) => [reason, code])).toEqual([["peer", 3]]);
  expect(a.send(handle, utf8("late"))).toBe(false);
  world.run(10_000);
  for (const node of [a, b]) {
    expect(node.endpoint.nextTimeout()).toBeUndefined();
    expect([...node.endpoint.connections()]).toEqual([]);
    expect(node.endpoint.stats()["sessions"]).toBe(0);
  }
});

test("a dial that is taken back is over at once, and late answers find nothing", () => {
  const world = new EndpointWorld(7);
  const a = world.node(A), b = world.node(B);
  const handle = a.connect(b);
  a.endpoint.close(handle, 0, a.now);
  a.drive();
  world.run(5000);
  expect(a.events.map(({ kind }) => kind)).toEqual(["closed"]);
  expect(b.events).toEqual([]);
  expect(world.sent.length).toBe(2); // one INIT, one RESP
});

test("after five minutes of silence both sides let go, without a packet", () => {
  const world = new EndpointWorld(8);
  const a = world.node(A), b = world.node(B);
  a.connect(b);
  world.run(1000);
  const before = world.sent.length;
  world.run(302_000);
  expect(world.sent.length).toBe(before);
  for (const node of [a, b]) {
    expect(node.ofKind("closed").map(({ reason }) => reason)).toEqual(["idle"]);
    expect(node.endpoint.nextTimeout()).toBeUndefined();
  }
});

test("above sessionsMax the connection silent for longest is closed", () => {
  const world = new EndpointWorld(9);
  const a = world.node(A, { limits: { sessionsMax: 2 } });
  const first = world.node(B), second = world.node(C), third = world.node("203.0.113.4");
  const keptHandle = a.connect(first);
  world.run(1500);
  const lostHandle = a.connect(second);
  world.run(1500);
  a.send(keptHandle, utf8("still here"));
  world.run(1500);
  a.connect(third);
  world.run(1500);
  expect(a.ofKind("closed").map(({ connection, code }) => ({ connection, code })))
    .toEqual([{ connection: lostHandle, code: 2 }]);
  expect(a.endpoint.stats()["sessions"]).toBe(2);
  expect(second.ofKind("closed").map(({ reason, code }) => [reason, code])).toEqual([["peer", 2]]);
});

test("a coalesced train is taken apart, also when its first packet is damaged", () => {
  const world = new EndpointWorld(10);
  const a = world.node(A), b = world.node(B);
  const handle = a.connect(b);
  world.run(500);
  const slab = new Uint8Array(65_535);
  const text = new Uint8Array(5000).fill(0x61);
  const trainOf = (): Uint8Array => {
    a.endpoint.sendMessage(handle, text, a.now);
    const train = present(a.endpoint.pollTransmit(a.now, slab));
    expect(train.bytes).toBeGreaterThan(2 * train.segmentBytes);
    return slab.slice(0, train.bytes);
  };
  b.inject(trainOf(), a.address);
  expect(b.messages.length).toBe(1);
  const connection = present(b.ofKind("connected")[0]).connection;
  const receivedBytes = () => present(b.endpoint.info(connection)).receivedBytes;
  const before = receivedBytes();
  const damaged = trainOf();
  damaged[5] = (damaged[5] ?? 0) ^ 0xff; // its head no longer decodes: the size last seen serves
  b.inject(damaged, a.address);
  expect(receivedBytes() - before).toBe(damaged.length - 1200);
});

test("idle sessions cost nothing: no packet and no event until their time is up", () => {
  const world = new EndpointWorld(11);
  const a = world.node(A, { exemptPrivateAddresses: true });
  for (let i = 0; i < 200; i++) {
    const peer = world.node(`10.0.0.${i + 1}`, { exemptPrivateAddresses: true });
    peer.connect(a);
  }
  world.run(2000);
  expect(a.endpoint.stats()["sessions"]).toBe(200);
  const eventsBefore = world.clock.eventsRun;
  world.run(30_000);
  expect(world.clock.eventsRun - eventsBefore).toBeLessThan(2 * 201);
  expect(a.endpoint.nextTimeout()).toBeGreaterThan(world.clock.now());
});

test("an answer goes into the RESP, and over a session that is up as a packet of its own", () => {
  const world = new EndpointWorld(14);
  const a = world.node(A), b = world.node(B);
  b.onEvent = (event) => {
    if (event.kind !== "early_message" && event.kind !== "message") return;
    expect(b.endpoint.sendAnswer(event.connection, utf8(`re: ${event.kind}`), b.now)).toBe(true);
  };
  const target = { publicKey: b.publicKey, address: b.address };
  const handle = a.endpoint.connect(target, a.now);
  a.endpoint.sendMessage(handle, utf8("who?"), a.now, "always");
  a.drive();
  world.run(1_000);
  const before = world.sent.length;
  a.send(handle, utf8("and now?"));
  world.run(1_000);
  expect(a.messages).toEqual(["re: early_message", "re: message"]);
  expect(world.sent.slice(before).map(({ from }) => from.ip)).toEqual([A, B]);
  a.endpoint.close(handle, 0, a.now);
  expect(a.endpoint.sendAnswer(handle, utf8("too late"), a.now)).toBe(false);
});
