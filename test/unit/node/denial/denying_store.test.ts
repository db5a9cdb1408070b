import { DenyList, parseDenyLine } from "../../../../src/deny/mod.ts";
import { asChunkId, toHex } from "../../../../src/lib/mod.ts";
import { Denylist } from "../../../../src/node/denial/denylist.ts";
import { DenyingStore } from "../../../../src/node/denial/denying_store.ts";
import { expect, test } from "../../../support/harness.ts";
import { chunkOf, MIB, storeOn } from "../keep/store_fixtures.ts";

const ALIAS = asChunkId(new Uint8Array(20).fill(7));
const [KEPT, OTHER] = [chunkOf(1, 100), chunkOf(2, 100)];

function rule(denylist: Denylist, ...lines: string[]): void {
  const list = new DenyList();
  for (const line of lines) {
    const parsed = parseDenyLine(line);
    if (typeof parsed === "object") list.add(parsed, 410);
  }
  denylist.replace({ list, files: [] }, 0);
}

async function setUp() {
  const under = await storeOn(100 * MIB);
  const denylist = new Denylist();
  const store = new DenyingStore(under.store, denylist);
  await under.run(store.put(KEPT.id, KEPT.bytes, { pinned: true, alias: ALIAS }));
  await under.run(store.put(OTHER.id, OTHER.bytes, { pinned: false }));
  return { ...under, store, disk: under.store, denylist };
}

test("a rule about one name hides the object under all; going shows it again", async () => {
  const { store, run, denylist } = await setUp();
  const seen = async (): Promise<unknown[]> => {
    const all = [];
    for (const id of [KEPT.id, ALIAS]) {
      const isRead = await run(store.read(id, 0, new Uint8Array(100)));
      all.push(store.has(id), store.lengthOf(id), store.isPinned(id), isRead);
    }
    return [...all, store.isAlias(ALIAS), store.namesOf(ALIAS).length];
  };
  const before = await seen();
  expect(before).toEqual([true, 100, true, true, true, 100, true, true, true, 2]);
  for (const hidden of [`/file/${toHex(ALIAS)}`, `/chunk/${toHex(KEPT.id)}`]) {
    rule(denylist, hidden);
    expect(await seen()).toEqual(
      [false, undefined, false, false, false, undefined, false, false, false, 0],
    );
    expect(store.has(OTHER.id)).toBe(true);
  }
  rule(denylist);
  expect(await seen()).toEqual(before);
});

test("what is denied is not read at once either", async () => {
  const { store, run, files, denylist } = await setUp();
  const { id, bytes } = chunkOf(5, MIB);
  await run(store.put(id, bytes, { pinned: true }));
  files.isCached = true;
  const into = new Uint8Array(10);
  expect(store.readNow({ id }, 5, into)).toBe(true);
  rule(denylist, `/chunk/${toHex(id)}`);
  expect(store.readNow({ id }, 5, into)).toBe(false);
});

test("nothing denied is taken, by its id or its alias", async () => {
  const { store, run, denylist, disk } = await setUp();
  const third = chunkOf(3, 100);
  const alias = asChunkId(new Uint8Array(20).fill(9));
  for (const id of [third.id, alias]) {
    rule(denylist, `/chunk/${toHex(id)}`);
    const put = run(store.put(third.id, third.bytes, { pinned: true, alias }));
    expect(await put.then(() => "", (error) => error.code)).toBe("DENIED");
    expect(disk.has(third.id)).toBe(false);
  }
});

test("the operator sees all that takes room", async () => {
  const { store, denylist, disk } = await setUp();
  rule(denylist, `/chunk/${toHex(KEPT.id)}`);
  expect(await store.entries(9)).toEqual(await disk.entries(9));
  expect(store.ids(undefined, 9)).toEqual(disk.ids(undefined, 9));
  expect(store.usage()).toEqual(disk.usage());
});
