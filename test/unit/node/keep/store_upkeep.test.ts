import { asChunkId, type ChunkId, SkerryError } from "../../../../src/lib/mod.ts";
import { StoreUpkeep } from "../../../../src/node/keep/store_upkeep.ts";
import { VirtualClock } from "../../../sim/virtual_clock.ts";
import { expect, test } from "../../../support/harness.ts";

const idOf = (first: number): ChunkId => asChunkId(new Uint8Array(20).fill(first));
const IDS = [10, 100, 200].map(idOf);

function fresh(count: number) {
  const clock = new VirtualClock();
  const done: string[] = [];
  const proven: number[] = [];
  const upkeep = new StoreUpkeep({
    clock,
    saveUses: () => Promise.resolve(void done.push("uses")),
    space: {
      measure: () => Promise.resolve(void done.push("measure")),
      maintain: () => Promise.resolve(void done.push("maintain")),
    },
    count: () => count,
    next: (after) => IDS.find((id) => after === undefined || Buffer.compare(id, after) > 0),
    reprove: (id) => Promise.resolve(void proven.push(id[0] ?? 0)),
    onFailed: (error) => void done.push(error.code),
  });
  upkeep.start();
  return { clock, done, proven, upkeep };
}

test("uses are saved and space is kept each second, files measured each minute", async () => {
  const { clock, done, upkeep } = fresh(0);
  await clock.advanceSettled(2_000);
  expect(done).toEqual(["uses", "maintain", "uses", "maintain"]);
  await clock.advanceSettled(59_000);
  expect(done.filter((what) => what === "measure").length).toBe(1);
  await upkeep.stop();
  const before = done.length;
  await clock.advanceSettled(5_000);
  expect(done.length).toBe(before);
});

test("a hundredth of all is proven in a day, one after the other and round again", async () => {
  const { clock, proven, upkeep } = fresh(86_400 * 25); // one in four seconds
  await clock.advanceSettled(40_000);
  expect(proven.length).toBe(10);
  for (const [i, id] of proven.entries()) {
    expect(proven[i + 1] ?? IDS[(IDS.findIndex(([first]) => first === id) + 1) % 3]?.[0])
      .toBe(IDS[(IDS.findIndex(([first]) => first === id) + 1) % 3]?.[0]);
  }
  await upkeep.stop();
});

test("however many there are, one a second is proven; of few, none for a long time", async () => {
  const many = fresh(1e12);
  await many.clock.advanceSettled(10_000);
  expect(many.proven.length).toBe(10);
  const few = fresh(100);
  await few.clock.advanceSettled(3_600_000);
  expect(few.proven).toEqual([]);
  await many.upkeep.stop();
  await few.upkeep.stop();
});

test("a disk that fails is told, and the next second tried again", async () => {
  const clock = new VirtualClock();
  const told: string[] = [];
  const upkeep = new StoreUpkeep({
    clock,
    saveUses: () => Promise.reject(new SkerryError("DISK_FAILED", "no")),
    space: { measure: () => Promise.resolve(), maintain: () => Promise.resolve() },
    count: () => 0,
    next: () => undefined,
    reprove: () => Promise.resolve(),
    onFailed: (error) => void told.push(error.code),
  });
  upkeep.start();
  await clock.advanceSettled(2_000);
  expect(told).toEqual(["DISK_FAILED", "DISK_FAILED"]);
  await upkeep.stop();
});
