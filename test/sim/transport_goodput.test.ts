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
