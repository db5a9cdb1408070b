import {
  asPublicKey,
  compareBytes,
  equalBytes,
  randomBelow,
  toHex,
  utf8,
} from "../../../src/lib/mod.ts";
import { type EndpointNode, EndpointWorld } from "../../support/endpoint_world.ts";
import { present } from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

const A = "203.0.113.1", B = "203.0.113.2";
const HOUR_MS = 3_600_000;

/** The one open connection of a node. */
function onlyHandle(node: EndpointNode) {
  const handles = [...node.endpoint.connections()];
  expect(handles.length).toBe(1);
  return present(handles[0]);
}

/** Both sides reach the other over the one connection they have. */
function expectTalking(world: EndpointWorld, a: EndpointNode, b: EndpointNode): void {
  const [before, beforeB] = [a.messages.length, b.messages.length];
  a.send(onlyHandle(a), utf8("to b"));
  b.send(onlyHandle(b), utf8("to a"));
  world.runUntil(() => a.messages.length > before && b.messages.length > beforeB, 50_000);
}

test("simultaneous INITs: the lower key's wins, and there is one session", () => {
  const world = new EndpointWorld(1);
  const a = world.node(A), b = world.node(B);
  const [handleA, handleB] = [a.connect(b), b.connect(a)];
  world.run(200);
  const [low, high] = compareBytes(a.publicKey, b.publicKey) < 0 ? [a, b] : [b, a];
  expect(low.endpoint.stats()["handshakes_answered"]).toBe(0);
  expect(high.endpoint.stats()["handshakes_answered"]).toBe(1);
  expect([onlyHandle(a), onlyHandle(b)]).toEqual([handleA, handleB]);
  expect([a, b].map((node) => node.ofKind("connected").length)).toEqual([1, 1]);
  expectTalking(world, a, b);
});

test("law: however two dials cross and packets are lost, both end on one live session", () => {
  for (let seed = 0; seed < 60; seed++) {
    const ms = [1, 20, 150, 700][seed % 4] ?? 1;
    const world = new EndpointWorld(seed, {
      delay: { kind: "uniform", minMs: ms, maxMs: 2 * ms },
      loss: { kind: "bernoulli", ratio: [0, 0.1, 0.3][seed % 3] ?? 0 },
      reorder: { ratio: 0.1, delayMs: ms },
      duplicateRatio: 0.1,
    });
    const a = world.node(A), b = world.node(B);
    a.connect(b);
    world.run(randomBelow(world.random, 4 * ms + 1));
    b.connect(a);
    world.runUntil(() => [a, b].every((node) => node.ofKind("connected").length > 0));
    world.run(3000);
    expectTalking(world, a, b);
    expect([seed, a.endpoint.stats()["sessions"], b.endpoint.stats()["sessions"]])
      .toEqual([seed, 1, 1]);
  }
});

test("a peer that restarts and dials takes the place of its old connection", () => {
  const world = new EndpointWorld(3);
  const a = world.node(A), b = world.node(B);
  a.connect(b);
  world.run(300);
  b.crash();
  const reborn = world.node(B, { identity: b.key });
  reborn.connect(a);
  world.run(300);
  expect(a.events.map((event) => event.kind)).toEqual(["connected", "closed", "connected"]);
  expect(a.ofKind("closed")[0]?.reason).toBe("replaced");
  expect(a.ofKind("connected")[1]?.initiatedByUs).toBe(false);
  expectTalking(world, a, reborn);
});

test("a peer that has restarted in silence is found within 2 PTO and a round trip", () => {
  const world = new EndpointWorld(4);
  const a = world.node(A), b = world.node(B);
  const handle = a.connect(b);
  a.send(handle, utf8("once"));
  world.run(2000);
  b.crash();
  const reborn = world.node(B, { identity: b.key });
  const startedAt = world.clock.now();
  a.send(handle, utf8("lost with the old session"));
  world.runUntil(() => a.ofKind("connected").length === 2);
  const ptoMs = 40 + 4 * 20 + 25; // at most: smoothed, variation, ACK delay
  expect(world.clock.now() - startedAt).toBeLessThanOrEqual(2 * ptoMs + 40);
  expect(a.ofKind("closed")[0]?.reason).toBe("replaced");
  world.run(100);
  expectTalking(world, a, reborn);
});

test("an outage that both sides notice ends with both on one session, and nothing lost", () => {
  for (let seed = 0; seed < 10; seed++) {
    const world = new EndpointWorld(seed);
    const a = world.node(A), b = world.node(B);
    const handle = a.connect(b);
    world.run(1000);
    const back = onlyHandle(b);
    const mend = world.network.partition([A], [B]);
    a.send(handle, utf8("from a"));
    world.run(seed);
    b.send(back, utf8("from b"));
    world.run(1000 + 700 * seed);
    mend();
    world.run(15_000);
    expect([a.messages, b.messages]).toEqual([["from b"], ["from a"]]);
    for (const node of [a, b]) {
      expect(node.ofKind("closed")).toEqual([]);
      expect(node.endpoint.stats()["sessions"]).toBe(1);
    }
    expectTalking(world, a, b);
  }
});

