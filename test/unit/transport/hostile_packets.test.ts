import { usePrimitives } from "../../../src/crypto/mod.ts";
import { networkId } from "../../../src/identity/mod.ts";
import { randomBelow, randomBytes, utf8 } from "../../../src/lib/mod.ts";
import { nativePrimitives } from "../../../src/runtime/shared/native_primitives.ts";
import { countingPrimitives } from "../../support/counting_primitives.ts";
import { EndpointWorld } from "../../support/endpoint_world.ts";
import { present, testInit } from "../../support/handshake.ts";
import { afterAll, expect, test } from "../../support/harness.ts";
import { damaged, randomDatagrams, traceOf } from "../../support/hostile.ts";

const A = "203.0.113.1", B = "203.0.113.2";
const STRANGER = { ip: "198.51.100.7", port: 9 };

afterAll(() => usePrimitives(nativePrimitives));

/** Two nodes between which nothing is delivered by itself. */
function apart(seed: number) {
  const world = new EndpointWorld(seed);
  world.network.partition([A], [B]);
  const a = world.node(A), b = world.node(B);
  const lastSent = () => present(world.sent.at(-1)).bytes;
  return { world, a, b, lastSent };
}

test("INIT: damaged in any byte or cut anywhere, it leaves no trace", () => {
  const { world, a, b, lastSent } = apart(1);
  a.connect(b);
  const init = lastSent();
  const before = traceOf(world, b);
  for (const forged of damaged(init)) b.inject(forged, a.address);
  expect(traceOf(world, b)).toEqual(before);
  b.inject(init, a.address);
  expect(traceOf(world, b).halfOpen).toBe(1);
});

test("RESP: damaged in any byte or cut anywhere, it leaves the INIT pending", () => {
  const { world, a, b, lastSent } = apart(2);
  a.connect(b);
  b.inject(lastSent(), a.address);
  const resp = lastSent();
  const before = traceOf(world, a);
  for (const forged of damaged(resp)) a.inject(forged, b.address);
  expect(traceOf(world, a)).toEqual(before);
  a.inject(resp, b.address);
  expect(traceOf(world, a).sessions).toBe(1);
});

test("COOKIE: damaged in any byte or cut anywhere, it leaves the INIT pending", () => {
  const { world, a, b, lastSent } = apart(3);
  a.stepWall(-3_600_000);
  a.connect(b);
  b.inject(lastSent(), a.address);
  const cookie = lastSent();
  expect(cookie.length).toBe(62);
  const before = traceOf(world, a);
  for (const forged of damaged(cookie)) a.inject(forged, b.address);
  expect(traceOf(world, a)).toEqual(before);
  a.inject(cookie, b.address);
  expect(a.endpoint.stats()["cookies_taken"]).toBe(1);
});

test("DATA: damaged in any byte or cut anywhere, it leaves no trace, in either direction", () => {
  const world = new EndpointWorld(4);
  const a = world.node(A), b = world.node(B);
  const handle = a.connect(b);
  world.run(500);
  world.network.partition([A], [B]);
  a.send(handle, utf8("a message"));
  const fromA = present(world.sent.at(-1)).bytes;
  const back = present(b.ofKind("connected")[0]).connection;
  b.send(back, utf8("another"));
  const fromB = present(world.sent.at(-1)).bytes;
  for (const [node, peer, packet] of [[b, a, fromA], [a, b, fromB]] as const) {
    const before = traceOf(world, node);
    for (const forged of damaged(packet)) node.inject(forged, peer.address);
    expect(traceOf(world, node)).toEqual(before);
    node.inject(packet, peer.address);
    expect(node.messages.length).toBe(1);
  }
});

test("10,000 random datagrams of every length: no answer, no state, no exception", () => {
  const world = new EndpointWorld(5);
  const a = world.node(A), b = world.node(B);
  a.connect(b);
  world.run(500);
  a.endpoint.connect({ publicKey: world.key().publicKey, address: STRANGER }, a.now); // pending
  a.drive();
  for (const node of [a, b]) {
    const before = traceOf(world, node);
    for (const junk of randomDatagrams(world.random, 10_000)) node.inject(junk, STRANGER);
    expect(traceOf(world, node)).toEqual(before);
  }
});

