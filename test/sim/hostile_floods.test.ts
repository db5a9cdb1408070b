import { networkId } from "../../src/identity/mod.ts";
import { randomBelow } from "../../src/lib/mod.ts";
import { handshakeFrames } from "../../src/transport/handshake_frames.ts";
import { EndpointWorld } from "../support/endpoint_world.ts";
import { testInit, testKey } from "../support/handshake.ts";
import { expect, test } from "../support/harness.ts";
import { randomDatagrams, traceOf } from "../support/hostile.ts";

const B = "203.0.113.2";
const DEV = networkId("dev");
const QUESTION = new Uint8Array(25);

test("10^5 random first packets of every length: silence", () => {
  const world = new EndpointWorld(1);
  const b = world.node(B);
  const before = traceOf(world, b);
  for (const junk of randomDatagrams(world.random, 100_000)) {
    b.inject(junk, { ip: "198.51.100.7", port: 9 });
  }
  expect(traceOf(world, b)).toEqual(before);
}, 120_000);

test(
  "INITs of strangers who know our key, questions in them: at most 3.0 times comes back",
  () => {
    const world = new EndpointWorld(2);
    const b = world.node(B);
    let asked = 0;
    b.onEvent = (event) => {
      if (event.kind !== "early_message") return;
      asked++;
      b.endpoint.sendMessage(event.connection, new Uint8Array(1_070), b.now);
    };
    const stranger = testKey(world.random);
    let worst = 0;
    for (let i = 0; i < 4000; i++) {
      const timeStampMs = world.clock.unixMs() + i - 2000;
      const questions = Array.from({ length: i % 4 }, (_, id) => ({ id, bytes: QUESTION }));
      const fields = { timeStampMs, frames: handshakeFrames(false, questions) };
      const { packet } = testInit(stranger, b.key, world.random, fields, undefined, DEV);
      const sentBefore = world.sent.length;
      b.inject(packet, { ip: `198.51.${randomBelow(world.random, 256)}.${i & 255}`, port: 9 });
      const bytes = world.sent.slice(sentBefore).reduce((sum, sent) => sum + sent.bytes.length, 0);
      worst = Math.max(worst, bytes / packet.length);
      if (i % 100 === 0) {
        world.run(500);
        world.sent.length = 0;
      }
    }
    expect(asked).toBeGreaterThan(100);
    expect(worst).toBeGreaterThan(2);
    expect(worst).toBeLessThanOrEqual(3);
  },
  120_000,
);

test("a flood of INITs leaves bounded state, and an honest node gets in by a cookie", () => {
  const world = new EndpointWorld(3);
  const a = world.node("203.0.113.1"), b = world.node(B);
  for (let i = 0; i < 3000; i++) {
    const key = testKey(world.random);
    const timeStampMs = world.clock.unixMs() + 1;
    const { packet } = testInit(key, b.key, world.random, { timeStampMs }, undefined, DEV);
    b.inject(packet, { ip: `198.18.${(i >> 8) & 255}.${i & 255}`, port: 9 });
    if (i === 1000) a.connect(b);
    if (i % 10 === 0) world.run(1);
  }
  world.run(2000);
  expect(b.endpoint.stats()["half_open"]).toBeLessThan(400); // 200, and 200 more a second
  expect(a.ofKind("connected").length).toBe(1);
  expect(a.endpoint.stats()["cookies_taken"]).toBe(1);
}, 120_000);
