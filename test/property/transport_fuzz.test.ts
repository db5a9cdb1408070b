import fc from "fast-check";
import { type Instant, SeededRandom } from "../../src/lib/mod.ts";
import { Connection, createBudgets } from "../../src/transport/mod.ts";
import {
  AckRanges,
  encodeAck,
  encodeAckFreq,
  encodeCancel,
  encodeClose,
  encodeData,
  encodeFetch,
  encodeFetchInfo,
  encodeImmediateAck,
  encodeMsg,
  encodePathChallenge,
  encodePing,
  encodeSliceEnd,
  SLICE_BYTES,
} from "../../src/wire/mod.ts";
import { expect, test } from "../support/harness.ts";
import { NullSealer } from "../support/null_sealer.ts";

type Write = (out: Uint8Array, at: number) => number;

/** Small numbers, so that frames meet what is open; now and then any. */
const id = fc.oneof({ weight: 8, arbitrary: fc.nat({ max: 6 }) }, fc.nat({ max: 0xffff }));
const u8 = fc.nat({ max: 0xff });
const SOURCE = new Uint8Array(70_000).fill(3);

/** Ranges as distances: of the largest from the last packet sent, then lengths and gaps. */
const ack = fc.record({
  back: fc.oneof({ weight: 300, arbitrary: fc.nat({ max: 5 }) }, fc.integer({ min: -2, max: -1 })),
  ranges: fc.array(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })), {
    minLength: 1,
    maxLength: 6,
  }),
});

function ackOf(
  { back, ranges }: { back: number; ranges: [number, number][] },
  sent: number,
): Write {
  const frame = new AckRanges();
  let last = Math.max(0, sent - back);
  for (const [length, gap] of ranges) {
    if (last < 0) break;
    const first = Math.max(0, last - length);
    frame.first[frame.count] = first;
    frame.last[frame.count++] = last;
    last = first - gap - 2;
  }
  return (out, at) => encodeAck(frame, out, at, out.length);
}

/** The object that the victim asks for: one short slice, so that it gets whole now and then. */
const OBJECT_BYTES = 1_500;

const offset = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, 500, 700, 1_000) },
  { weight: 1, arbitrary: fc.nat({ max: 0x2_0000 }) },
);
const length = fc.oneof(fc.constant(OBJECT_BYTES), fc.integer({ min: 1, max: 800 }));
const data = fc.tuple(id, offset, length)
  .map(([requestId, offset, length]): Write => (out, at) =>
    encodeData(requestId, offset, SOURCE, 0, length, out, at)
  );

/** Rarely true: what breaks the protocol ends the run, so most runs must not meet it. */
const isWrong = fc.nat({ max: 150 }).map((draw) => draw === 0);

const msg = fc.tuple(id, fc.nat({ max: 5_000 }), isWrong).map(([message, start, wrong]): Write => {
  const total = 1 + (message * 977) % 5_000 + (wrong ? 1 : 0);
  const offset = start % total;
  const length = Math.min(total - offset, 700);
  return (out, at) => encodeMsg(message, SOURCE.subarray(0, total), offset, length, out, at);
});

const fetch = fc.tuple(id, isWrong).map(([requestId, wrong]): Write => {
  const bitmap = 1 + (requestId * 3_001) % 0xffff;
  const fields = { requestId, id: new Uint8Array(20), bitmap, maxPrice: wrong ? 1 : 0 };
  return (out, at) => encodeFetch(fields, out, at);
});

const info = fc.tuple(
  id,
  fc.constantFrom(0, 0, 0, 1, 250),
  fc.constantFrom(OBJECT_BYTES, OBJECT_BYTES, 1_048_576, 0),
)
  .map(([requestId, status, chunkLength]): Write => {
    const rest = { factor: 0, queueMs: 0, balance: 0n, line: 0n };
    return (out, at) => encodeFetchInfo({ requestId, status, chunkLength, ...rest }, out, at);
  });

const frame: fc.Arbitrary<Write> = fc.oneof(
  { weight: 4, arbitrary: data },
  msg,
  fetch,
  info,
  fc.tuple(id, fc.nat({ max: 15 }), u8).map(([requestId, slice, status]): Write => (out, at) =>
    encodeSliceEnd({ requestId, slice, status }, out, at)
  ),
  id.map((requestId): Write => (out, at) => encodeCancel(requestId, out, at)),
  fc.tuple(u8, u8, u8).map(([threshold, maxDelayMs, reorder]): Write => (out, at) =>
    encodeAckFreq({ threshold, maxDelayMs, reorder }, out, at)
  ),
  fc.constant<Write>(encodePing),
  fc.constant<Write>(encodeImmediateAck),
  fc.constant<Write>((out, at) => encodePathChallenge(SOURCE.subarray(0, 8), out, at)),
);

