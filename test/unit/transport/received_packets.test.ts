import fc from "fast-check";
import type { Instant } from "../../../src/lib/mod.ts";
import { ReceivedPackets } from "../../../src/transport/received_packets.ts";
import { ACK_RANGES_MAX } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

function rangesOf({ ranges }: ReceivedPackets): number[][] {
  return Array.from({ length: ranges.count }, (_, i) => [
    ranges.first[i] ?? -1,
    ranges.last[i] ?? -1,
  ]);
}

/** Past the start, where ACKs are frequent. */
function settled(minRttMs = 100): ReceivedPackets {
  const received = new ReceivedPackets();
  for (let number = 0; number < 20; number++) received.onPacket(number, true, minRttMs, at(0));
  received.onAckSent();
  return received;
}

test("the ranges are those of the set of numbers, the newest 32 of them", () => {
  const numbers = fc.array(fc.nat({ max: 200 }), { maxLength: 200 });
  fc.assert(fc.property(numbers, (arrived) => {
    const received = new ReceivedPackets();
    const model = new Set<number>();
    for (const number of arrived) {
      received.onPacket(number, true, 100, at(0));
      model.add(number);
      const expected: number[][] = [];
      for (const each of [...model].sort((a, b) => b - a)) {
        const last = expected.at(-1);
        if (last !== undefined && last[0] === each + 1) last[0] = each;
        else expected.push([each, each]);
      }
      // ranges that once fell off the end may come back shorter: compare what never overflowed
      if (expected.length < ACK_RANGES_MAX) expect(rangesOf(received)).toEqual(expected);
      else break;
    }
    for (const number of model) expect(received.has(number)).toBe(true);
  }));
});

test("with too many gaps the oldest range gives way", () => {
  const received = new ReceivedPackets();
  for (let number = 0; number < 200; number += 2) received.onPacket(number, true, 100, at(0));
  const ranges = rangesOf(received);
  expect(ranges.length).toBe(ACK_RANGES_MAX);
  expect(ranges[0]).toEqual([198, 198]);
  received.onPacket(1, true, 100, at(0)); // older than all that is remembered
  expect(rangesOf(received)).toEqual(ranges);
});

test("an ACK is due after two packets at the start, after ten later", () => {
  const received = new ReceivedPackets();
  let acks = 0;
  for (let number = 0; number < 116; number++) {
    received.onPacket(number, true, 100, at(0));
    if (!received.isAckDue) continue;
    acks++;
    received.onAckSent();
  }
  expect(acks).toBe(8 + 10);
});

test("one packet alone is acknowledged by the timer: a quarter RTT, 1 to 8 ms", () => {
  for (const [minRttMs, delayMs] of [[100, 8], [20, 5], [0.1, 1]] as const) {
    const received = settled(minRttMs);
    received.onPacket(20, true, minRttMs, at(1_000));
    expect(received.isAckDue).toBe(false);
    expect(received.ackDeadline).toBe(at(1_000 + delayMs));
    received.onPacket(21, true, minRttMs, at(1_000.5));
    expect(received.ackDeadline).toBe(at(1_000 + delayMs)); // of the first
    received.onDeadline();
    expect(received.isAckDue).toBe(true);
    expect(received.ackDeadline).toBeUndefined();
  }
});

test("what is not ack-eliciting is never acknowledged for its own sake", () => {
  const received = settled();
  for (let number = 20; number < 60; number += 2) received.onPacket(number, false, 100, at(0));
  expect(received.isAckDue).toBe(false);
  expect(received.hasUnacked).toBe(false);
  expect(received.ackDeadline).toBeUndefined();
  expect(received.has(58)).toBe(true);
});

test("a gap is told once it is three packets old, and only once", () => {
  const received = settled();
  received.onPacket(21, true, 100, at(0)); // 20 is missing
  received.onPacket(22, true, 100, at(0));
  expect(received.isAckDue).toBe(false);
  received.onPacket(23, true, 100, at(0));
  expect(received.isAckDue).toBe(true);
  received.onAckSent();
  received.onPacket(24, true, 100, at(0));
  expect(received.isAckDue).toBe(false);
});

test("a gap that closes in time is not told", () => {
  const received = settled();
  received.onPacket(22, true, 100, at(0)); // 20 and 21 are missing
  received.onPacket(20, true, 100, at(0));
  received.onPacket(21, true, 100, at(0));
  for (const number of [23, 24, 25]) received.onPacket(number, true, 100, at(0));
  expect(received.isAckDue).toBe(false);
  expect(rangesOf(received)).toEqual([[0, 25]]);
});

test("IMMEDIATE_ACK and ACK_FREQ are obeyed", () => {
  const received = settled();
  received.onImmediateAck();
  expect(received.isAckDue).toBe(true);
  received.onAckSent();
  received.onAckFreq({ threshold: 3, maxDelayMs: 2, reorder: 0 });
  received.onPacket(21, true, 100, at(0));
  expect(received.ackDeadline).toBe(at(2));
  received.onPacket(30, true, 100, at(0)); // a gap, but reorder 0 means: do not hurry
  expect(received.isAckDue).toBe(false);
  received.onPacket(31, true, 100, at(0));
  expect(received.isAckDue).toBe(true);
});

test("the delay told is the time since the largest arrived", () => {
  const received = settled();
  received.onPacket(25, true, 100, at(10));
  received.onPacket(22, true, 100, at(14));
  expect(received.prepareAck(at(17)).delayMs).toBe(7);
});

test("ranges whose ACK arrived are not told again; the newest always is", () => {
  const received = new ReceivedPackets();
  for (const number of [0, 2, 4, 6]) received.onPacket(number, true, 100, at(0));
  received.onAckAcked(3);
  expect(rangesOf(received)).toEqual([[6, 6], [4, 4]]);
  received.onAckAcked(6);
  expect(rangesOf(received)).toEqual([[6, 6]]);
});

test("who goes on from the newest range acknowledges what comes after it as one", () => {
  const before = new ReceivedPackets();
  expect(before.newest).toBeUndefined();
  for (const number of [0, 2, 4, 5, 6]) before.onPacket(number, true, 20, at(0));
  const received = new ReceivedPackets(before.newest);
  received.onPacket(7, true, 20, at(9_000));
  expect(rangesOf(received)).toEqual([[4, 7]]);
  expect([received.has(5), received.has(8)]).toEqual([true, false]);
});

test("ACKs are as usual until the peer asks for others", () => {
  const received = new ReceivedPackets();
  expect(received.isUsual).toBe(true);
  received.onAckFreq({ threshold: 2, maxDelayMs: 25, reorder: 3 });
  expect(received.isUsual).toBe(false);
});
