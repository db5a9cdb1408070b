import fc from "fast-check";
import {
  ACK_FRAME,
  ACK_RANGES_MAX,
  AckRanges,
  decodeAck,
  encodeAck,
  PACKET_NUMBER_MAX,
} from "../../../src/wire/mod.ts";
import { expectCodec, written } from "../../support/codec_laws.ts";
import { expect, test } from "../../support/harness.ts";

function ranges(delayMs: number, ...pairs: readonly (readonly [number, number])[]): AckRanges {
  const ack = new AckRanges();
  ack.delayMs = delayMs;
  for (const [first, last] of pairs) {
    ack.first[ack.count] = first;
    ack.last[ack.count] = last;
    ack.count++;
  }
  return ack;
}

function pairsOf(ack: AckRanges): (readonly [number, number])[] {
  return Array.from({ length: ack.count }, (_, i) => [ack.first[i] ?? -1, ack.last[i] ?? -1]);
}

function decoded(bytes: Uint8Array, at: number, end: number) {
  const ack = new AckRanges();
  const next = decodeAck(bytes, at, end, ack);
  return next === undefined ? undefined : { pairs: pairsOf(ack), bytes: next - at };
}

test("ACK is read back", () => {
  const pairs = [[90, 100], [70, 80], [0, 5]] as const;
  const bytes = written((out, at) => encodeAck(ranges(1, ...pairs), out, at, out.length));
  expect(bytes.length).toBe(ACK_FRAME.bytes + 1 + 4);
  expectCodec(bytes, decoded, { pairs: [...pairs], bytes: bytes.length });
});

test("gap and length count as in RFC 9000 §19.3.1", () => {
  // packets 100, 97 and 96 received, 99 and 98 missing: first range 0, gap 1, length 1
  const bytes = written((out, at) =>
    encodeAck(ranges(0, [100, 100], [96, 97]), out, at, out.length)
  );
  expect([...bytes]).toEqual([2, 0, 0, 0, 0, 0, 100, 0, 0, 1, 0, 1, 1]);
});

test("the delay travels in units of 8 us and is cut at its maximum", () => {
  const ack = new AckRanges();
  for (const [ms, told] of [[0, 0], [1, 1], [0.004, 0.008], [10_000, 524.28]] as const) {
    const bytes = written((out, at) => encodeAck(ranges(ms, [1, 1]), out, at, out.length));
    decodeAck(bytes, 0, bytes.length, ack);
    expect(ack.delayMs).toBeCloseTo(told, 6);
  }
});

test("any ranges are read back; too little room drops the oldest, never a byte too many", () => {
  const gaps = fc.array(
    fc.tuple(fc.nat({ max: 70_000 }), fc.nat({ max: 70_000 })),
    { minLength: 1, maxLength: ACK_RANGES_MAX + 1 },
  );
  fc.assert(fc.property(gaps, fc.integer({ min: 0, max: 300 }), (steps, room) => {
    let top = PACKET_NUMBER_MAX;
    const pairs = steps.map(([length, gap]) => {
      const pair = [top - length, top] as const;
      top -= length + gap + 2;
      return pair;
    });
    const out = new Uint8Array(400).fill(0xa5);
    const end = encodeAck(ranges(0, ...pairs), out, 5, 5 + room);
    expect(end).toBeLessThanOrEqual(5 + room);
    expect(out[end]).toBe(0xa5);
    if (end === 5) {
      expect(room).toBeLessThan(ACK_FRAME.bytes + 4);
      return;
    }
    const back = decoded(out, 5, end);
    expect(back?.bytes).toBe(end - 5);
    expect(back?.pairs).toEqual(pairs.slice(0, back?.pairs.length));
  }));
});

test("a range below packet 0 and more than 32 ranges are refused", () => {
  expect(decoded(Uint8Array.of(2, 0, 0, 0, 0, 0, 5, 0, 0, 0, 6), 0, 11)).toBeUndefined();
  expect(decoded(Uint8Array.of(2, 0, 0, 0, 0, 0, 5, 0, 0, 1, 0, 4, 0), 0, 13)).toBeUndefined();
  expect(decoded(Uint8Array.of(2, 0, 0, 0, 0, 0, 5, 0, 0, 1, 0, 3, 0), 0, 13)?.pairs)
    .toEqual([[5, 5], [0, 0]]);
  const many = new Uint8Array(200);
  many.set([2, 0, 0, 0, 0, 1, 0, 0, 0, ACK_RANGES_MAX + 1]);
  expect(decoded(many, 0, many.length)).toBeUndefined();
  many[ACK_FRAME.at.rangeCount] = ACK_RANGES_MAX;
  expect(decoded(many, 0, many.length)?.pairs.length).toBe(ACK_RANGES_MAX + 1);
});
