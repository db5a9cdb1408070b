import {
  buildInlineFile,
  chunkEntryOf,
  FileManifestBuilder,
  locatorOf,
  type ManifestObject,
} from "../../../src/content/mod.ts";
import { DenyList, parseDenyLine } from "../../../src/deny/mod.ts";
import { type ChunkId, toBase32, toHex, utf8 } from "../../../src/lib/mod.ts";
import { namesOf, sweepDenied } from "../../../src/node/deny_sweep.ts";
import { Denylist } from "../../../src/node/denylist.ts";
import { expect, test } from "../../support/harness.ts";
import { chunkOf, MIB, storeOn } from "./store_fixtures.ts";

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

const idOf = (object: ManifestObject): ChunkId => object.id;

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

test("a row's names are its id and its alias", () => {
  const { id } = chunkOf(1, 10);
  expect(namesOf({ id, alias: undefined, pinned: false })).toEqual([id]);
  expect(namesOf({ id, alias: id, pinned: false })).toEqual([id, id]);
});
