import fc from "fast-check";
import {
  encodeAckFreq,
  encodeAddr,
  encodeAnswer,
  encodeCancel,
  encodeClose,
  encodeData,
  encodeExtensions,
  encodeFetch,
  encodeFetchInfo,
  encodeImmediateAck,
  encodeMsg,
  encodeNewCid,
  encodePad,
  encodePathChallenge,
  encodePathResponse,
  encodePing,
  encodeSliceEnd,
  isDrop,
  readFrames,
} from "../../src/wire/mod.ts";
import { recordingHandler } from "../support/frame_recorder.ts";
import { expect, test } from "../support/harness.ts";

type Written = {
  readonly name: string | undefined;
  readonly value: unknown;
  readonly write: (out: Uint8Array, at: number) => number;
};

const u8 = fc.nat({ max: 0xff });
const u16 = fc.nat({ max: 0xffff });
const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

function frame<T>(
  name: string,
  values: fc.Arbitrary<T>,
  encode: (value: T, out: Uint8Array, at: number) => number,
): fc.Arbitrary<Written> {
  return values.map((value) => ({
    name,
    value,
    write: (out, at) => encode(value, out, at),
  }));
}

const msg = fc.record({ id: u16, offset: fc.nat({ max: 900 }), bytes: bytes(1, 300), rest: u8 })
  .map(({ id, offset, bytes, rest }) => ({
    id,
    offset,
    total: offset + bytes.length + rest,
    bytes,
  }));

/** One arbitrary per frame type: a new frame belongs here. */
const anyFrame: fc.Arbitrary<Written> = fc.oneof(
  fc.nat({ max: 5 }).map((count): Written => ({
    name: undefined,
    value: undefined,
    write: (out, at) => encodePad(count, out, at),
  })),
  frame("onPing", fc.constant(undefined), (_, out, at) => encodePing(out, at)),
  frame("onImmediateAck", fc.constant(undefined), (_, out, at) => encodeImmediateAck(out, at)),
  frame("onPathChallenge", bytes(8, 8), encodePathChallenge),
  frame("onPathResponse", bytes(8, 8), encodePathResponse),
  frame(
    "onClose",
    fc.record({ code: u8, reason: bytes(0, 64) }),
    (value, out, at) => encodeClose(value.code, value.reason, out, at),
  ),
  frame("onAnswer", bytes(1, 300), encodeAnswer),
  frame("onMsg", msg, (value, out, at) => {
    const whole = new Uint8Array(value.total);
    whole.set(value.bytes, value.offset);
    return encodeMsg(value.id, whole, value.offset, value.bytes.length, out, at);
  }),
  frame(
    "onFetch",
    fc.record({
      requestId: u16,
      id: bytes(20, 20),
      bitmap: fc.integer({ min: 1, max: 0xffff }),
      maxPrice: u8,
    }),
    encodeFetch,
  ),
  frame(
    "onFetchInfo",
    fc.record({
      requestId: u16,
      status: u8,
      chunkLength: fc.nat({ max: 1_048_576 }),
      factor: u8,
      queueMs: u16,
      balance: i64,
      line: i64,
    }),
    encodeFetchInfo,
  ),
  frame(
    "onData",
    fc.record({ requestId: u16, offset: fc.nat({ max: 1_048_000 }), bytes: bytes(1, 300) }),
    (value, out, at) =>
      encodeData(value.requestId, value.offset, value.bytes, 0, value.bytes.length, out, at),
  ),
  frame(
    "onSliceEnd",
    fc.record({ requestId: u16, slice: fc.nat({ max: 15 }), status: u8 }),
    encodeSliceEnd,
  ),
  frame("onCancel", u16, encodeCancel),
  frame("onAckFreq", fc.record({ threshold: u8, maxDelayMs: u8, reorder: u8 }), encodeAckFreq),
  frame(
    "onAddr",
    fc.record({ ip: fc.constantFrom("192.0.2.7", "2001:db8::2"), port: u16 }),
    encodeAddr,
  ),
  frame(
    "onNewCid",
    fc.record({ sequence: u8, connectionId: fc.integer({ min: 16, max: 0xffff_ffff }) }),
    encodeNewCid,
  ),
  frame(
    "onExtensions",
    fc.array(fc.record({ id: u16, version: u8 }), { maxLength: 20 }),
    encodeExtensions,
  ),
);

const anyPacket = fc.array(anyFrame, { maxLength: 8 }).map((frames) => {
  const out = new Uint8Array(4_000);
  let at = 0;
  for (const each of frames) at = each.write(out, at);
  return { frames, packet: out.slice(0, at) };
});

test("a packet of any frames is read back frame by frame", () => {
  fc.assert(fc.property(anyPacket, ({ frames, packet }) => {
    const { handler, seen } = recordingHandler();
    expect(readFrames(packet, handler)).toBeUndefined();
    const expected = frames.filter((each) => each.name !== undefined)
      .map((each): readonly [string, unknown] => [each.name ?? "", each.value]);
    expect(seen).toEqual(expected);
  }));
});

test("a packet cut anywhere gives a prefix of its frames, then nothing or bad_frame", () => {
  fc.assert(
    fc.property(anyPacket, ({ frames, packet }) => {
      const whole = frames.filter((each) => each.name !== undefined).map((each) => each.name);
      for (let cut = 0; cut < packet.length; cut += 1 + (cut >> 4)) {
        const { handler, seen } = recordingHandler();
        const result = readFrames(packet.subarray(0, cut), handler);
        if (result !== undefined) expect(result.drop).toBe("bad_frame");
        expect(seen.map((call) => call[0])).toEqual(
          whole.slice(0, seen.length) as string[],
        );
      }
    }),
    { numRuns: 30 },
  );
});

test("random bytes and flipped bits never throw, and never read past the end", () => {
  const check = (packet: Uint8Array) => {
    const { handler, seen } = recordingHandler();
    const result = readFrames(packet, handler);
    expect(result === undefined || isDrop(result)).toBe(true);
    for (const [name, value] of seen) {
      if (name === "onData" || name === "onMsg") {
        expect((value as { bytes: Uint8Array }).bytes.length).toBeLessThanOrEqual(packet.length);
      }
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 1_500 }), check), { numRuns: 500 });
  // small type bytes first, so that frames are really entered
  const likely = fc.tuple(fc.nat({ max: 17 }), fc.uint8Array({ maxLength: 80 }))
    .map(([type, rest]) => Uint8Array.of(type, ...rest));
  fc.assert(fc.property(likely, check), { numRuns: 2_000 });
  fc.assert(
    fc.property(anyPacket, fc.nat(), ({ packet }, at) => {
      if (packet.length === 0) return;
      const flipped = packet.slice();
      const index = at % packet.length;
      flipped[index] = (flipped[index] ?? 0) ^ (1 << (at % 8));
      check(flipped);
    }),
    { numRuns: 500 },
  );
});
