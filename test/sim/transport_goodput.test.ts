import { chunks, Transfer } from "../support/transfer.ts";
import { TransportPair } from "../support/transport_pair.ts";
import { expect, test } from "../support/harness.ts";
import type { LinkModel } from "./mod.ts";

const BYTES_PER_MS = 12_500; // 100 Mbit/s
/** A second or two each on an idle core; the default of 5 s is too near on a busy one. */
const TIMEOUT_MS = 60_000;

function link(rttMs: number, more: Partial<LinkModel> = {}): LinkModel {
  return {
    delay: { kind: "fixed", ms: rttMs / 2 },
    bytesPerSecond: BYTES_PER_MS * 1_000,
    queueBytes: BYTES_PER_MS * rttMs, // 1 BDP
    ...more,
  };
}

/** Share of the line's rate that arrives as content. */
function goodput(path: LinkModel, megabytes: number, timerSlackMs = 0): number {
  const pair = new TransportPair({ seed: 5, link: path, timerSlackMs });
  const transfer = new Transfer(pair, chunks(megabytes), 5);
  pair.run(() => transfer.isDone, 600_000);
  expect(transfer.isExact).toBe(true);
  return megabytes * 1_048_576 / pair.now / BYTES_PER_MS;
}

test("a clean path of 100 Mbit/s and 20 ms is used to 90 % and more, slow start included", () => {
  expect(goodput(link(20), 40)).toBeGreaterThan(0.9);
}, TIMEOUT_MS);

test("timers that fire 1.5 ms late cost little", () => {
  expect(goodput(link(20), 40, 1.5)).toBeGreaterThan(0.88);
}, TIMEOUT_MS);

/** Mbit/s of content over `seconds` virtual seconds, after a start that does not count.
 * @param mostMbit that it will be; for the amount of content. */
function steadyMbit(path: LinkModel, seconds: number, startMs: number, mostMbit: number): number {
  const pair = new TransportPair({ seed: 5, link: path, back: { delay: path.delay } });
  const megabytes = Math.ceil(mostMbit * (seconds + startMs / 1_000) / 8);
  const transfer = new Transfer(pair, chunks(megabytes), 5);
  pair.run(() => transfer.isDone, startMs);
  const [bytes, at] = [pair.b.connection.stats()["dataBytes"] ?? 0, pair.now];
  pair.run(() => transfer.isDone, seconds * 1_000);
  const more = (pair.b.connection.stats()["dataBytes"] ?? 0) - bytes;
  return more * 8 / 1_000 / (pair.now - at);
}

const lossy = (ratio: number) => ({ loss: { kind: "bernoulli", ratio } } as const);

/** The gate rows of protocol.md §2.6 for CUBIC, on 100 Mbit/s with a buffer of 1 BDP. */
const GATES: readonly (readonly [string, LinkModel, number, number, number])[] = [
  ["20 ms, no loss", link(20), 8, 93, 100],
  ["20 ms, 0.1 %", link(20, lossy(0.001)), 30, 15, 30],
  ["80 ms, 0.1 %", link(80, lossy(0.001)), 60, 4, 8],
  ["80 ms, 1 %", link(80, lossy(0.01)), 60, 1.2, 2.5],
  ["200 ms, 1 %", link(200, lossy(0.01)), 60, 0.5, 1.1],
  ["80 ms, 3 %", link(80, lossy(0.03)), 60, 0.7, 1.5],
  ["80 ms, 5 % up to RTT/4 late", link(80, { reorder: { ratio: 0.05, delayMs: 20 } }), 6, 70, 100],
];

for (const [name, path, seconds, least, most] of GATES) {
  test(`steady goodput at ${name} is ${least} to ${most} Mbit/s`, () => {
    const mbit = steadyMbit(path, seconds, 3_000, most);
    expect(mbit).toBeGreaterThanOrEqual(least);
    expect(mbit).toBeLessThanOrEqual(most);
  }, TIMEOUT_MS);
}

test("a satellite's 600 ms at 20 Mbit/s is used to 85 % once the window has grown", () => {
  const path = { ...link(600), bytesPerSecond: 2_500_000, queueBytes: 1_500_000 };
  expect(steadyMbit(path, 20, 8_000, 20)).toBeGreaterThan(17);
}, TIMEOUT_MS);

test("a cold chunk at 80 ms takes 7 round trips at most", () => {
  const pair = new TransportPair({ seed: 5, link: link(80) });
  const transfer = new Transfer(pair, chunks(1), 5);
  pair.run(() => transfer.isDone, 10_000);
  // the handshake's round trip comes before this: 8 in all (protocol.md §2.6)
  expect(pair.now / 80).toBeLessThanOrEqual(7);
});

test("a fifth of the line's buffer and late timers do not starve the flow", () => {
  expect(goodput(link(20, { queueBytes: BYTES_PER_MS * 4 }), 30, 1)).toBeGreaterThan(0.6);
});

test("on loopback with the stock receive buffer nothing falls back to timeouts", () => {
  const stock = {
    delay: { kind: "fixed", ms: 0.05 },
    bytesPerSecond: 1_000_000_000,
    queueBytes: 200_000,
  } as const;
  const pair = new TransportPair({ seed: 5, link: stock, timerSlackMs: 1 });
  const transfer = new Transfer(pair, chunks(32), 5);
  pair.run(() => transfer.isDone, 60_000);
  expect(transfer.isExact).toBe(true);
  expect(32 * 1_048_576 / pair.now).toBeGreaterThan(200_000); // bytes per ms
  expect(pair.a.connection.stats()["ptos"]).toBe(0);
});
