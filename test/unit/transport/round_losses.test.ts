import fc from "fast-check";
import type { Instant } from "../../../src/lib/mod.ts";
import { RoundLosses } from "../../../src/transport/round_losses.ts";
import { SentPacket } from "../../../src/transport/sent_packets.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

function packet(number: number, lostAtMs = 0, inFlightBytes = 0): SentPacket {
  const made = new SentPacket();
  made.number = number;
  made.bytes = 1_000;
  made.lostAt = at(lostAtMs);
  made.inFlightBytes = inFlightBytes;
  return made;
}

function roundOf(acked: number, lost: readonly number[]): RoundLosses {
  const losses = new RoundLosses();
  losses.onAcked(acked * 1_000);
  for (const number of lost) losses.onLost(packet(number));
  return losses;
}

test("up to 2 % and single packets are the path's own", () => {
  expect(roundOf(98, [1, 2]).judge(true, false)).toBe("none");
  expect(roundOf(97, [1, 2]).judge(true, false)).toBe("congestion");
  expect(roundOf(10, [1]).judge(true, true)).toBe("none");
  expect(roundOf(0, []).judge(true, true)).toBe("none");
});

test("too much without a queue is the path's doing, with one it is congestion", () => {
  expect(roundOf(50, [1, 2, 3]).judge(false, false)).toBe("path");
  expect(roundOf(50, [1, 2, 3]).judge(false, true)).toBe("path");
  expect(roundOf(50, [1, 2, 3]).judge(true, false)).toBe("congestion");
});

test("where others keep a queue, two packets are congestion", () => {
  expect(roundOf(1_000, [1, 2]).judge(true, true)).toBe("congestion");
  expect(roundOf(1_000, [1, 2]).judge(false, true)).toBe("none");
});

test("startup overflows in six places; without a queue to be seen it takes a tenth lost", () => {
  const spread = [1, 3, 5, 7, 9, 11];
  expect(roundOf(100, spread).isOverflow(true)).toBe(true);
  expect(roundOf(100, [1, 2, 3, 4, 5, 6, 8, 9, 10]).isOverflow(true)).toBe(false); // two places
  expect(roundOf(100, spread).isOverflow(false)).toBe(false);
  expect(roundOf(50, spread).isOverflow(false)).toBe(true);
});

test("it tells what was in flight when the last lost packet left", () => {
  const losses = new RoundLosses();
  losses.onLost(packet(1, 0, 7_000));
  losses.onLost(packet(4, 0, 9_000));
  expect(losses.inFlightBytes).toBe(9_000);
});

test("losses that were none overturn the verdict of their round, once", () => {
  const losses = new RoundLosses();
  losses.onAcked(50_000);
  for (const number of [1, 2, 3]) losses.onLost(packet(number, 10));
  expect(losses.judge(true, false)).toBe("congestion");
  losses.next(at(20));
  losses.onAcked(50_000);
  expect(losses.onSpurious(packet(1, 10))).toBe(false); // two of 53 are too much
  expect(losses.onSpurious(packet(2, 10))).toBe(true);
  expect(losses.onSpurious(packet(3, 10))).toBe(false);
  expect(losses.onSpurious(packet(3, 10))).toBe(false); // none is left
  losses.next(at(40));
  losses.next(at(60));
  expect(losses.onSpurious(packet(3, 10))).toBe(false); // long over
});

test("losses taken back in their own round never were", () => {
  fc.assert(fc.property(
    fc.nat({ max: 200 }),
    fc.uniqueArray(fc.nat({ max: 100 }), { maxLength: 40 }),
    fc.nat({ max: 40 }),
    fc.boolean(),
    fc.boolean(),
    (acked, lost, spurious, hasQueue, isContended) => {
      const back = lost.slice(0, spurious);
      const losses = roundOf(acked, lost);
      for (const number of back) expect(losses.onSpurious(packet(number))).toBe(false);
      const model = roundOf(acked + back.length, lost.slice(back.length));
      expect(losses.judge(hasQueue, isContended)).toBe(model.judge(hasQueue, isContended));
      expect(losses.isTooMuch).toBe(model.isTooMuch);
    },
  ));
});
