import { networkOf, parseIdentity } from "../../../../src/identity/mod.ts";
import { fromUtf8, SeededRandom, SkerryError, utf8 } from "../../../../src/lib/mod.ts";
import { loadOrCreateIdentity } from "../../../../src/node/self/identity_file.ts";
import { type RankClaim, RankMiner } from "../../../../src/node/self/rank_miner.ts";
import type { MiningJob, MiningProgress } from "../../../../src/ports/mod.ts";
import { VirtualClock } from "../../../sim/virtual_clock.ts";
import { inlineWorkPool } from "../../../support/cli_fixture.ts";
import { expect, test } from "../../../support/harness.ts";
import { MemoryDisk } from "../../../support/memory_disk.ts";

const MINUTE_MS = 60_000;
const IDLE = { perMinute: 0.2, processors: 2, isOnBattery: false };

/** A search under way, which the test lets find what it likes. */
interface Search {
  readonly job: MiningJob;
  find(tries: number, best?: { nonce: bigint; bits: number }): void;
}

async function setUp({ dutyPercent = 10, network = "main" as "main" | "dev" } = {}) {
  const clock = new VirtualClock();
  const files = new MemoryDisk();
  const world = {
    load: IDLE as typeof IDLE & { perMinute: number | undefined },
    lockedBy: 0,
    lockError: undefined as Error | undefined,
    closes: 0,
  };
  const searches: Search[] = [];
  const [gains, log]: [RankClaim[], string[]] = [[], []];
  const doors = { files, random: new SeededRandom(3), workPool: inlineWorkPool() };
  const identity = await loadOrCreateIdentity("/d", "dev", doors); // quick
  const make = () =>
    new RankMiner({
      dataDir: "/d",
      network: networkOf(network),
      publicKey: identity.keyPair.publicKey,
      dutyPercent,
      files,
      clock,
      readLoad: () => Promise.resolve(world.load),
      logger: { log: (_level, event) => void log.push(event) },
      lock() {
        if (world.lockError !== undefined) throw world.lockError;
        if (world.lockedBy > 0) throw new SkerryError("DATABASE_IN_USE", "locked");
        world.lockedBy++;
        return { release: () => void world.lockedBy-- };
      },
      pool: {
        close: () => Promise.resolve(void world.closes++),
        mine: (job, onProgress, signal) =>
          new Promise((resolve, reject) => {
            let progress: MiningProgress = {
              tries: 0,
              triesPerSecond: 7,
              nextNonce: job.startNonce,
              best: undefined,
            };
            searches.push({
              job,
              find(tries, best) {
                progress = { ...progress, tries, nextNonce: job.startNonce + BigInt(tries), best };
                onProgress(progress);
                if (best !== undefined && best.bits >= job.targetBits) resolve(best);
              },
            });
            signal?.addEventListener("abort", () => {
              onProgress(progress);
              reject(new SkerryError("CANCELLED", "called off"));
            });
          }),
      },
    });
  const saved = () => {
    const text = fromUtf8(files.files.get("/d/identity.json") ?? new Uint8Array()) ?? "";
    const record = parseIdentity(text);
    if ("fault" in record) throw new Error(record.fault);
    return { rank: record.rank, nonce: record.rankNonce, ...record.search.rank };
  };
  const miner = make();
  const start = async (rank = 0, which = miner) => {
    which.start(rank, (claim) => void gains.push(claim));
    await clock.settle();
  };
  const last = (): Search => {
    const search = searches.at(-1);
    if (search === undefined) throw new Error("nothing is being searched");
    return search;
  };
  return { clock, files, world, searches, gains, log, miner, make, saved, start, last };
}

test("without a rank a node looks quickly for 8, then for one more by its duty", async () => {
  const { clock, gains, last, miner, saved, start, searches, world } = await setUp();
  world.load = { ...IDLE, perMinute: 99 }; // the first search is too short to be put off
  await start();
  expect(last().job).toMatchObject({ puzzle: "rank", startNonce: 0n, targetBits: 8, share: 0.5 });
  expect(miner.status).toEqual({ state: "searching", tries: 0, dutyPercent: 50 });
  last().find(200, { nonce: 150n, bits: 8 });
  await clock.settle();
  expect(gains).toEqual([{ rank: 8, rankNonce: 150n }]);
  expect(saved()).toEqual({ rank: 8, nonce: 150n, nextNonce: 200n, tries: 200 });
  expect(searches.length).toBe(1);
  world.load = IDLE;
  await clock.advanceSettled(MINUTE_MS);
  expect(last().job).toMatchObject({ startNonce: 200n, targetBits: 9, share: 0.1 });
  expect(miner.status).toEqual({ state: "searching", tries: 200, dutyPercent: 10 });
});

test("a duty above a half is kept in the first search too", async () => {
  const { last, start } = await setUp({ dutyPercent: 80 });
  await start();
  expect(last().job.share).toBe(0.8);
});

