import {
  type ChunkId,
  type Instant,
  type NodeId,
  type PublicKey,
  toHex,
} from "../../../../src/lib/mod.ts";
import {
  Appraiser,
  fetchBudgetCb,
  priceFactor,
  SEARCH_COST_CB,
  WEEK_MS,
} from "../../../../src/market/mod.ts";
import { Appraisal, openAppraisal } from "../../../../src/node/trade/appraisal.ts";
import type { ChunkStore } from "../../../../src/node/keep/chunk_store.ts";
import { KeepScores } from "../../../../src/node/keep/keep_scores.ts";
import type { NodeOptions } from "../../../../src/node/contract/node_options.ts";
import { ChunkScores, Counters } from "../../../../src/store/mod.ts";
import { VirtualClock } from "../../../sim/virtual_clock.ts";
import { SeededRandom } from "../../../../src/lib/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { chunkOf, MIB, storeOn } from "../keep/store_fixtures.ts";

const NODE = new Uint8Array(20) as NodeId;
const KEY = new Uint8Array(32) as PublicKey;
const at = (ms: number) => ms as Instant;
const from = (ip: string | undefined) => ({ publicKey: KEY, ip });

async function setUp(quotaBytes = 8 * MIB, priceFloor = 0) {
  const scores = new KeepScores();
  const under = await storeOn(quotaBytes, {}, undefined, undefined, scores);
  const appraiser = new Appraiser({
    capacityBytes: quotaBytes,
    storedClock: 0,
    seed: 1,
    now: at(0),
  });
  scores.begin(appraiser.clock);
  const counters = new Counters(under.db);
  const { store } = under;
  const appraisal = new Appraisal({ appraiser, scores, store, counters, nodeId: NODE, priceFloor });
  const put = async (seed: number) => {
    const { id, bytes } = chunkOf(seed, MIB);
    const alias = new Uint8Array(20).fill(seed) as ChunkId;
    await under.run(store.put(id, bytes, { pinned: false, alias }));
    return { id, alias };
  };
  const scoreOf = (id: ChunkId) => new ChunkScores(under.db).of(id)?.score ?? NaN;
  return { under, appraiser, appraisal, counters, put, scoreOf };
}

/** As a node opens it. */
function opened(store: ChunkStore, counters: Counters, priceFloor: number): Appraisal {
  const options = {
    config: { sellDisk: undefined, storeBytes: 8 * MIB, priceFloor },
    identity: { nodeId: NODE },
    ports: { clock: new VirtualClock(), random: new SeededRandom(1) },
  } as unknown as NodeOptions;
  return openAppraisal(options, { scores: new KeepScores(), store, counters });
}

test("what is sold raises the score, by either name, once an hour for each network", async () => {
  const { under, appraisal, put, scoreOf } = await setUp();
  const { id, alias } = await put(1);
  const before = scoreOf(id);
  for (const ip of ["192.0.2.1", "192.0.2.9", "192.0.2.200"]) {
    appraisal.sold(alias, MIB, 2, from(ip), at(1));
  }
  await under.clock.advanceSettled(1_000);
  const once = scoreOf(id);
  expect(once - before).toBeCloseTo(Math.log2((0.5 + 2.5) / 0.5), 1);
  appraisal.sold(id, MIB, 2, from("198.51.100.1"), at(1));
  appraisal.sold(chunkOf(9, MIB).id, MIB, 2, from("198.51.100.1"), at(1)); // it has gone
  await under.clock.advanceSettled(1_000);
  expect(scoreOf(id) - once).toBeCloseTo(Math.log2(5.5 / 3), 1);
});

test("paid questions for what is not here make it wanted, others do not", async () => {
  const { appraiser, appraisal, put } = await setUp();
  const { id } = await put(1);
  const missing = chunkOf(2, MIB).id;
  for (const ip of ["192.0.2.1", "198.51.100.1", undefined]) {
    appraisal.asked(id, from(ip), at(1));
    appraisal.asked(missing, from(ip), at(1));
  }
  expect([appraiser.demand.size, appraiser.demand.missedWorth(id)]).toEqual([1, 0]);
  expect(appraiser.demand.missedWorth(missing)).toBeGreaterThan(0);
});

