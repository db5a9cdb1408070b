import type { Instant, NodeId } from "../../../../src/lib/mod.ts";
import { SERVING_TICK_MS } from "../../../../src/market/mod.ts";
import { Offer, type OfferDoors } from "../../../../src/node/trade/offer.ts";
import { expect, test } from "../../../support/harness.ts";

const NODE = new Uint8Array(20) as NodeId;
const FAR = new Uint8Array(20).fill(0xff);
const MIB = 2 ** 20;

function offer(changes: Partial<OfferDoors> = {}) {
  const seen = { soldBytes: 0, leastIntervalMs: undefined as number | undefined };
  const it = new Offer({
    nodeId: NODE,
    sellUp: MIB,
    sellRange: undefined,
    minPopularity: undefined,
    soldBytes: () => seen.soldBytes,
    leastIntervalMs: () => seen.leastIntervalMs,
    seed: 1,
    now: 0 as Instant,
    ...changes,
  });
  const asks = (id: Uint8Array, payer: string | undefined = "4:one", bytes = MIB) =>
    it.isServed(id, bytes, payer, 0 as Instant);
  return { it, seen, asks };
}

test("a look at what is in range is no demand, nor are questions that nobody pays for", () => {
  const { it } = offer();
  expect([it.isInRange(160), it.isInRange(0)]).toEqual([true, false]);
  expect(it.isServed(FAR, MIB, undefined, 0 as Instant)).toBe(false);
  it.turn(SERVING_TICK_MS as Instant);
  expect(it.isInRange(0)).toBe(false);
});

test("a stored chunk out of range is served within a tick of demand, with bandwidth left", () => {
  const { it, asks } = offer();
  expect([asks(NODE), asks(FAR)]).toEqual([true, false]);
  expect(it.nextTimeout()).toBe(SERVING_TICK_MS as Instant);
  it.turn(SERVING_TICK_MS as Instant);
  expect([asks(FAR), it.status.rangeBits]).toEqual([true, 160]);
});

test("it is not while all that is sold is consumed: each tick counts what was sold in it", () => {
  const { it, seen, asks } = offer();
  for (let tick = 1; tick <= 10; tick++) {
    seen.soldBytes += MIB * SERVING_TICK_MS / 1000;
    it.turn(SERVING_TICK_MS * tick as Instant);
    expect(asks(FAR)).toBe(false);
  }
  it.turn(SERVING_TICK_MS * 11 as Instant);
  expect(asks(FAR)).toBe(true);
  expect(it.status.sentBytes).toBe(50 * MIB);
});

test("who asks for near chunks and takes none narrows no range; who takes them does", () => {
  for (const takes of [false, true]) {
    const { it, seen, asks } = offer();
    asks(FAR);
    it.turn(SERVING_TICK_MS as Instant);
    expect(it.status.rangeBits).toBe(160);
    for (let tick = 2; tick <= 240; tick++) { // twenty minutes in which all that is sold is
      const now = SERVING_TICK_MS * tick as Instant;
      for (let i = 0; i < 20; i++) it.isServed(NODE, MIB, "4:one", now);
      if (takes) it.noteTaken("4:one", 5 * MIB, now);
      seen.soldBytes += MIB * SERVING_TICK_MS / 1000;
      it.turn(now);
    }
    expect(it.status.rangeBits).toBe(takes ? 159 : 160);
  }
});

test("without a ceiling all is served; the operator's own range holds with and without", () => {
  expect(offer({ sellUp: undefined }).asks(FAR)).toBe(true);
  for (const sellUp of [MIB, undefined]) {
    const { it, asks } = offer({ sellUp, sellRange: 159 });
    expect([asks(FAR), it.kept.factorMin]).toEqual([false, 0]);
  }
});

test("a full disk tells how popular a chunk must be", () => {
  const { it, seen } = offer();
  seen.leastIntervalMs = 3_600_000;
  it.turn(SERVING_TICK_MS as Instant);
  expect([it.status.minReadsPerDay, it.kept.queryIntervalMsMax]).toEqual([24, 3_600_000]);
  expect(offer({ minPopularity: 3 }).it.status.minReadsPerDay).toBe(3);
});
