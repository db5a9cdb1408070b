import type { ChunkId, Instant } from "../../../../src/lib/mod.ts";
import { SERVING_TICK_MS, type Spending } from "../../../../src/market/mod.ts";
import { Opportunities } from "../../../../src/node/trade/opportunities.ts";
import { expect, test } from "../../../support/harness.ts";
import { chunkOf } from "../keep/store_fixtures.ts";

const TERMS = { factorMin: 3, queryIntervalMsMax: 1000 };
const BUDGET_CB = 4096;
const settled = () => new Promise<void>((done) => setTimeout(done, 0));

function setUp(wanted: number) {
  const told: string[] = [];
  const fetches: { signal: AbortSignal; spending: Spending; end(isFound: boolean): void }[] = [];
  const seen = { isBusy: false };
  let next = 0;
  const it = new Opportunities({
    appraisal: {
      seek: (terms) => {
        expect(terms).toEqual(TERMS);
        return next < wanted ? { id: chunkOf(next++, 100).id, budgetCb: BUDGET_CB } : undefined;
      },
      found: (_id: ChunkId, paidCb) => void told.push(`found for ${paidCb}`),
      notFound: (_id: ChunkId, paidCb) => void told.push(`not found for ${paidCb}`),
    },
    kept: () => TERMS,
    isBusy: () => seen.isBusy,
    fetch: (_id, { signal, purchase: { spending } }) =>
      new Promise((resolve, reject) => {
        const end = (isFound: boolean) =>
          isFound ? resolve(undefined) : reject(new Error("nobody"));
        fetches.push({ signal, spending, end });
      }),
    now: () => 0 as Instant,
  });
  let tick = 0;
  const turn = async () => {
    it.turn(++tick * SERVING_TICK_MS as Instant);
    await settled();
  };
  return { it, told, fetches, seen, turn };
}

test("one missing chunk is fetched at a time, and its end told", async () => {
  const { it, told, fetches, turn } = setUp(2);
  it.turn((SERVING_TICK_MS - 1) as Instant);
  expect(fetches.length).toBe(0);
  await turn();
  await turn();
  expect(fetches.length).toBe(1);
  fetches[0]?.end(true);
  await settled();
  await turn();
  fetches[1]?.end(false);
  await settled();
  await turn();
  expect([told, it.fetched, it.failed, fetches.length]).toEqual([
    ["found for 0", "not found for 0"],
    1,
    1,
    2,
  ]);
});

test("nothing is fetched for others while somebody here waits, or after the stop", async () => {
  const { it, fetches, seen, turn } = setUp(9);
  seen.isBusy = true;
  await turn();
  expect(fetches.length).toBe(0);
  seen.isBusy = false;
  await turn();
  it.stop();
  expect(fetches[0]?.signal.aborted).toBe(true);
  fetches[0]?.end(false);
  await turn();
  expect(fetches.length).toBe(1);
});

test("a fetch may pay what was set aside, and its end tells what it paid or may yet", async () => {
  const { told, fetches, turn } = setUp(2);
  await turn();
  const [first] = fetches;
  expect(first?.spending.open("aa", 1024, 3)).toBeDefined();
  expect(first?.spending.open("bb", 1, 1)).toBeUndefined(); // no holder asks more than is there
  first?.end(false);
  await settled();
  await turn();
  const expense = fetches[1]?.spending.open("aa", 1024, 1);
  expense?.answered(500, 1);
  expense?.arrived(500);
  expense?.ended(true);
  fetches[1]?.end(true);
  await settled();
  expect(told).toEqual(["not found for 4096", "found for 1524"]);
});