test("a full store tells how often what goes next is read, looked at twice a minute", async () => {
  const { appraisal, put } = await setUp(4 * MIB);
  expect(appraisal.leastIntervalMs(at(0))).toBeUndefined();
  for (const seed of [1, 2, 3, 4]) await put(seed);
  expect(appraisal.leastIntervalMs(at(29_000))).toBeUndefined();
  expect(appraisal.leastIntervalMs(at(30_000))).toBeGreaterThan(3_600_000);
});

test("what is hosted is no part of the sixteenth behind which newcomers come in", async () => {
  const { under, appraisal, put, scoreOf } = await setUp(17 * MIB);
  const { store, run } = under;
  for (let n = 0; n < 32; n++) {
    const { id, bytes } = chunkOf(100 + n, 100);
    await run(store.put(id, bytes, { pinned: false }));
    await run(store.host(id, true, () => {}));
  }
  const scores = new ChunkScores(under.db);
  for (let seed = 1; seed <= 16; seed++) scores.set((await put(seed)).id, seed - 100);
  expect(appraisal.leastIntervalMs(at(60_000))).toBeDefined(); // full
  expect(scoreOf((await put(17)).id)).toBe(2 - 100); // of 16 one is below it
});

test("an object returns its price in the time between two reads, highest first", async () => {
  const { under, appraisal, put } = await setUp();
  const [rare, often] = [await put(1), await put(2)];
  const factorOf = ({ id }: { id: ChunkId }) => priceFactor(NODE, id);
  for (const [{ id }, networks] of [[rare, 1], [often, 5]] as const) {
    for (let n = 1; n <= networks; n++) {
      appraisal.sold(id, MIB, priceFactor(NODE, id), from(`192.0.${n}.1`), at(1));
    }
  }
  await under.clock.advanceSettled(1_000);
  const earners = appraisal.earners(9, (factor) => factor > 0, at(1));
  expect(earners.length).toBe(2);
  for (const { id, bytes, priceCb, readIntervalSeconds, cbPerDay, ...rest } of earners) {
    const factor = factorOf(toHex(rare.id) === id ? rare : often);
    expect([bytes, priceCb, rest.distanceBits]).toEqual([MIB, factor * MIB, 160 - factor]);
    expect(rest.served).toBe(factor > 0);
    const perDay = priceCb * 86_400 / readIntervalSeconds;
    expect(Math.abs(cbPerDay - perDay)).toBeLessThanOrEqual(perDay * 1e-9);
  }
  const [first, second] = earners.map(({ cbPerDay }) => cbPerDay);
  expect(first).toBeGreaterThanOrEqual(second ?? NaN);
  expect(appraisal.earners(1, () => true, at(1)).length).toBe(1);
  const interval = (of: ChunkId) =>
    earners.find(({ id }) => id === toHex(of))?.readIntervalSeconds ?? NaN;
  expect(interval(rare.id)).toBeGreaterThan(interval(often.id));
});

test("what a floor makes dearer returns its price, and lies as far as it did", async () => {
  const floor = 12;
  const { under, appraisal, put } = await setUp(8 * MIB, floor);
  const { id } = await put(1);
  for (let n = 0; n < 5; n++) appraisal.sold(id, MIB, floor, from(`192.0.${n}.1`), at(1));
  await under.clock.advanceSettled(1_000);
  const nearness = priceFactor(NODE, id);
  expect(nearness).toBeLessThan(floor);
  const asked: number[] = [];
  const [earner] = appraisal.earners(9, (bits) => asked.push(bits) > 0, at(1));
  expect([earner?.priceCb, earner?.distanceBits]).toEqual([floor * MIB, 160 - nearness]);
  expect(asked).toEqual([nearness]);
  const perDay = floor * MIB * 86_400 / (earner?.readIntervalSeconds ?? NaN);
  expect(Math.abs((earner?.cbPerDay ?? NaN) - perDay)).toBeLessThanOrEqual(perDay * 1e-9);
});