test("a peer that is gone for good is not dialled for ever", () => {
  const world = new EndpointWorld(5);
  const a = world.node(A), b = world.node(B);
  const handle = a.connect(b);
  world.run(300);
  b.crash();
  a.send(handle, utf8("anyone?"));
  world.run(60_000);
  expect(a.ofKind("closed").map(({ reason }) => reason)).toEqual(["lost"]);
  expect(a.endpoint.nextTimeout()).toBeUndefined();
});

test("after 15 minutes with data the keys are renewed and nothing else is", () => {
  const world = new EndpointWorld(6);
  const a = world.node(A), b = world.node(B);
  const handle = a.connect(b);
  let sent = 0;
  for (let minute = 0; minute < 35; minute++) {
    for (let i = 0; i < 4; i++) {
      expect(a.send(handle, utf8(`message ${sent++}`))).toBe(true);
      world.run(15_000);
    }
  }
  expect(b.messages).toEqual(Array.from({ length: sent }, (_, i) => `message ${i}`));
  for (const node of [a, b]) {
    expect(node.events.filter((event) => event.kind !== "message").map((event) => event.kind))
      .toEqual(["connected"]);
    expect(node.endpoint.stats()["handshakes_done"]).toBe(3); // at 0, 15 and 30 minutes
    expect(node.endpoint.stats()["sessions"]).toBe(1);
  }
  expect(a.endpoint.stats()["handshakes_begun"]).toBe(3);
  expect(b.endpoint.stats()["handshakes_begun"]).toBe(0);
});

test("a fetch goes on over a renewal of its keys, and over a change of the peer's address", () => {
  const world = new EndpointWorld(7, {
    delay: { kind: "fixed", ms: 20 },
    bytesPerSecond: 20_000,
    queueBytes: 60_000,
  });
  const a = world.node(A), b = world.node(B);
  const object = world.random.split("object");
  const slice = new Uint8Array(65_536);
  object.fill(slice);
  b.onEvent = (event) => {
    if (event.kind !== "fetch_requested") return;
    const { connection, requestId } = event;
    const info = { status: 0, chunkLength: 16 * slice.length, queueMs: 0 } as const;
    b.endpoint.fetchInfo(connection, requestId, info, b.now);
    for (let i = 0; i < 16; i++) b.endpoint.provideSlice(connection, requestId, i, slice, b.now);
  };
  const handle = a.connect(b);
  a.send(handle, utf8("keep"));
  for (let i = 0; i < 18; i++) { // 15 minutes are over during the fetch, which takes ~60 s
    a.send(handle, utf8("keep"));
    world.run(49_500);
  }
  const into = new Uint8Array(16 * slice.length);
  const request = { id: new Uint8Array(20), bitmap: 0xffff, maxPrice: 0, into };
  expect(a.endpoint.startFetch(handle, request, a.now)).toBeDefined();
  a.drive();
  world.run(20_000);
  expect(a.endpoint.stats()["handshakes_done"]).toBe(2);
  expect(a.ofKind("slice_received").length).toBeLessThan(10);
  a.moveTo("203.0.113.77");
  world.runUntil(() => a.ofKind("slice_received").length === 16, 200_000);
  for (let i = 0; i < 16; i++) {
    const got = into.subarray(i * slice.length, (i + 1) * slice.length);
    expect([i, equalBytes(got, slice)]).toEqual([i, true]);
  }
  expect(a.events.filter(({ kind }) => kind === "closed")).toEqual([]);
  expect(b.events.filter(({ kind }) => kind === "closed")).toEqual([]);
  expect(present(b.endpoint.info(onlyHandle(b))).address).toEqual(a.address);
});

test("a clock that is an hour off costs one COOKIE, once", () => {
  for (const skewMs of [HOUR_MS, -HOUR_MS]) {
    const world = new EndpointWorld(8);
    const a = world.node(A), b = world.node(B);
    a.stepWall(skewMs);
    const handle = a.connect(b);
    world.run(85); // two round trips
    expect(a.ofKind("connected").length).toBe(1);
    expect(a.endpoint.stats()["cookies_taken"]).toBe(1);
    a.endpoint.close(handle, 0, a.now);
    world.run(5000);
    a.connect(b);
    world.run(45); // one: the offset is known now
    expect(a.ofKind("connected").length).toBe(2);
    expect(a.endpoint.stats()["cookies_taken"]).toBe(1);
  }
});

test("a responder whose clock jumps back an hour still takes the peers it knows", () => {
  const world = new EndpointWorld(9);
  const a = world.node(A), b = world.node(B);
  world.run(2 * HOUR_MS);
  a.endpoint.close(a.connect(b), 0, a.now);
  world.run(100);
  const handle = a.connect(b);
  world.run(100);
  a.endpoint.close(handle, 0, a.now);
  a.drive();
  world.run(10_000);
  b.stepWall(-HOUR_MS);
  a.connect(b);
  world.run(85);
  expect(a.endpoint.stats()["cookies_taken"]).toBe(1);
  world.run(100);
  expectTalking(world, a, b);
});

