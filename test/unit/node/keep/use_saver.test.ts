import { asChunkId, type ChunkId, type UnixMs } from "../../../../src/lib/mod.ts";
import { KeepScores } from "../../../../src/node/keep/keep_scores.ts";
import { UseSaver } from "../../../../src/node/keep/use_saver.ts";
import { type ChunkIndex, UseLog } from "../../../../src/store/mod.ts";
import { expect, test } from "../../../support/harness.ts";

const id = (n: number): ChunkId => {
  const bytes = new Uint8Array(20);
  new DataView(bytes.buffer).setUint32(0, n);
  return asChunkId(bytes);
};

function setUp() {
  const uses = new UseLog();
  const scores = new KeepScores();
  const written: number[] = [];
  let rows = 0;
  const index = { setUsed: () => rows++ } as unknown as ChunkIndex;
  const writer = {
    write(change: () => void) {
      rows = 0;
      change();
      written.push(rows);
      return Promise.resolve();
    },
  };
  const use = (from: number, to: number): void => {
    for (let n = from; n < to; n++) uses.recordUse(id(n), n as UnixMs);
  };
  return {
    uses,
    scores,
    written,
    use,
    saver: new UseSaver({ uses, scores, index, writer, boot: 1 }),
  };
}

test("what was read is written some rows a turn, and others get theirs between", async () => {
  const { uses, written, use, saver } = setUp();
  use(0, 1_000);
  const turns: number[] = [];
  const others = (): void => {
    turns.push(written.length);
    if (uses.size > 0) setImmediate(others);
  };
  setImmediate(others);
  await saver.save();
  expect(written).toEqual([...Array<number>(15).fill(64), 40]);
  expect(turns.length).toBeGreaterThanOrEqual(15);
  await saver.save();
  expect(written.length).toBe(16); // nothing to write is no transaction
});

test("two calls at once are one; what comes meanwhile waits for the next", async () => {
  const { uses, scores, written, use, saver } = setUp();
  use(0, 200);
  const [first, second] = [saver.save(), saver.save()];
  use(200, 500);
  scores.noteWorth(id(1), 1);
  await Promise.all([first, second]);
  expect([written, uses.size]).toEqual([[64, 64, 64, 64], 244]);
  const last = saver.save();
  use(500, 600);
  await saver.saveAll();
  await last;
  expect([uses.size, scores.pendingCount]).toEqual([0, 0]);
});