test("the clock of scores goes on from where it stood, or half a minute before", async () => {
  const { under, appraiser, appraisal, counters, put } = await setUp();
  const { id } = await put(1);
  appraisal.sold(id, MIB, 0, from("192.0.2.1"), at(0));
  const { stored } = appraiser.clock;
  expect(stored).toBeGreaterThan(0);
  appraisal.leastIntervalMs(at(0));
  await under.clock.advanceSettled(1_000);
  const kept = new Counters(under.db);
  expect(kept.get("keep_clock")).toBe(stored);
  expect(appraisal.noteClock()).toBe(false);
  const again = opened(under.store, kept, 0);
  expect(again.noteClock()).toBe(false);
  expect(counters.hasChanged).toBe(false);
});

test("what is not here is worth getting by what it would sell for, a floor too", async () => {
  const { under, counters } = await setUp();
  const far = new Uint8Array(20).fill(0xff) as ChunkId; // nothing is asked for it by its distance
  const found = [0, 12].map((floor) => {
    const appraisal = opened(under.store, counters, floor);
    for (let n = 0; n < 4; n++) appraisal.asked(far, from(`198.51.${n}.1`), at(1));
    return appraisal.seek({ factorMin: 0, queryIntervalMsMax: Infinity }, at(2))?.id;
  });
  expect(found).toEqual([undefined, far]);
});

test("what three networks paid to ask for in vain is sought, within the terms, once", async () => {
  const { appraiser, appraisal, put } = await setUp();
  const missing = chunkOf(2, MIB).id;
  for (let n = 0; n < 8; n++) appraisal.asked(missing, from(`198.51.${n}.1`), at(1));
  const all = { factorMin: 0, queryIntervalMsMax: Infinity };
  expect(appraisal.seek({ ...all, factorMin: 160 }, at(2))).toBeUndefined();
  expect(appraisal.seek({ ...all, queryIntervalMsMax: 1 }, at(2))).toBeUndefined();
  const budget = fetchBudgetCb(2);
  expect(appraisal.seek(all, at(2))).toEqual({ id: missing, budgetCb: budget });
  expect(appraisal.seek(all, at(2))).toBeUndefined();
  const { budgetCb } = appraiser.demand;
  await put(2);
  appraisal.found(missing, MIB / 2);
  expect(appraiser.demand.budgetCb).toBe(budgetCb + budget - MIB / 2); // what it paid is booked
  expect(appraiser.demand.size).toBe(0);
});

test("what has come is sought no more, what nobody has counts from nothing again", async () => {
  const { appraiser, appraisal, put } = await setUp();
  const all = { factorMin: 0, queryIntervalMsMax: Infinity };
  const [one, two] = [chunkOf(1, MIB).id, chunkOf(2, MIB).id];
  for (let n = 0; n < 8; n++) {
    for (const id of [one, two]) appraisal.asked(id, from(`198.51.${n}.1`), at(1));
  }
  await put(1);
  const { budgetCb } = appraiser.demand;
  expect(appraisal.seek(all, at(2))?.id).toEqual(two);
  appraisal.notFound(two, 7_000);
  expect(appraiser.demand.budgetCb).toBe(budgetCb - SEARCH_COST_CB - 7_000);
  expect([appraisal.seek(all, at(2)), appraiser.demand.size]).toEqual([undefined, 0]);
});

test("room costs nothing while there is some, then what would be earned by what goes", async () => {
  const { under, appraisal, put } = await setUp();
  const dear = Array.from({ length: 100 }, (_, seed) => seed)
    .filter((seed) => (chunkOf(seed, MIB).id[0] ?? 0) < 0x80); // those of factor 1 and more
  await put(dear[0] ?? 0);
  expect(appraisal.roomPrice(MIB, WEEK_MS, at(1))).toBe(0n);
  for (const seed of dear.slice(1, 7)) {
    const { id } = await put(seed);
    appraisal.sold(id, MIB, 2, from("192.0.2.1"), at(1));
  }
  await under.clock.advanceSettled(1_000);
  const week = appraisal.roomPrice(MIB, WEEK_MS, at(1)) ?? 0n;
  expect(week).toBeGreaterThan(0n);
  const month = appraisal.roomPrice(MIB, 4 * WEEK_MS, at(1)) ?? 0n;
  expect(Number(month) / Number(week)).toBeCloseTo(4, 3);
});
