import { type Instant, SeededRandom } from "../../../src/lib/mod.ts";
import { createParts } from "../../../src/transport/connection_parts.ts";
import { CONNECTION_DEFAULTS, createBudgets } from "../../../src/transport/mod.ts";
import { type PacketContents, PacketWriter } from "../../../src/transport/packet_writer.ts";
import { AckRanges, readFrames, SLICE_BYTES } from "../../../src/wire/mod.ts";
import { recordingHandler } from "../../support/frame_recorder.ts";
import { expect, test } from "../../support/harness.ts";
import { NullSealer, openNull } from "../../support/null_sealer.ts";

const at = (ms: number) => ms as Instant;

function setUp() {
  const parts = createParts(CONNECTION_DEFAULTS, createBudgets(), 1_472, new SeededRandom(1));
  const writer = new PacketWriter(parts, new NullSealer(), new SeededRandom(1));
  const out = new Uint8Array(2_000);
  /** Names of the next packet's frames and its size. */
  const next = (now = 0, maxBytes = 2_000, contents: PacketContents = "all") => {
    const bytes = writer.write(at(now), out, 0, maxBytes, contents);
    const { handler, seen } = recordingHandler();
    const opened = openNull(out.subarray(0, bytes));
    if (opened !== undefined) readFrames(opened.payload, handler);
    return { bytes, frames: seen.map((call) => call[0]), number: opened?.packetNumber };
  };
  const serve = (slices: number) => {
    const bitmap = 2 ** slices - 1;
    parts.outgoingData.onFetch({ requestId: 1, id: new Uint8Array(20), bitmap, maxPrice: 0 });
    for (let slice = 0; slice < slices; slice++) {
      parts.outgoingData.provideSlice(1, slice, new Uint8Array(SLICE_BYTES));
    }
  };
  return { parts, writer, out, next, serve };
}

test("with nothing to say nothing is written", () => {
  const { next, writer } = setUp();
  expect(next().bytes).toBe(0);
  expect(writer.pacedUntil).toBeUndefined();
});

test("the order in a packet is ACK, control, messages, data", () => {
  const { next, parts, serve } = setUp();
  serve(1);
  parts.outgoingMessages.send(new Uint8Array(20), 0, at(0));
  parts.outgoingData.fetchInfo(1, { status: 0, chunkLength: SLICE_BYTES, queueMs: 0 });
  parts.received.onPacket(0, true, 100, at(0));
  expect(next()).toMatchObject({
    bytes: 1_200,
    frames: ["onAck", "onFetchInfo", "onMsg", "onData"],
  });
});

test("what is sent again goes before what is new", () => {
  const { next, parts, serve } = setUp();
  serve(1);
  next();
  parts.outgoingMessages.send(new Uint8Array(20), 0, at(0));
  const packet = parts.sent.at(0);
  packet.buffers[0]?.resend(0, 500);
  expect(next().frames).toEqual(["onData", "onMsg", "onData"]);
});

test("control alone leaves slices out, unless it probes after a timeout", () => {
  const { next, parts, serve } = setUp();
  const control = (now = 0) => next(now, 2_000, "control");
  serve(1);
  expect(control().bytes).toBe(0);
  parts.mtu.enable();
  parts.outgoingMessages.send(new Uint8Array(20), 0, at(0));
  parts.received.onPacket(0, true, 100, at(0));
  expect(control().frames).toEqual(["onAck", "onMsg"]);
  expect(control().bytes).toBe(0);
  parts.loss.handleTimeout(parts.loss.deadline ?? at(0));
  expect(control(1_000).frames).toContain("onData");
});

test("data packets are full, to the last of the train", () => {
  const { next, serve } = setUp();
  serve(2);
  const sizes: number[] = [];
  for (let now = 0; sizes.length < 32; now += 5) {
    const { bytes } = next(now);
    if (bytes > 0) sizes.push(bytes);
  }
  expect(new Set(sizes)).toEqual(new Set([1_200]));
});

test("the window holds data back, not ACKs", () => {
  const { next, parts, serve } = setUp();
  serve(16);
  let sent = 0;
  for (let now = 0; now < 300; now++) while (next(now).bytes > 0) sent++;
  expect(sent).toBe(32);
  expect(parts.sent.bytesInFlight).toBeLessThanOrEqual(parts.congestion.windowBytes);
  parts.received.onPacket(0, true, 100, at(300));
  parts.received.onImmediateAck();
  expect(next(300).frames).toEqual(["onAck"]);
});

test("the pacer spreads the first window, and says when to come back", () => {
  const { next, serve, writer } = setUp();
  serve(2);
  let burst = 0;
  while (next(0).bytes > 0) burst++;
  expect(burst).toBe(10);
  const readyAt = writer.pacedUntil ?? 0;
  expect(readyAt).toBeGreaterThan(0);
  expect(next(readyAt).bytes).toBe(1_200);
});

