import { SeededRandom, type UnixMs } from "../../../../src/lib/mod.ts";
import { ChunkProver } from "../../../../src/node/keep/chunk_prover.ts";
import { type ChunkRow, UseLog } from "../../../../src/store/mod.ts";
import { MemoryBlobFiles } from "../../../sim/memory_blob_files.ts";
import { VirtualClock } from "../../../sim/virtual_clock.ts";
import { expect, test } from "../../../support/harness.ts";
import { chunkOf } from "./store_fixtures.ts";

function setUp() {
  const clock = new VirtualClock();
  const files = new MemoryBlobFiles({ clock, random: new SeededRandom(1), delayMs: [5, 5] });
  const uses = new UseLog();
  const run = <T>(promise: Promise<T>) => clock.runPromise(promise, { virtualMsMax: 10_000 });
  const keep = async (seed: number, length: number): Promise<ChunkRow> => {
    const { id, bytes } = chunkOf(seed, length);
    const at = length > 65_536 ? { segment: 0, slot: seed } : undefined;
    await run(at === undefined ? files.putSmall(id, bytes) : files.writeSlot(at, bytes));
    const usedMs = 0 as UnixMs;
    const rest = { boot: 3, isPinned: false, isHosted: false, usedMs, alias: undefined };
    return { id, at, length, state: "present", ...rest };
  };
  return { files, uses, prover: new ChunkProver(files, uses, 4), run, keep };
}

test("a row of this start is proven, one of an earlier start after its proof", async () => {
  const { prover, uses, run, keep } = setUp();
  for (const row of [await keep(1, 100_000), await keep(2, 500)]) {
    expect(prover.isProven({ ...row, boot: 4 })).toBe(true);
    expect(prover.isProven(row)).toBe(false);
    expect(await run(prover.prove(row))).toBe(true);
    expect(prover.isProven(row)).toBe(true);
    expect(uses.isProven(row.id)).toBe(true);
  }
});

test("a flipped bit, another length or a lost object is no proof", async () => {
  const { files, prover, run, keep } = setUp();
  const chunk = await keep(1, 100_000);
  const slot = files.disk.slots.get(1);
  if (slot !== undefined) slot[99_999] = (slot[99_999] ?? 0) ^ 1;
  const small = await keep(2, 500);
  const lost = await keep(3, 600);
  await run(files.deleteSmall([lost.id]));
  for (const row of [chunk, { ...small, length: 499 }, lost]) {
    expect(await run(prover.prove(row))).toBe(false);
    expect(prover.isProven(row)).toBe(false);
  }
});

test("an object is read once however many ask, and few are read at once", async () => {
  const { files, prover, run, keep } = setUp();
  const rows = [];
  for (let n = 0; n < 20; n++) rows.push(await keep(n, 70_000));
  let reads = 0;
  files.onCall = () => void reads++;
  const proofs = rows.flatMap((row) => [prover.prove(row), prover.prove(row)]);
  expect(reads).toBe(8);
  expect(await run(Promise.all(proofs))).toEqual(Array(40).fill(true));
  expect(reads).toBe(20);
});
