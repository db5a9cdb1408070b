import { SeededRandom } from "../../../src/lib/mod.ts";
import { Bottleneck, type LinkModel, VirtualLink } from "../../sim/mod.ts";
import { expect, test } from "../../support/harness.ts";

interface Arrival {
  readonly index: number;
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** Sends `count` datagrams of 100 bytes, one per ms; the first two bytes number them. */
function send(model: LinkModel, count: number, seed = 1) {
  const link = new VirtualLink(new SeededRandom(seed));
  const arrivals: Arrival[] = [];
  const drops: number[] = [];
  for (let index = 0; index < count; index++) {
    const bytes = new Uint8Array(100).fill(7);
    new DataView(bytes.buffer).setUint16(0, index);
    const why = link.transmit(bytes, index, model, (atMs, copy) => {
      arrivals.push({ index, atMs, bytes: copy });
    });
    if (why !== undefined) drops.push(index);
  }
  return { arrivals, drops };
}

const FIXED = { kind: "fixed", ms: 10 } as const;

test("a plain link delivers everything, in order, after its delay", () => {
  const { arrivals, drops } = send({ delay: FIXED }, 50);
  expect(drops).toEqual([]);
  expect(arrivals.map(({ atMs }) => atMs)).toEqual(Array.from({ length: 50 }, (_, i) => i + 10));
});

test("jitter does not reorder, `reorder` does", () => {
  const delay = { kind: "uniform", minMs: 1, maxMs: 50 } as const;
  const late = ({ arrivals }: { arrivals: Arrival[] }): number => {
    let count = 0;
    for (let i = 1; i < arrivals.length; i++) {
      if ((arrivals[i]?.atMs ?? 0) < (arrivals[i - 1]?.atMs ?? 0)) count++;
    }
    return count;
  };
  expect(late(send({ delay }, 1_000))).toBe(0);
  expect(late(send({ delay, reorder: { ratio: 0.1, delayMs: 40 } }, 1_000))).toBeGreaterThan(50);
});

test("Bernoulli loss loses its share, and one switch does not shift the other dice", () => {
  const loss = { kind: "bernoulli", ratio: 0.2 } as const;
  const { drops } = send({ delay: FIXED, loss }, 5_000);
  expect(Math.abs(drops.length / 5_000 - 0.2)).toBeLessThan(0.02);
  const more = send({ delay: FIXED, loss, corruptRatio: 0.5, duplicateRatio: 0.5 }, 5_000);
  expect(more.drops).toEqual(drops);
});

test("Gilbert-Elliott loss comes in bursts of the length asked for", () => {
  const loss = {
    kind: "gilbert_elliott",
    toBad: 0.01,
    toGood: 0.1,
    lossWhileGood: 0,
    lossWhileBad: 1,
  } as const;
  const { drops } = send({ delay: FIXED, loss }, 50_000);
  const bursts = drops.filter((index, i) => drops[i - 1] !== index - 1).length;
  expect(Math.abs(drops.length / 50_000 - 1 / 11)).toBeLessThan(0.02); // toBad / (toBad + toGood)
  expect(Math.abs(drops.length / bursts - 10)).toBeLessThan(1.5);
});

test("a rate spaces packets, and a full queue drops the tail", () => {
  // 128 B on the wire per datagram at 12,800 B/s: 10 ms each, sent 1 ms apart; room for 4 waiting.
  const model = { delay: FIXED, bytesPerSecond: 12_800, queueBytes: 512 };
  const { arrivals, drops } = send(model, 100);
  expect(arrivals[0]?.atMs).toBeCloseTo(20);
  for (let i = 1; i < arrivals.length; i++) {
    expect((arrivals[i]?.atMs ?? 0) - (arrivals[i - 1]?.atMs ?? 0)).toBeCloseTo(10);
  }
  expect(arrivals.length + drops.length).toBe(100);
  expect(arrivals.length).toBeLessThan(16);
  expect(drops[0]).toBeGreaterThan(2);
});

test("an idle line saves up nothing", () => {
  const line = new Bottleneck();
  expect(line.enqueue(100, 0, 1_000, 0)).toBe(100);
  expect(line.enqueue(100, 50, 1_000, 0)).toBeUndefined();
  expect(line.enqueue(100, 5_000, 1_000, 0)).toBe(5_100);
});

test("duplicates arrive as copies of their own", () => {
  const { arrivals } = send({ delay: FIXED, duplicateRatio: 1 }, 10);
  expect(arrivals.length).toBe(20);
  expect(arrivals[0]?.bytes).toEqual(arrivals[1]?.bytes as Uint8Array);
  expect(arrivals[0]?.bytes.buffer).not.toBe(arrivals[1]?.bytes.buffer as ArrayBuffer);
});

test("corruption flips one bit, cuts or lengthens", () => {
  const { arrivals } = send({ delay: FIXED, corruptRatio: 1 }, 300);
  const kinds = { flipped: 0, cut: 0, lengthened: 0 };
  for (const { index, bytes } of arrivals) {
    if (bytes.length < 100) kinds.cut++;
    else if (bytes.length > 100) kinds.lengthened++;
    else {
      kinds.flipped++;
      const clean = new Uint8Array(100).fill(7);
      new DataView(clean.buffer).setUint16(0, index);
      let bits = 0;
      for (let i = 0; i < 100; i++) {
        bits += ((bytes[i] ?? 0) ^ (clean[i] ?? 0)).toString(2).replaceAll("0", "").length;
      }
      expect(bits).toBe(1);
    }
  }
  for (const count of Object.values(kinds)) expect(count).toBeGreaterThan(60);
});

test("a black hole swallows by size on the wire", () => {
  expect(send({ delay: FIXED, mtuBytes: 128 }, 5).drops).toEqual([]);
  expect(send({ delay: FIXED, mtuBytes: 127 }, 5).drops.length).toBe(5);
});

test("a clogged path delivers late what it would have delivered", () => {
  const link = new VirtualLink(new SeededRandom(1));
  link.clog(500, 0);
  const at: number[] = [];
  for (const now of [0, 100, 495]) {
    link.transmit(new Uint8Array(1), now, { delay: FIXED }, (atMs) => at.push(atMs));
  }
  expect(at).toEqual([500, 500, 505]);
  const { arrivals } = send({ delay: FIXED, clog: { ratio: 0.05, msMax: 200 } }, 500);
  expect(arrivals.length).toBe(500);
  expect(Math.max(...arrivals.map(({ index, atMs }) => atMs - index))).toBeGreaterThan(50);
});