test("a probe carries the message that got no answer, were it as long as a packet holds", () => {
  for (const length of [1_163, 20_000]) {
    const { next, parts } = setUp();
    parts.outgoingMessages.send(new Uint8Array(length), 0, at(0));
    while (next().bytes > 0);
    for (let ptos = 1; ptos <= 2; ptos++) {
      const now = parts.loss.deadline ?? at(0);
      parts.loss.handleTimeout(now);
      const probes = [next(now), next(now)].map(({ frames }) => frames.includes("onMsg"));
      // one packet holds the short one, of which a probe needs but one copy
      expect(probes).toEqual([true, length > 1_163]);
    }
  }
});

test("probes pass window and pacer, want an ACK at once, and are small from the 2nd PTO on", () => {
  const { next, parts, serve, writer } = setUp();
  parts.mtu.enable();
  parts.mtu.onProbeSent();
  parts.mtu.onProbeAcked(1_472);
  parts.mtu.onProbeSent(); // keeps further probes away
  serve(16);
  let now = 0;
  for (; now < 300; now++) while (next(now).bytes > 0);
  parts.loss.handleTimeout(parts.loss.deadline ?? at(0));
  now = 1_000;
  for (let probe = 0; probe < 2; probe++) {
    const { bytes, frames } = next(now);
    expect(bytes).toBe(1_472);
    expect(frames).toContain("onImmediateAck");
    expect(frames).toContain("onData");
  }
  expect(next(now).bytes).toBe(0);
  parts.loss.handleTimeout(parts.loss.deadline ?? at(0));
  expect(writer.datagramBytes).toBe(1_200);
  expect(next(9_000).bytes).toBe(1_200);
});

test("a probe with nothing to carry is still an ack-eliciting packet", () => {
  const { next, parts, writer } = setUp();
  writer.isPingDue = true;
  expect(next(0).frames).toEqual(["onPing"]);
  parts.loss.handleTimeout(parts.loss.deadline ?? at(0));
  expect(next(1_000).frames).toEqual(["onImmediateAck"]);
});

test("an MTU probe is PING and PAD of the size searched, and respects maxBytes", () => {
  const { next, parts, serve } = setUp();
  serve(1);
  parts.mtu.enable();
  expect(next(0, 1_200)).toMatchObject({ bytes: 1_200, frames: ["onData"] });
  expect(next(0)).toMatchObject({ bytes: 1_372, frames: ["onPing"] });
  expect(parts.sent.at(1).isMtuProbe).toBe(true);
  expect(next(0)).toMatchObject({ bytes: 1_200, frames: ["onData"] });
});

test("a receiver with many gaps asks once per round trip whether its ACKs arrive", () => {
  const { next, parts } = setUp();
  for (let number = 0; number < 40; number += 2) parts.received.onPacket(number, true, 100, at(0));
  expect(next(1_000).frames).toEqual(["onAck", "onPing"]);
  parts.received.onPacket(50, true, 100, at(1_001));
  parts.received.onImmediateAck();
  expect(next(1_001).frames).toEqual(["onAck"]); // one is under way
});

test("now and then a packet number is skipped, and acknowledging it is found out", () => {
  const { next, parts, writer } = setUp();
  let last = -1;
  let skipped: number | undefined;
  for (let i = 0; i < 1_500 && skipped === undefined; i++) {
    writer.isPingDue = true;
    const { number = -1 } = next(i * 200);
    if (number === last + 2) skipped = number - 1;
    else expect(number).toBe(last + 1);
    last = number;
    if (skipped !== undefined) break;
    const ack = new AckRanges();
    ack.first[0] = number;
    ack.last[0] = number;
    ack.count = 1;
    parts.loss.handleAck(ack, at(i * 200 + 1));
  }
  expect(skipped).toBeGreaterThanOrEqual(128);
});

test("CLOSE leaves at once, whatever the window", () => {
  const { out, writer } = setUp();
  const bytes = writer.writeClose(3, at(0), out, 0);
  const { handler, seen } = recordingHandler();
  readFrames(openNull(out.subarray(0, bytes))?.payload ?? new Uint8Array(), handler);
  expect(seen).toEqual([["onClose", { code: 3, reason: new Uint8Array() }]]);
});

test("answers go past a full window, with the ACK that is owed, and want none themselves", () => {
  const { next, parts, serve } = setUp();
  serve(16);
  for (let i = 0; i < 100; i++) next(i);
  expect(next(100).bytes).toBe(0); // the window is full
  const inFlight = parts.sent.packetsInFlight;
  parts.received.onPacket(0, true, 100, at(100));
  parts.outgoingAnswers.add(new Uint8Array(900));
  expect(next(100).frames).toEqual(["onAck", "onAnswer"]);
  expect([parts.sent.packetsInFlight, parts.traffic.answerBytes]).toEqual([inFlight, 903]);
});

test("a PING rides with the answers now and then, until one is acknowledged", () => {
  const { next, parts } = setUp();
  const told = Array.from({ length: 40 }, (_, i) => {
    parts.outgoingAnswers.add(new Uint8Array(1_000));
    return next(i).frames.join();
  });
  expect(told.filter((frames) => frames === "onAnswer").length).toBe(39);
  expect(told.filter((frames) => frames === "onAnswer,onPing").length).toBe(1);
});
