import fc from "fast-check";
import type { Instant } from "../../../src/lib/mod.ts";
import type { Train } from "../../../src/transport/mod.ts";
import { ServingCeiling } from "../../../src/transport/serving_ceiling.ts";
import { expect, test } from "../../support/harness.ts";

const CHUNK_BYTES = 1_048_576;
const at = (ms: number) => ms as Instant;
const train = (bytes: number, segmentBytes: number, ip = "192.0.2.1"): Train => {
  return { to: { ip, port: 1 }, bytes, segmentBytes };
};

test("every datagram counts with the heads of UDP and of its IP", () => {
  const ceiling = new ServingCeiling(1_000_000, at(0));
  ceiling.spend(train(3_000, 1_200), at(0)); // 1,200 + 1,200 + 600
  expect(ceiling.spentBytes).toBe(3_000 + 3 * 28);
  ceiling.spend(train(1_200, 1_200, "2001:db8::1"), at(0));
  expect(ceiling.spentBytes).toBe(3_084 + 1_200 + 48);
});

test("an overdrawn ceiling tells when it opens, and is open then", () => {
  const ceiling = new ServingCeiling(1_000_000, at(0));
  expect(ceiling.openAt).toBeUndefined();
  ceiling.spend(train(140_000 - 28, 140_000), at(0)); // 100 ms were saved up
  expect(ceiling.isOpen(at(39))).toBe(false);
  expect(ceiling.openAt).toBe(at(40));
  expect(ceiling.isOpen(at(40))).toBe(true);
  expect(ceiling.openAt).toBeUndefined();
});

test("over no time whatever is more than a chunk sent beyond the rate", () => {
  const step = fc.record({
    waitMs: fc.double({ min: 0, max: 2_000, noNaN: true }),
    bytes: fc.integer({ min: 1_200, max: 65_000 }),
  });
  const rates = fc.integer({ min: 8_000, max: 1_250_000_000 });
  fc.assert(fc.property(rates, fc.array(step, { maxLength: 60 }), (rate, steps) => {
    const ceiling = new ServingCeiling(rate, at(0));
    let now = 0;
    const sent: { now: number; bytes: number }[] = [];
    for (const { waitMs, bytes } of steps) {
      now += waitMs;
      const before = ceiling.spentBytes;
      // a greedy sender: as many trains as it is let
      for (let i = 0; i < 100 && ceiling.isOpen(at(now)); i++) {
        ceiling.spend(train(bytes, 1_452), at(now));
      }
      sent.push({ now, bytes: ceiling.spentBytes - before });
    }
    for (let from = 0; from < sent.length; from++) {
      let bytes = 0;
      for (let to = from; to < sent.length; to++) {
        bytes += sent[to]?.bytes ?? 0;
        const ms = (sent[to]?.now ?? 0) - (sent[from]?.now ?? 0);
        expect(bytes).toBeLessThanOrEqual(rate * ms / 1000 + CHUNK_BYTES);
      }
    }
  }));
});
