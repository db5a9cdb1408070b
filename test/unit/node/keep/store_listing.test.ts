import { listEntries } from "../../../../src/node/keep/store_listing.ts";
import { asChunkId, toHex, type UnixMs } from "../../../../src/lib/mod.ts";
import { ChunkIndex, UseLog } from "../../../../src/store/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { memoryDatabase } from "../../store/fixtures.ts";

const idOf = (n: number) => asChunkId(new Uint8Array(20).fill(n & 255).fill(n >> 8, 0, 1));

function setUp(rows: number) {
  const index = new ChunkIndex(memoryDatabase());
  for (let n = 0; n < rows; n++) {
    index.insert({
      ...{ id: idOf(n), at: undefined, length: n, state: "present", boot: 1, alias: undefined },
      ...{ isPinned: n % 2 === 0, isHosted: false, usedMs: (n >> 2) as UnixMs },
    });
  }
  const state = { isClosing: false };
  const uses = new UseLog();
  return { state, uses, doors: { index, uses, isClosing: () => state.isClosing } };
}

test("a long list is read in turns of the loop, and is whole and in order", async () => {
  const { doors, uses } = setUp(400);
  uses.recordUse(idOf(399), 1_000 as UnixMs);
  let turns = 0;
  const count = (): void => void (turns++, counting = setImmediate(count));
  let counting = setImmediate(count);
  const entries = await listEntries(390, doors);
  clearImmediate(counting);
  expect(turns).toBeGreaterThanOrEqual(3);
  expect([entries.length, new Set(entries.map(({ id }) => id)).size]).toEqual([390, 390]);
  expect(entries[0]).toEqual({
    id: toHex(idOf(399)),
    bytes: 399,
    pinned: false,
    lastUsedMs: 1_000,
  });
  const rest = entries.slice(1).map(({ lastUsedMs }) => lastUsedMs);
  expect(rest).toEqual(rest.toSorted((a, b) => b - a));
  expect((await listEntries(1_000, doors)).length).toBe(400);
});

test("a list ends with the store that it is of", async () => {
  const { doors, state } = setUp(200);
  const listing = listEntries(200, doors).then(() => "", (error) => error.code);
  state.isClosing = true;
  expect(await listing).toBe("DRAINING");
});
