import process from "node:process";
import { describe, expect, test } from "../support/harness.ts";
import type { DiskKind } from "./slow_ledger_disk.ts";
import { FACTOR_MAX } from "./trading_node.ts";
import { TradingPair } from "./trading_pair.ts";

/** `make soak` plays more. */
const CRASHES = Number(process.env["CRASHES"] ?? 200);
const CRASHES_PER_PAIR = 50;
const TIMEOUT_MS = 1_800_000;
/** What the fees of open FETCHes may come to. */
const FEES_CB = 2n ** 16n;

/** Pairs of which each side is killed again and again. @returns the greatest drift of one trade and
 * of both together, as shares of the window. */
async function killPairs(firstSeed: number, disk: DiskKind) {
  let [crashes, oneWay, both] = [0, 0, 0];
  for (let seed = firstSeed; crashes < CRASHES / 2; seed++) {
    const pair = new TradingPair(seed, disk);
    await pair.start();
    await pair.play(CRASHES_PER_PAIR);
    const { drift, windowMax } = pair;
    const isWithin = drift.oneWayBytes <= windowMax &&
      drift.oneWayCb <= windowMax * BigInt(FACTOR_MAX) + FEES_CB;
    const { unaskedCb } = drift;
    expect({ seed, isWithin, unaskedCb }).toEqual({ seed, isWithin: true, unaskedCb: 0n });
    oneWay = Math.max(oneWay, Number(drift.oneWayBytes) / Number(windowMax));
    both = Math.max(both, Number(drift.bytes) / Number(windowMax));
    crashes += pair.crashes;
  }
  if (CRASHES > 1_000) {
    const [one, two] = [oneWay, both].map((share) => (100 * share).toFixed(1));
    console.log(
      `${crashes} crashes, disk that ${disk}: apart by ${one} % of the window in one trade,`,
    );
    console.log(`by ${two} % in both together`);
  }
  return { oneWay, both };
}

describe("crashes", () => {
  test(
    "law: wherever a side is killed, its view and the other's differ by a window at most",
    async () => {
      const { oneWay, both } = await killPairs(1, "holds");
      expect(oneWay).toBeGreaterThan(0.2); // they were killed where it hurts
      expect(both).toBeLessThanOrEqual(2); // either side may have lost a window of what it bought
    },
    TIMEOUT_MS,
  );

  test("law: so it is where disks fail besides", async () => {
    expect((await killPairs(1_000, "fails")).oneWay).toBeGreaterThan(0.2);
  }, TIMEOUT_MS);

  test("a disk that says too early what it holds breaks that law", async () => {
    const pair = new TradingPair(1, "lies");
    await pair.start();
    await pair.play(CRASHES_PER_PAIR / 2);
    expect(pair.drift.oneWayBytes).toBeGreaterThan(pair.windowMax);
  });

  test("two sides that a crash has parted agree again once they have traded in peace", async () => {
    const pair = new TradingPair(3, "holds");
    await pair.start();
    await pair.play(CRASHES_PER_PAIR / 5);
    await pair.tradeInPeace();
    expect(pair.views).toEqual({ bytes: [0n, 0n], cb: [0n, 0n] });
    expect(pair.placesOwed).toEqual([0n, 0n]);
    for (const { state } of pair.nodes) expect(state.hostedCb).toBeGreaterThan(0n);
  });
});
