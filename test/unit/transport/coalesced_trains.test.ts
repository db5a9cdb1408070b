import fc from "fast-check";
import { EndpointWorld } from "../../support/endpoint_world.ts";
import { present } from "../../support/handshake.ts";
import { describe, expect, test } from "../../support/harness.ts";

const A = "203.0.113.1", B = "203.0.113.2";
const MESSAGE = new Uint8Array(6_000).fill(0x61);

/** Two nodes that know each other, and a train of one as a kernel would put it together. */
function connected() {
  const world = new EndpointWorld(11);
  const a = world.node(A), b = world.node(B);
  const handle = a.connect(b);
  world.run(500);
  const slab = new Uint8Array(65_535);
  const connection = present(b.ofKind("connected")[0]).connection;
  const receivedBytes = () => present(b.endpoint.info(connection)).receivedBytes;
  return {
    /** A message's packets in one buffer, not delivered yet. */
    train() {
      a.endpoint.sendMessage(handle, MESSAGE, a.now);
      const { bytes, segmentBytes } = present(a.endpoint.pollTransmit(a.now, slab));
      const train = slab.slice(0, bytes);
      const segments = Array.from(
        { length: Math.ceil(bytes / segmentBytes) },
        (_, i) => train.subarray(i * segmentBytes, (i + 1) * segmentBytes),
      );
      expect(segments.length).toBeGreaterThan(4);
      return { train, segments, segmentBytes };
    },
    /** What was sent is acknowledged, and the pacer has tokens again. */
    settle: () => world.run(500),
    /** Bytes of the packets that are taken from one buffer. */
    taken(buffer: Uint8Array): number {
      const before = receivedBytes();
      b.inject(buffer, a.address);
      return receivedBytes() - before;
    },
  };
}

const sizeOf = (segments: readonly Uint8Array[]): number =>
  segments.reduce((sum, segment) => sum + segment.length, 0);

function joined(segments: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(sizeOf(segments));
  let at = 0;
  for (const segment of segments) {
    whole.set(segment, at);
    at += segment.length;
  }
  return whole;
}

describe("trains that the kernel put together", () => {
  /** One train before has told its size. */
  function practised() {
    const story = connected();
    const { train } = story.train();
    expect(story.taken(train)).toBe(train.length);
    story.settle();
    return story;
  }

  test("law: flipped bits cost the packets they are in and no other", () => {
    const flips = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(flips, fc.nat(255), (places, seed) => {
        const story = practised();
        const { train, segments, segmentBytes } = story.train();
        const isDamaged = new Set<number>();
        for (const place of places) {
          const at = Math.floor(place * train.length);
          const flipped = 1 << ((seed + at) % 8);
          train[at] = (train[at] ?? 0) ^ flipped;
          isDamaged.add(Math.floor(at / segmentBytes));
        }
        fc.pre(
          new Set(places.map((place) => Math.floor(place * train.length))).size ===
            places.length,
        ); // the same bit twice is none
        expect(story.taken(train)).toBe(sizeOf(segments.filter((_, i) => !isDamaged.has(i))));
      }),
      { numRuns: 60 },
    );
  });

  test("law: a cut train gives the packets that are whole", () => {
    fc.assert(
      fc.property(fc.nat(6_000), (length) => {
        const story = practised();
        const { train, segments, segmentBytes } = story.train();
        const cut = train.subarray(0, Math.min(length, train.length));
        const whole = segments.filter((segment, i) =>
          i * segmentBytes + segment.length <= cut.length
        );
        expect(story.taken(cut)).toBe(sizeOf(whole));
      }),
      { numRuns: 40 },
    );
  });

  test("law: in any order, with packets doubled and junk between, each is taken once", () => {
    const order = fc.array(fc.integer({ min: -1, max: 4 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(order, (picks) => {
        const story = practised();
        const { segments, segmentBytes } = story.train();
        const full = segments.filter((segment) => segment.length === segmentBytes);
        const chosen = picks.map((i) => full[i] ?? new Uint8Array(segmentBytes).fill(0xa5));
        const known = new Set(picks.filter((i) => full[i] !== undefined));
        expect(story.taken(joined(chosen))).toBe(known.size * segmentBytes);
      }),
      { numRuns: 40 },
    );
  });

  test("a train that continues behind its shorter packet gives nothing behind it", () => {
    const story = practised();
    const { segments, segmentBytes } = story.train();
    const short = present(segments.at(-1)), first = present(segments[0]);
    expect(short.length).toBeLessThan(segmentBytes);
    expect(story.taken(joined([first, short, present(segments[1])]))).toBe(segmentBytes);
  });

  test("without a readable first head and a size to remember, the whole train is junk", () => {
    const story = connected();
    const { train } = story.train();
    train[5] = (train[5] ?? 0) ^ 0xff;
    expect(story.taken(train)).toBe(0);
  });
});
