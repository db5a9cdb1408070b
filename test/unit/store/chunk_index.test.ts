import { asChunkId, type ChunkId, toHex, type UnixMs } from "../../../src/lib/mod.ts";
import { ChunkIndex, type ChunkRow, namesOf } from "../../../src/store/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { memoryDatabase } from "./fixtures.ts";

const id = (n: number): ChunkId => asChunkId(new Uint8Array(20).fill(n));

const row = (n: number, changes: Partial<ChunkRow> = {}): ChunkRow => ({
  id: id(n),
  at: { segment: 2 ** 31 + n, slot: n },
  length: 1000 + n,
  state: "present",
  boot: 1,
  isPinned: false,
  isHosted: false,
  usedMs: (1_700_000_000_000 + n) as UnixMs,
  alias: undefined,
  ...changes,
});

function indexWith(...rows: ChunkRow[]): ChunkIndex {
  const index = new ChunkIndex(memoryDatabase());
  for (const each of rows) index.insert(each);
  return index;
}

const numbers = (rows: readonly ChunkRow[]): number[] => rows.map(({ id }) => id[0] ?? -1);

test("a row comes back as it went in, by its id or its alias", () => {
  const plain = row(1);
  const small = row(2, { at: undefined, isPinned: true, alias: id(200) });
  const alone = row(4, { isAlone: true });
  const index = indexWith(plain, small, alone);
  expect(index.find(id(4))).toEqual(alone);
  expect(index.find(id(1))).toEqual(plain);
  expect(index.find(id(2))).toEqual(small);
  expect(index.find(id(200))).toEqual(small);
  expect(index.find(id(3))).toBeUndefined();
});

test("an id goes before an alias of the same bytes", () => {
  const index = indexWith(row(1, { alias: id(2) }), row(2));
  expect(toHex(index.find(id(2))?.id ?? id(0))).toBe(toHex(id(2)));
});

test("what was found is found again without the database, and every change of it at once", () => {
  const db = memoryDatabase();
  const index = new ChunkIndex(db);
  for (const n of [1, 2, 3]) expect(index.find(id(n))).toBeUndefined();
  index.insert(row(1, { alias: id(2) }));
  index.insert(row(3, { state: "writing", alias: id(4) }));
  expect([1, 2, 3, 4].map((n) => index.find(id(n))?.id[0])).toEqual([1, 1, undefined, undefined]);
  index.setState(id(3), "present");
  expect([3, 4].map((n) => index.find(id(n))?.id[0])).toEqual([3, 3]);
  const changes: readonly [() => void, Partial<ChunkRow>][] = [
    [() => index.setPinned(id(1), true), { isPinned: true }],
    [() => index.setHosted(id(1), true), { isHosted: true }],
    [() => index.setUsed(id(1), 9 as UnixMs), { usedMs: 9 as UnixMs }],
    [() => index.setProven(id(1), 7), { boot: 7 }],
    [() => index.setAlias(id(1), id(5)), { alias: id(5) }],
  ];
  expect(index.find(id(5))).toBeUndefined();
  for (const [change, expected] of changes) {
    change();
    for (const n of [1, 5]) {
      if (n === 1 || expected.alias) expect(index.find(id(n))).toMatchObject(expected);
    }
  }
  index.remove(id(1));
  expect([1, 2, 5].map((n) => index.find(id(n)))).toEqual([undefined, undefined, undefined]);
  db.exec("DELETE FROM chunk"); // behind its back: nothing is asked of the database again
  expect(index.find(id(3))?.id[0]).toBe(3);
  index.forgetFound();
  expect(index.find(id(3))).toBeUndefined();
});

test("what is being written or on its way out is not found, but seen at a start", () => {
  const index = indexWith(row(1, { at: undefined, state: "writing" }), row(2), row(3));
  index.setState(id(3), "leaving");
  expect([1, 2, 3].map((n) => index.find(id(n)) !== undefined)).toEqual([false, true, false]);
  expect(numbers(index.presentPage(undefined, 9))).toEqual([2]);
  expect(index.page(undefined, 9).map(({ state }) => state))
    .toEqual(["writing", "present", "leaving"]);
  index.setState(id(1), "present");
  expect(index.find(id(1))?.state).toBe("present");
});

test("changes reach their row alone", () => {
  const index = indexWith(row(1), row(2));
  index.setPinned(id(1), true);
  index.setAlias(id(1), id(100));
  index.setUsed(id(1), 5 as UnixMs);
  index.setProven(id(1), 9);
  expect(index.find(id(1)))
    .toEqual({ ...row(1), isPinned: true, alias: id(100), usedMs: 5 as UnixMs, boot: 9 });
  expect(index.find(id(2))).toEqual(row(2));
  index.setHosted(id(1), true);
  index.setPinned(id(1), false); // neither reason to keep it knows of the other
  expect(index.find(id(1))).toMatchObject({ isPinned: false, isHosted: true });
  index.setPinned(id(1), true);
  index.setHosted(id(1), false);
  expect(index.find(id(1))).toMatchObject({ isPinned: true, isHosted: false });
  index.remove(id(1));
  expect(index.find(id(1))).toBeUndefined();
  expect(index.find(id(100))).toBeUndefined();
});

test("eviction asks for the oldest that is not pinned, the table for the newest of all", () => {
  const index = indexWith(
    row(3),
    row(1),
    row(2, { isPinned: true }),
    row(4, { state: "leaving", at: undefined }),
    row(5),
    row(6, { isHosted: true }),
    row(7, { isHosted: true, isPinned: true }),
  );
  expect(numbers(index.firstToGo(2, 0))).toEqual([1, 3]);
  expect(numbers(index.firstToGo(2, 2))).toEqual([5]);
  expect(numbers(index.newest(3))).toEqual([7, 6, 5]);
  expect(numbers(index.newest(99))).toEqual([7, 6, 5, 3, 2, 1]);
});

test("what is newest comes in pages too, objects of one moment in them once each", () => {
  const usedMs = 5 as UnixMs;
  const index = indexWith(
    row(1, { usedMs, isPinned: true }),
    ...[2, 3, 4].map((n) => row(n, { usedMs })),
    row(9),
  );
  const pages: number[][] = [];
  let last: ChunkRow | undefined;
  while (pages.length < 4) {
    const page = index.newest(2, last);
    pages.push(numbers(page));
    last = page.at(-1);
  }
  expect(pages).toEqual([[9, 4], [3, 2], [1], []]);
});

test("pages walk all rows once, in id order", () => {
  const index = indexWith(...[9, 4, 7, 1, 6].map((n) => row(n)));
  const seen: number[] = [];
  let after: ChunkId | undefined;
  for (;;) {
    const page = index.presentPage(after, 2);
    if (page.length === 0) break;
    expect(page.length).toBeLessThanOrEqual(2);
    seen.push(...numbers(page));
    after = page.at(-1)?.id;
  }
  expect(seen).toEqual([1, 4, 6, 7, 9]);
});

test("every start has a number of its own", () => {
  const db = memoryDatabase();
  expect(new ChunkIndex(db).beginBoot()).toBe(1);
  expect(new ChunkIndex(db).beginBoot()).toBe(2);
});

test("an object's names are its id and, if it has one, its alias", () => {
  expect(namesOf(row(1))).toEqual([id(1)]);
  expect(namesOf(row(1, { alias: id(2) }))).toEqual([id(1), id(2)]);
});
