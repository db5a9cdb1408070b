import {
  buildInlineFile,
  CHUNK_BYTES,
  chunkEntryOf,
  chunkIdOf,
  CHUNKS_PER_OBJECT,
  encodeManifest,
  FileManifestBuilder,
  locatorOf,
  type ManifestObject,
  strongIdOf,
} from "../../../../src/content/mod.ts";
import { DenyList, parseDenyLine } from "../../../../src/deny/mod.ts";
import { type ChunkId, toBase32, toHex, utf8 } from "../../../../src/lib/mod.ts";
import { sweepDenied } from "../../../../src/node/denial/deny_sweep.ts";
import { Denylist } from "../../../../src/node/denial/denylist.ts";
import { expect, test } from "../../../support/harness.ts";
import { chunkOf, MIB, storeOn } from "../keep/store_fixtures.ts";

function denying(...lines: string[]): Denylist {
  const list = new DenyList();
  for (const line of lines) {
    const rule = parseDenyLine(line);
    if (typeof rule === "object") list.add(rule, 410);
  }
  const denylist = new Denylist();
  denylist.replace({ list, files: [] }, 0);
  return denylist;
}

const idOf = ({ id }: Pick<ManifestObject, "id">): ChunkId => id;

test("cached copies go with all that they list; what was published here stays", async () => {
  const { store, run } = await storeOn(100 * MIB);
  const builder = new FileManifestBuilder({ name: "f", mime: "" });
  const chunks = [chunkOf(1, MIB), chunkOf(2, 70_000)];
  for (const { id, bytes } of chunks) {
    builder.add(chunkEntryOf(bytes));
    await run(store.put(id, bytes, { pinned: id === chunks[1]?.id }));
  }
  const [file] = builder.finish();
  const mine = buildInlineFile(utf8("mine"), { name: "", mime: "" });
  const free = buildInlineFile(utf8("free"), { name: "", mime: "" });
  if (file === undefined) throw new Error("no manifest");
  for (const [object, pinned] of [[file, false], [mine, true], [free, false]] as const) {
    const alias = locatorOf(object.strongId);
    await run(store.put(object.id, object.bytes, { pinned, alias }));
  }
  const denylist = denying(`/file/${toBase32(file.strongId)}`, `/file/${toHex(mine.id)}`);
  expect(await run(sweepDenied(store, denylist))).toBe(2);
  const left = [...chunks.map(({ id }) => id), ...[file, mine, free].map(idOf)];
  expect(left.map((id) => store.has(id))).toEqual([false, true, false, true, true]);
  expect(await run(sweepDenied(store, denylist))).toBe(0);
});

/** A head that says of `count` pages, whose size asks for as many, that they are `page`. */
function headOf(page: ManifestObject, count: number): ManifestObject {
  const bytes = encodeManifest({
    kind: "file_head",
    size: count * CHUNKS_PER_OBJECT * CHUNK_BYTES,
    pages: Array.from({ length: count }, () => page),
    fileRoot: new Uint8Array(32),
    name: "",
    mime: "",
  });
  return { bytes, id: chunkIdOf(bytes), strongId: strongIdOf(bytes) };
}

test("a head made of heads costs one look at each, and takes none of them along", async () => {
  const { store, run } = await storeOn(100 * MIB);
  const heads = [buildInlineFile(utf8("no page"), { name: "", mime: "" })];
  for (let depth = 0; depth < 4; depth++) {
    const [first] = heads;
    if (first !== undefined) heads.unshift(headOf(first, 12));
  }
  for (const { id, bytes, strongId } of heads) {
    await run(store.put(id, bytes, { pinned: false, alias: locatorOf(strongId) }));
  }
  let reads = 0;
  const counting = {
    ids: store.ids.bind(store),
    lengthOf: store.lengthOf.bind(store),
    dropCached: store.dropCached.bind(store),
    read: (...asked: Parameters<typeof store.read>) => {
      reads++;
      return store.read(...asked);
    },
  };
  const [denied, ...others] = heads.map(idOf);
  if (denied === undefined) throw new Error("no head");
  expect(await run(sweepDenied(counting, denying(`/file/${toHex(denied)}`)))).toBe(1);
  expect([reads, store.has(denied)]).toEqual([2, false]);
  expect(others.map((id) => store.has(id))).toEqual([true, true, true, true]);
});

test("stopped between two pages, it leaves the head for the next one to go on by", async () => {
  const { store, gone, run } = await storeOn(100 * MIB);
  const builder = new FileManifestBuilder({ name: "f", mime: "" });
  const chunks = [chunkOf(1, MIB), chunkOf(2, MIB), chunkOf(3, 100)];
  const objects: (ManifestObject | undefined)[] = [];
  for (const [page, { id, bytes }] of chunks.entries()) {
    const entry = chunkEntryOf(bytes);
    for (let i = 0; i < (page === 2 ? 1 : CHUNKS_PER_OBJECT); i++) objects.push(builder.add(entry));
    await run(store.put(id, bytes, { pinned: false }));
  }
  const stored = [...objects, ...builder.finish()].filter((object) => object !== undefined);
  for (const { id, bytes, strongId } of stored) {
    await run(store.put(id, bytes, { pinned: false, alias: locatorOf(strongId) }));
  }
  const denylist = denying(`/file/${toBase32(stored.at(-1)?.strongId ?? new Uint8Array())}`);
  const left = () => [...chunks, ...stored].map(({ id }) => store.has(id));
  let asked = 0;
  const isStopping = (): boolean => ++asked > 2; // before the head, before the first page
  expect(await run(sweepDenied(store, denylist, isStopping))).toBe(2);
  expect(left()).toEqual([false, true, true, false, true, true, true]);
  const names = [...chunks.slice(0, 1), ...stored.slice(0, 1)].map(idOf);
  names.push(...stored.slice(0, 1).map(({ strongId }) => locatorOf(strongId)));
  expect(gone.map(toHex).toSorted()).toEqual(names.map((name) => toHex(name)).toSorted());
  expect(await run(sweepDenied(store, denylist))).toBe(5);
  expect(left()).toEqual(left().map(() => false));
});
