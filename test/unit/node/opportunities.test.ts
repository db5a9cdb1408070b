import type { ChunkId, Instant } from "../../../src/lib/mod.ts";
import { SERVING_TICK_MS } from "../../../src/market/mod.ts";
import { Opportunities } from "../../../src/node/opportunities.ts";
import { expect, test } from "../../support/harness.ts";
import { chunkOf } from "./store_fixtures.ts";

const TERMS = { factorMin: 3, queryIntervalMsMax: 1000 };
const settled = () => new Promise<void>((done) => setTimeout(done, 0));

function setUp(wanted: number) {
  const told: string[] = [];
  const fetches: { signal: AbortSignal; end(bytes: number | undefined): void }[] = [];
  const seen = { isBusy: false };
  let next = 0;
  const it = new Opportunities({
    appraisal: {
      seek: (terms) => {
        expect(terms).toEqual(TERMS);
        return next < wanted ? chunkOf(next++, 100).id : undefined;
      },
      found: (_id: ChunkId, bytes) => void told.push(`found ${bytes}`),
      notFound: () => void told.push("not found"),
    },
    kept: () => TERMS,
    isBusy: () => seen.isBusy,
    fetch: (_id, { signal }) =>
      new Promise((resolve, reject) => {
        const end = (bytes: number | undefined) =>
          bytes === undefined ? reject(new Error("nobody")) : resolve(bytes);
        fetches.push({ signal, end });
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
  fetches[0]?.end(100);
  await settled();
  await turn();
  fetches[1]?.end(undefined);
  await settled();
  await turn();
  expect([told, it.fetched, it.failed, fetches.length]).toEqual([
    ["found 100", "not found"],
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
  fetches[0]?.end(undefined);
  await turn();
  expect(fetches.length).toBe(1);
});
