import {
  chunkEntryOf,
  CHUNKS_PER_OBJECT,
  FileManifestBuilder,
  type ManifestObject,
} from "../../src/content/mod.ts";
import { SeededRandom, toHex } from "../../src/lib/mod.ts";
import { FileReader } from "../../src/node/read/file_reader.ts";
import { ObjectResolver } from "../../src/node/read/object_resolver.ts";
import { FRESH_MEMORY } from "../../src/node/read/piece_buffers.ts";
import { holder } from "../support/fake_transport.ts";
import { FetchFixture } from "../support/fetch_fixture.ts";
import { expect, test } from "../support/harness.ts";
import { ManifestTree } from "../support/manifest_tree.ts";

const MIB = 2 ** 20;
const CHUNKS = 10 * 1024;
const SLICE = 2 ** 16;

test("a range amid a file of 10 GiB takes two manifest objects and its own slices", async () => {
  const chunk = new Uint8Array(MIB); // 10,240 times the same, so that only its manifest is large
  new SeededRandom(1).fill(chunk);
  const entry = chunkEntryOf(chunk);
  const builder = new FileManifestBuilder({ name: "huge", mime: "" });
  const objects: (ManifestObject | undefined)[] = [];
  for (let i = 0; i < CHUNKS; i++) objects.push(builder.add(entry));
  objects.push(...builder.finish());
  expect(objects.filter((object) => object !== undefined).length).toBe(
    CHUNKS / CHUNKS_PER_OBJECT + 1,
  );
  const tree = new ManifestTree();
  const { strongId } = tree.keep(objects);
  const view = await new ObjectResolver(tree.getObject)
    .resolve({ kind: "strong", id: strongId }, []);
  if (view.kind !== "file") throw new Error("not a file");
  expect(view.size).toBe(CHUNKS * MIB);

  const base = new FetchFixture([holder(1, "serve", new Map([[toHex(entry.id), chunk]]))]);
  const fetcher = base.addFetcher();
  const store = {
    lengthOf: () => undefined,
    lend: () => undefined,
    readNow: () => false,
    readProven: () => Promise.resolve(false),
  };
  const reader = new FileReader(store, fetcher, base.clock, FRESH_MEMORY);
  const file = {
    size: view.size,
    fileKeys: [new Uint8Array(20)],
    chunk: (index: number) => view.chunkEntry(index),
  };
  // From slice 14 of one chunk to slice 1 of the next.
  const start = 5_000 * MIB + 14 * SLICE + 7;
  const end = 5_001 * MIB + SLICE + 9;
  const parts: Uint8Array[] = [];
  const reading = (async () => {
    for await (const piece of reader.read(file, start, end)) parts.push(piece);
  })();
  for (let i = 0; i < 20; i++) await base.settle();
  await reading;
  const wanted = Buffer.concat([chunk.subarray(14 * SLICE + 7), chunk.subarray(0, SLICE + 9)]);
  expect(Buffer.compare(Buffer.concat(parts), wanted)).toBe(0);
  expect(new Set(tree.asked).size).toBe(2); // its head, and the one page of 160
  const slices = base.transport.asked.reduce((sum, { bitmap }) => sum + countBits(bitmap), 0);
  expect(slices).toBe(4);
});

function countBits(bits: number): number {
  let count = 0;
  for (let left = bits; left !== 0; left &= left - 1) count++;
  return count;
}
