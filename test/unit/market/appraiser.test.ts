import { asChunkId, type ChunkId, randomBytes, SeededRandom } from "../../../src/lib/mod.ts";
import { Appraiser, type KeepScore, raiseScore, worthOf } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { at, MIB } from "../../support/market_parts.ts";

const random = new SeededRandom(0xa99);
const anyId = (): ChunkId => asChunkId(randomBytes(random, 20));
const appraiser = (): Appraiser =>
  new Appraiser({ capacityBytes: 2 ** 40, storedClock: 0, seed: 7, now: at(0) });
const wholeUse = (id: ChunkId, voter: string) => ({ id, bytes: MIB, objectBytes: MIB, voter });

test("a sale counts once an hour for each network, its income always", () => {
  const market = appraiser();
  const id = anyId();
  const budget = market.demand.budgetCb;
  expect(market.sold(wholeUse(id, "4:1"), 4, at(0))).toBe(worthOf(MIB, 4));
  expect(market.sold(wholeUse(id, "4:1"), 4, at(1))).toBe(0);
  expect(market.demand.budgetCb).toBe(budget + 2 * MIB * 4 / 4);
});

test("who buys from himself to look popular cannot drive out what earned ten times as much", () => {
  const market = appraiser();
  const [honest, junk] = [anyId(), anyId()];
  const raise = (score: KeepScore | undefined, worth: number): KeepScore | undefined =>
    worth === 0 ? score : raiseScore(score, worth, MIB, market.clock.time);
  let honestScore: KeepScore | undefined;
  let junkScore: KeepScore | undefined;
  let spent = 0, earned = 0;
  for (let i = 0; i < 200; i++) { // 200 networks read what is wanted
    honestScore = raise(honestScore, market.sold(wholeUse(honest, `4:${i}`), 4, at(i)));
    earned += 4 * MIB;
  }
  for (let i = 0; i < 5000; i++) { // and one reads his own a thousand times as hard
    junkScore = raise(junkScore, market.sold(wholeUse(junk, "6:evil"), 4, at(i)));
    spent += 4 * MIB;
  }
  expect(spent).toBeGreaterThan(10 * earned);
  expect(junkScore).toBeLessThan(honestScore ?? 0);
});

test("missed queries and sales move one clock", () => {
  const market = appraiser();
  market.missed({ id: anyId(), factor: 0, voter: "4:1" }, at(0));
  const once = market.clock.time;
  market.sold(wholeUse(anyId(), "4:1"), 0, at(0));
  expect(market.clock.time).toBeCloseTo(2 * once, 12);
});