test("it rests while the machine is busy or on its battery, and goes on after that", async () => {
  const { clock, miner, searches, start, world, last } = await setUp();
  world.load = { ...IDLE, perMinute: 1.01 };
  await start(8);
  expect([miner.status.state, searches.length]).toEqual(["loaded", 0]);
  world.load = { ...IDLE, isOnBattery: true };
  await clock.advanceSettled(MINUTE_MS);
  expect([miner.status.state, searches.length]).toEqual(["on_battery", 0]);
  world.load = { ...IDLE, perMinute: 1 };
  await clock.advanceSettled(MINUTE_MS);
  expect(miner.status.state).toBe("searching");
  last().find(3);
  world.load = { ...IDLE, perMinute: 2 };
  await clock.advanceSettled(MINUTE_MS); // looked at while it searches, too
  expect([miner.status.state, miner.status.tries]).toEqual(["loaded", 3]);
});

test("tries are kept every minute and at the stop, and the next run goes on there", async () => {
  const { clock, files, gains, last, make, miner, saved, start, searches, world } = await setUp();
  await start(8);
  for (let half = 1; half <= 3; half++) {
    last().find(10, { nonce: 4n, bits: 3 });
    await clock.advanceSettled(MINUTE_MS / 2);
  }
  expect(saved()).toEqual({ rank: 0, nonce: 0n, nextNonce: 20n, tries: 20 });
  expect([last().job.startNonce, miner.status.tries]).toEqual([30n, 30]);
  last().find(5);
  await miner.stop();
  expect([saved().tries, world.closes, world.lockedBy]).toEqual([35, 1, 0]);
  const pending = searches.length;
  await start(8, make());
  expect([searches.length, last().job.startNonce]).toEqual([pending + 1, 35n]);
  expect(gains).toEqual([]);
  expect(files.files.has("/d/identity.json")).toBe(true);
});

test("skerry id has the file as long as it searches, and what it finds is taken over", async () => {
  const { clock, files, gains, last, miner, saved, start, world } = await setUp();
  await start(8);
  world.lockedBy = 1;
  last().find(10, { nonce: 9n, bits: 9 });
  await clock.settle();
  expect(gains).toEqual([{ rank: 9, rankNonce: 9n }]); // used at once, written down later
  expect([miner.status.state, saved().rank]).toEqual(["elsewhere", 0]);
  const text = fromUtf8(files.files.get("/d/identity.json") ?? new Uint8Array()) ?? "";
  const theirs = text.replace('"rank": 0', '"rank": 12').replace(
    '"rankNonce": "0"',
    '"rankNonce": "77"',
  );
  files.files.set("/d/identity.json", utf8(theirs));
  world.lockedBy = 0;
  await clock.advanceSettled(MINUTE_MS);
  expect(gains.at(-1)).toEqual({ rank: 12, rankNonce: 77n });
  expect(saved()).toEqual({ rank: 12, nonce: 77n, nextNonce: 10n, tries: 10 });
  expect(last().job.targetBits).toBe(13);
});

test("what skerry id finds is taken over while the search rests, too", async () => {
  const { clock, files, gains, saved, searches, start, world } = await setUp();
  world.load = { ...IDLE, perMinute: 9 };
  await start(8);
  const text = fromUtf8(files.files.get("/d/identity.json") ?? new Uint8Array()) ?? "";
  files.files.set("/d/identity.json", utf8(text.replace('"rank": 0', '"rank": 18')));
  await clock.advanceSettled(2 * MINUTE_MS);
  expect([gains, saved().rank, searches.length]).toEqual([[{ rank: 18, rankNonce: 0n }], 18, 0]);
});

test("a disk that fails is told of and left alone for ten minutes; nothing is lost", async () => {
  const { clock, last, log, miner, saved, searches, start, world } = await setUp();
  await start(8);
  world.lockError = new SkerryError("DISK_FAILED", "no disk");
  last().find(10, { nonce: 9n, bits: 9 });
  await clock.advanceSettled(9 * MINUTE_MS);
  expect([log, searches.length, miner.status]).toEqual([
    ["rank_gained", "rank_search_failed"],
    1,
    { state: "failed", tries: 10, dutyPercent: 10 },
  ]);
  world.lockError = undefined;
  await clock.advanceSettled(MINUTE_MS);
  expect([saved().rank, saved().tries, last().job.targetBits]).toEqual([9, 10, 10]);
});

test("where a try costs nothing the search ends at 16", async () => {
  const { clock, last, miner, searches, start } = await setUp({ network: "dev" });
  await start();
  expect(last().job.puzzle).toBe("test_rank");
  last().find(300, { nonce: 9n, bits: 17 });
  await clock.advanceSettled(MINUTE_MS);
  expect([miner.status.state, searches.length]).toEqual(["done", 1]);
  await miner.stop();
});

test("a stop while it rests does not wait", async () => {
  const { miner, start, world } = await setUp();
  world.load = { ...IDLE, perMinute: 9 };
  await start(8);
  await miner.stop();
  expect(world.closes).toBe(1);
});