type Step =
  | { readonly packet: number; readonly frames: readonly Write[] }
  | { readonly back: number; readonly ranges: [number, number][] }
  | { readonly junk: Uint8Array }
  | { readonly deed: "message" | "fetch" | "cancel" | "serve" | "refuse" | "transmit" | "wait" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      packet: fc.nat({ max: 20 }),
      frames: fc.array(frame, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 4, arbitrary: ack },
  {
    weight: 1,
    arbitrary: fc.oneof(
      { weight: 40, arbitrary: fc.constant({ junk: new Uint8Array(3) }) },
      { weight: 1, arbitrary: fc.record({ junk: fc.uint8Array({ maxLength: 60 }) }) },
    ),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      deed: fc.constantFrom<
        ("message" | "fetch" | "cancel" | "serve" | "refuse" | "transmit" | "wait")[]
      >("message", "fetch", "cancel", "serve", "refuse", "transmit", "wait"),
    }),
  },
);

class Victim {
  readonly budgets = createBudgets();
  readonly connection: Connection;
  readonly #sealer = new NullSealer();
  readonly #slab = new Uint8Array(2_000);
  readonly #frames = new Uint8Array(8_000);
  #number = 0;
  #now = 0;

  constructor() {
    this.connection = new Connection({
      sealer: this.#sealer,
      random: new SeededRandom(1),
      maxDatagramBytes: 1_472,
      now: 0 as Instant,
      budgets: this.budgets,
    });
  }

  do(step: Step): void {
    const now = this.#now as Instant;
    const { connection } = this;
    if ("ranges" in step) {
      if (this.#sealer.lastNumber < 0) return;
      const at = ackOf(step, this.#sealer.lastNumber)(this.#frames, 0);
      connection.handlePacket(++this.#number, this.#frames.subarray(0, at), now);
    } else if ("junk" in step) {
      connection.handlePacket(this.#number++, step.junk, now);
    } else if ("frames" in step) {
      let at = 0;
      for (const write of step.frames) at = write(this.#frames, at);
      this.#number += 1 + (step.packet % 3);
      const number = step.packet === 7 ? Math.max(0, this.#number - 9) : this.#number;
      connection.handlePacket(number, this.#frames.subarray(0, at), now);
    } else this.#command(step.deed, now);
    for (let e = connection.pollEvent(); e !== undefined; e = connection.pollEvent());
  }

  #command(deed: Extract<Step, { deed: string }>["deed"], now: Instant): void {
    const { connection } = this;
    switch (deed) {
      case "message":
        connection.sendMessage(SOURCE.subarray(0, 1 + (this.#number * 977) % 4_000), now);
        break;
      case "fetch":
        connection.startFetch(
          { id: new Uint8Array(20), bitmap: 1, maxPrice: 0, into: new Uint8Array(OBJECT_BYTES) },
          now,
        );
        break;
      case "cancel":
        connection.cancelFetch(this.#number % 4, now);
        break;
      case "serve": {
        const [requestId, slice] = [this.#number % 7, this.#number % 16];
        connection.fetchInfo(requestId, { status: 0, chunkLength: 1_048_576, queueMs: 0 }, now);
        connection.provideSlice(requestId, slice, SOURCE.subarray(0, SLICE_BYTES), now);
        break;
      }
      case "refuse":
        connection.refuseSlice(this.#number % 7, this.#number % 16, 1, now);
        break;
      case "transmit":
        for (let i = 0; i < 50 && connection.pollTransmit(now, this.#slab, 0) > 0; i++);
        break;
      case "wait": {
        const next = connection.nextTimeout() ?? now;
        if (next - now > 20_000) break; // an idle end is tested elsewhere
        this.#now = Math.max(this.#now, next);
        connection.handleTimeout(this.#now as Instant);
        break;
      }
    }
  }
}

test("no order of frames, however wrong, throws, overdraws a budget or outlives its close", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
      const victim = new Victim();
      for (const each of steps) {
        victim.do(each);
        const { receive, partialMessages } = victim.budgets;
        expect(partialMessages.usedBytes).toBeLessThanOrEqual(262_144);
        expect(receive.usedBytes).toBeGreaterThanOrEqual(0);
        expect(victim.connection.bytesInFlight).toBeGreaterThanOrEqual(0);
        if (victim.connection.isClosed) {
          expect([receive.usedBytes, partialMessages.usedBytes]).toEqual([0, 0]);
          expect(victim.connection.bytesInFlight).toBe(0);
        }
      }
    }),
    { numRuns: 400 },
  );
});

test("a peer that closes in any state leaves nothing behind", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: "max" }), (steps) => {
      const victim = new Victim();
      for (const each of steps) victim.do(each);
      const close: Write = (out, at) => encodeClose(0, new Uint8Array(), out, at);
      victim.do({ packet: 0, frames: [close] });
      if (victim.connection.pollEvent() === undefined && !victim.connection.isClosed) return;
      expect(victim.connection.isIdle).toBe(true);
      expect(victim.budgets.receive.usedBytes).toBe(0);
    }),
    { numRuns: 200 },
  );
});