test("replaying a whole session yields a COOKIE per packet at most, and no state", () => {
  const world = new EndpointWorld(6); // without loss: what never arrived is no replay
  const a = world.node(A), b = world.node(B);
  const handle = a.connect(b);
  for (let i = 0; i < 20; i++) {
    a.send(handle, new Uint8Array(3000));
    world.run(1000);
  }
  const captured = [...world.sent];
  expect(captured.length).toBeGreaterThan(50);
  const replay = (): void => {
    for (const { from, to, bytes } of captured) {
      const target = to.ip === A ? a : to.ip === B ? b : undefined;
      for (const source of [from, STRANGER]) {
        const node = present(target);
        const [before, sentBefore] = [traceOf(world, node), world.sent.length];
        node.inject(bytes, source);
        const answers = world.sent.slice(sentBefore);
        expect(answers.length).toBeLessThanOrEqual(1);
        for (const answer of answers) expect(answer.bytes.length).toBe(62);
        const { sent: _, deadline: __, ...state } = traceOf(world, node);
        expect(state).toEqual({
          events: before.events,
          sessions: before.sessions,
          halfOpen: before.halfOpen,
          attempts: before.attempts,
        });
      }
    }
  };
  replay();
  world.run(70_000); // both have let go
  replay();
  const reborn = world.node(B, { identity: b.key }, 4002); // with an empty ring
  for (const { from, to, bytes } of captured) {
    if (to.ip !== B) continue;
    const sentBefore = world.sent.length;
    reborn.inject(bytes, from);
    for (const answer of world.sent.slice(sentBefore)) expect(answer.bytes.length).toBe(62);
  }
  expect(reborn.endpoint.stats()["half_open"]).toBe(0);
});

test("no first packet, whoever sends it, is answered by more than three times its size", () => {
  const world = new EndpointWorld(7);
  const b = world.node(B);
  let answered = 0;
  for (let i = 0; i < 600; i++) {
    const frames = new Uint8Array(randomBelow(world.random, 3) === 0 ? 600 : 0);
    const stamp = world.clock.unixMs() + randomBelow(world.random, 900_000) - 450_000;
    const fields = { frames, timeStampMs: stamp };
    const init = testInitTo(world, b.key, fields);
    if (i % 4 === 0) {
      const at = randomBelow(world.random, init.length);
      init[at] = (init[at] ?? 0) ^ 1;
    }
    const cut = i % 5 === 0 ? randomBelow(world.random, init.length) : init.length;
    const source = { ip: `198.51.${i >> 8}.${i & 255}`, port: 9 };
    const sentBefore = world.sent.length;
    b.inject(init.subarray(0, cut), source);
    const answers = world.sent.slice(sentBefore);
    const bytes = answers.reduce((sum, answer) => sum + answer.bytes.length, 0);
    expect(bytes).toBeLessThanOrEqual(3 * cut);
    answered += answers.length;
    world.run(20);
  }
  expect(answered).toBeGreaterThan(200);
});

/** An INIT from a fresh key, on network dev. */
function testInitTo(
  world: EndpointWorld,
  responder: Parameters<typeof testInit>[1],
  fields: Parameters<typeof testInit>[3],
): Uint8Array {
  return testInit(world.key(), responder, world.random, fields, undefined, networkId("dev")).packet;
}

test("junk costs two short hashes at most, and a forged mac no DH", () => {
  const { primitives, counts } = countingPrimitives();
  usePrimitives(primitives);
  const world = new EndpointWorld(8);
  const a = world.node(A), b = world.node(B);
  a.connect(b);
  world.run(500);
  a.endpoint.connect({ publicKey: world.key().publicKey, address: STRANGER }, a.now);
  a.drive();
  const init = testInitTo(world, a.key, {});
  const junk = [...randomDatagrams(world.random, 2000)];
  for (let i = 0; i < 200; i++) {
    const forged = new Uint8Array(init);
    forged.set(randomBytes(world.random, 16), forged.length - 16);
    junk.push(forged);
  }
  for (const packet of junk) {
    const before = { ...counts };
    a.endpoint.handleDatagram(packet, STRANGER, a.now);
    expect(counts.hashes - before.hashes).toBeLessThanOrEqual(2);
    expect([counts.aeads, counts.agreements]).toEqual([before.aeads, before.agreements]);
  }
  usePrimitives(nativePrimitives);
});
