import { INITIAL_WINDOW_PACKETS, MIN_WINDOW_PACKETS } from "../../../src/transport/congestion.ts";
import { Cubic } from "../../../src/transport/cubic.ts";
import type { SentPacket } from "../../../src/transport/sent_packets.ts";
import { AckScript } from "../../support/ack_script.ts";
import { expect, test } from "../../support/harness.ts";

const MSS = 1_200;
const MAX = 32 * 1_048_576;

function setUp(windowBytesMax = MAX) {
  const cubic = new Cubic(MSS, windowBytesMax);
  const script = new AckScript(cubic, 100);
  const send = (count: number, now: number) =>
    Array.from({ length: count }, () => script.send(MSS, now));
  /** For so long the window is full and all of it arrives. */
  const run = (rttMs: number, now: number, ms: number) => {
    script.smoothedRttMs = rttMs;
    return script.run(MSS, rttMs, now, ms);
  };
  return { cubic, script, send, run };
}

test("slow start doubles the window each round trip, up to its ceiling", () => {
  const { cubic, run } = setUp(400 * MSS);
  expect(cubic.windowBytes).toBe(INITIAL_WINDOW_PACKETS * MSS);
  run(50, 0, 50);
  expect(cubic.windowBytes).toBeGreaterThan(1.9 * INITIAL_WINDOW_PACKETS * MSS);
  run(50, 50, 50);
  expect(cubic.windowBytes).toBeGreaterThan(3.8 * INITIAL_WINDOW_PACKETS * MSS);
  run(50, 100, 300);
  expect(cubic.windowBytes).toBe(400 * MSS);
});

test("slow start ends when the round trip grows, without a loss", () => {
  const { cubic, run } = setUp();
  const now = run(100, 0, 300);
  expect(cubic.isInSlowStart).toBe(true);
  const before = cubic.windowBytes;
  run(120, now, 140);
  expect(cubic.windowBytes).toBeLessThan(1.8 * before);
  run(120, now + 140, 1_000);
  expect(cubic.isInSlowStart).toBe(false);
});

test("a loss cuts the window by 0.7, once per round trip", () => {
  const { cubic, script, send, run } = setUp();
  const start = cubic.windowBytes;
  const first = send(32, 0);
  script.ack(first.slice(3, 10), 100, { lost: first.slice(0, 3) });
  const second = send(5, 101);
  script.ack(first.slice(10, 20), 120, { lost: first.slice(20, 22) }); // sent before the cut
  script.ack(first.slice(22), 130);
  script.ack(second, 200);
  expect(cubic.isInSlowStart).toBe(false);
  expect(cubic.windowBytes).toBeCloseTo(0.7 * start, 6); // half a window in flight grows nothing
  const third = send(10, 210);
  script.ack(third.slice(3), 300, { lost: third.slice(0, 3) });
  script.ack(send(3, 310), 400);
  expect(cubic.windowBytes).toBeCloseTo(0.49 * start, 6);
  run(100, 500, 300);
  expect(cubic.windowBytes).toBeGreaterThan(0.49 * start);
});

test("a cut is spread over its round trip: seven go for ten that arrive", () => {
  const { cubic, script, send } = setUp();
  cubic.setDatagramBytes(MSS);
  const flight = send(32, 0);
  let sent = 0;
  for (let i = 1; i < 31; i += 3) {
    script.ack(flight.slice(i, i + 3), 100 + i, { lost: i === 1 ? flight.slice(0, 1) : [] });
    for (; script.bytesInFlight + MSS <= cubic.windowBytes; sent++) script.send(MSS, 100 + i);
    expect(Math.abs(sent - 0.7 * (i + 2))).toBeLessThan(2);
  }
});

test("a cut whose causes were no losses is undone", () => {
  const { cubic, script, send } = setUp();
  const before = cubic.windowBytes;
  const packets = send(20, 10);
  script.ack(packets.slice(5, 8), 110, { lost: packets.slice(0, 2) });
  script.ack(packets.slice(8, 12), 115, { lost: packets.slice(2, 4) }); // not its cause
  cubic.onSpuriousLoss(packets[0] as SentPacket);
  cubic.onSpuriousLoss(script.send(MSS, 120));
  expect(cubic.windowBytes).toBeLessThan(before);
  cubic.onSpuriousLoss(packets[1] as SentPacket);
  expect(cubic.windowBytes).toBe(before);
  expect(cubic.isInSlowStart).toBe(true);
});

test("an unused window does not grow", () => {
  const { cubic, script, send } = setUp();
  const before = cubic.windowBytes;
  script.ack(send(10, 0), 50);
  expect(cubic.windowBytes).toBe(before);
});

test("persistent congestion leaves four packets, and never less", () => {
  const { cubic, script, send } = setUp();
  cubic.onPersistentCongestion();
  expect(cubic.windowBytes).toBe(MIN_WINDOW_PACKETS * MSS);
  const packets = send(4, 0);
  script.ack(packets.slice(3), 10, { lost: packets.slice(0, 3) });
  expect(cubic.windowBytes).toBe(MIN_WINDOW_PACKETS * MSS);
  cubic.setDatagramBytes(1_472);
  expect(cubic.windowBytes).toBe(MIN_WINDOW_PACKETS * 1_472);
});

test("a probe timeout alone changes nothing; another path begins from the start", () => {
  const { cubic, run } = setUp();
  run(100, 0, 300);
  const before = cubic.windowBytes;
  cubic.onProbeTimeout();
  expect(cubic.windowBytes).toBe(before);
  cubic.restart();
  expect(cubic.windowBytes).toBe(INITIAL_WINDOW_PACKETS * MSS);
  expect(cubic.isInSlowStart).toBe(true);
});

test("pacing is above the window's own rate, more so in slow start", () => {
  const { cubic, script, send } = setUp();
  expect(cubic.pacingRate(100)).toBe(2 * 32 * MSS / 100);
  script.lose(send(32, 0).slice(0, 1), 1);
  expect(cubic.pacingRate(50)).toBeCloseTo(1.25 * 0.7 * 32 * MSS / 50, 6);
});

test("losses noticed at one instant, of packets of two round trips, cut once", () => {
  const { cubic, script, send } = setUp();
  const start = cubic.windowBytes;
  script.lose([...send(2, 0), ...send(2, 50)], 200);
  expect(cubic.pacingRate(100)).toBeCloseTo(1.25 * 0.7 * start / 100, 6);
});