/** Dials `count` keys at once, all from one address and port. */
function crowd(world: EndpointWorld, count: number, to: EndpointNode, ip: string): EndpointNode[] {
  return Array.from({ length: count }, (_, i) => {
    const node = world.node(ip, { identity: world.key() }, 4100 + i);
    node.connect(to);
    return node;
  });
}

test("more than a burst from one address meets cookies, and everybody gets in with them", () => {
  const world = new EndpointWorld(10);
  const b = world.node(B);
  const nodes = crowd(world, 30, b, A);
  world.run(5000);
  expect(nodes.filter((node) => node.ofKind("connected").length === 1).length).toBe(30);
  const cookies = nodes.map((node) => node.endpoint.stats()["cookies_taken"] ?? 0);
  expect(cookies.filter((count) => count === 0).length).toBe(5); // the burst
  expect(Math.max(...cookies)).toBe(1);
});

test("on network dev a private address is not counted, elsewhere it is", () => {
  for (const exemptPrivateAddresses of [true, false]) {
    const world = new EndpointWorld(11);
    const b = world.node("10.1.0.1", { exemptPrivateAddresses });
    const nodes = crowd(world, 30, b, "10.1.0.2");
    world.run(45);
    const up = nodes.filter((node) => node.ofKind("connected").length === 1).length;
    expect([exemptPrivateAddresses, up]).toEqual([
      exemptPrivateAddresses,
      exemptPrivateAddresses ? 30 : 5,
    ]);
  }
});

test("a token from an earlier RESP spares the cookie, but never waives the time stamp", () => {
  const world = new EndpointWorld(12);
  const a = world.node(A), b = world.node(B);
  const hangUp = () => {
    a.endpoint.close(onlyHandle(a), 0, a.now);
    a.drive();
    world.run(1000);
  };
  a.connect(b);
  world.run(100);
  hangUp();
  crowd(world, 20, b, A).forEach((node) => node.crash()); // the address has used up its burst
  world.run(20);
  a.connect(b);
  world.run(45);
  expect(a.ofKind("connected").length).toBe(2);
  expect(a.endpoint.stats()["cookies_taken"]).toBe(0);
  hangUp();
  a.stepWall(2 * HOUR_MS);
  a.connect(b);
  world.run(45);
  expect(a.ofKind("connected").length).toBe(2);
  expect(a.endpoint.stats()["cookies_taken"]).toBe(1);
  world.run(45);
  expect(a.ofKind("connected").length).toBe(3);
});

test("many half-open sessions: the cap per key and the cap over all hold", () => {
  const world = new EndpointWorld(13);
  const b = world.node(B, {
    exemptPrivateAddresses: true,
    limits: { halfOpenMax: 8, halfOpenPerKeyMax: 3 },
  });
  const key = world.key();
  for (let i = 0; i < 5; i++) {
    const twin = world.node(`10.0.0.${i + 1}`, { identity: key });
    twin.connect(b);
    twin.crash();
    world.run(300); // time stamps rise
  }
  expect(b.endpoint.stats()["half_open"]).toBe(3);
  for (let i = 0; i < 10; i++) {
    const stranger = world.node(`10.0.1.${i + 1}`);
    stranger.connect(b);
    stranger.crash();
  }
  world.run(100);
  expect(b.endpoint.stats()["half_open"]).toBe(8);
  world.run(10_000);
  expect(b.endpoint.stats()["half_open"]).toBe(0);
  expect(b.endpoint.nextTimeout()).toBeUndefined();
});

test("a refused key, a wrong network and the key's twin -B meet silence", () => {
  const world = new EndpointWorld(14);
  const b = world.node(B, { isRefused: (key) => toHex(key) === toHex(banned.key.publicKey) });
  const banned = world.node(A);
  const foreign = world.node("203.0.113.9", { networkName: "main" });
  const confused = world.node("203.0.113.10");
  banned.connect(b);
  foreign.connect(b);
  const twin = asPublicKey(new Uint8Array(b.publicKey));
  twin[31] = (twin[31] ?? 0) ^ 0x80;
  confused.endpoint.connect({ publicKey: twin, address: b.address }, confused.now);
  confused.drive();
  world.run(12_000);
  expect(world.sent.filter(({ from }) => from.ip === B)).toEqual([]);
  for (const node of [banned, foreign, confused]) {
    expect(node.ofKind("connect_failed").map(({ reason }) => reason)).toEqual(["timed_out"]);
  }
  expect(b.endpoint.stats()["half_open"]).toBe(0);
});

test("30 % loss: of 300 dials hardly one fails", () => {
  const world = new EndpointWorld(15, {
    delay: { kind: "fixed", ms: 20 },
    loss: { kind: "bernoulli", ratio: 0.3 },
  });
  const b = world.node("10.9.9.9", { exemptPrivateAddresses: true });
  const nodes = Array.from({ length: 300 }, (_, i) => {
    const node = world.node(`10.0.${i >> 7}.${(i & 127) + 1}`);
    node.connect(b);
    return node;
  });
  world.run(11_000);
  const failed = nodes.filter((node) => node.ofKind("connect_failed").length > 0).length;
  expect(failed).toBeLessThanOrEqual(2); // 0.06 % are to be expected
});
