import fc from "fast-check";
import { CHUNK_BYTES } from "../../../../src/content/mod.ts";
import { type MetaId, parseMetaId, type SkerryError, toHex } from "../../../../src/lib/mod.ts";
import { Publications } from "../../../../src/node/publish/publications.ts";
import { UNRECORDED } from "../../../../src/store/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { MemoryFiles } from "../../../support/memory_files.ts";
import { MemoryStore } from "../../../support/memory_store.ts";
import { publisherOf } from "../../../support/publisher.ts";
import { vectorStream } from "../../../support/vector_stream.ts";

const BIG = vectorStream(CHUNK_BYTES + 70_000);
/** Trees that have files, directories and chunks in common, and one that lies in another. */
const FILES = {
  "/0/a": BIG,
  "/0/sub/b": "small",
  "/1/a": BIG.subarray(0, CHUNK_BYTES),
  "/1/b": "small",
  "/2/copy/a": BIG,
  "/2/copy/sub/b": "small",
  "/2/c": BIG,
  "/3/x": "alone",
  "/3/none/": "",
};
const TREES = ["/0", "/1", "/2", "/3"];
const CLOCK = { unixMs: () => 0 as never };

const metaOf = (text: string): MetaId => {
  const meta = parseMetaId(text);
  if (meta === undefined) throw new Error(`${text} is no id`);
  return meta;
};

function setUp() {
  const store = new MemoryStore();
  store.latencyTurns = 0;
  return { store, ...publisherOf(new MemoryFiles(FILES), store) };
}

/** What each tree pins when it is alone. */
async function pinsOfEach() {
  const all: { meta: string; link: string; pins: readonly string[] }[] = [];
  for (const path of TREES) {
    const { store, service } = setUp();
    const { meta, link } = await service.publishPath(path);
    all.push({ meta, link, pins: [...store.pinned] });
  }
  return all;
}

const unionOf = (of: readonly { readonly pins: readonly string[] }[]): string[] =>
  [...new Set(of.flatMap(({ pins }) => pins))].sort();

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(() => "none", (error: SkerryError) => error.code);

test("after any deeds and kills, pinned is the union of what is published", async () => {
  const each = await pinsOfEach();
  const step = fc.record({
    tree: fc.nat(TREES.length - 1),
    deed: fc.constantFrom("publish", "publish", "unpublish", "fail"),
    killedAfter: fc.option(fc.nat(5), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const { service, store, table, records } = setUp();
      const published = new Set<number>();
      for (const { tree, deed, killedAfter } of steps) {
        const { meta, link } = each[tree] ?? { meta: "", link: "" };
        if (deed === "publish") {
          await service.publishPath(TREES[tree] ?? "");
          published.add(tree);
        } else if (deed === "fail") {
          const controller = new AbortController();
          const onProgress = () => controller.abort();
          const options = { signal: controller.signal, onProgress };
          if (await codeOf(service.publishPath(TREES[tree] ?? "", options)) === "none") {
            published.add(tree);
          }
        } else if (killedAfter === undefined) {
          const outcome = await codeOf(records.unpublish(metaOf(link)));
          expect(outcome).toBe(published.delete(tree) ? "none" : "CHUNK_NOT_FOUND");
        } else {
          const dying = dyingAfter(killedAfter, store);
          const killed = new Publications({ table, store: dying, clock: CLOCK });
          await killed.unpublish(metaOf(meta)).catch(() => {});
          if (killedAfter > 0) published.delete(tree); // its first step says that it leaves
          await new Publications({ table, store, clock: CLOCK }).resume(() => {});
        }
        const expected = [...published].flatMap((at) => each[at] ?? []);
        expect([...store.pinned].sort()).toEqual(unionOf(expected));
        expect(records.list(9).publications.map((one) => one.meta).sort())
          .toEqual(expected.map((one) => one.meta).sort());
        expect([table.unfinished(), records.list(1).total]).toEqual([[], published.size]);
      }
    }),
    { numRuns: 20 },
  );
});

/** A store whose process is killed after so many transactions. */
function dyingAfter(transactions: number, store: MemoryStore) {
  let left = transactions;
  const lives = (): boolean => left-- > 0;
  const dead = () => Promise.reject(new Error("killed"));
  return {
    lengthOf: store.lengthOf.bind(store),
    namesOf: store.namesOf.bind(store),
    read: store.read.bind(store),
    unpin: (...args: Parameters<MemoryStore["unpin"]>) => lives() ? store.unpin(...args) : dead(),
    writeRows: (change: () => void) => lives() ? store.writeRows(change) : dead(),
  };
}

test("it tells what became free and what others keep, and who announces it", async () => {
  const { service, records, store } = setUp();
  const told: string[] = [];
  records.onLetGo = (objects) => told.push(...objects.flat().map(toHex));
  records.endOrder = (id) => Promise.resolve(toHex(id) === both.meta);
  await service.publishPath("/0");
  const both = await service.publishPath("/2");
  const said = await records.unpublish(metaOf(both.link));
  // its root and the file under another name; what /0 has too stays
  expect(said).toMatchObject({ meta: both.meta, objects: 2, shared: 6, orderEnded: true });
  const lengths = told.map((key) => store.objects.get(key)?.length ?? NaN);
  expect(said.bytes).toBe(lengths.reduce((sum, length) => sum + length, 0) / 2); // two names each
  expect(told).toContain(both.meta);
  expect(told.some((key) => store.pinned.has(key))).toBe(false);
});

test("content without a record goes by its manifests, as far as no record needs it", async () => {
  const { service, store, table, records } = setUp();
  const { meta } = await service.publishPath("/2");
  forget(table);
  const { chunkIds } = await service.publishPath("/1");
  expect(records.list(9).publications.map(({ name }) => name)).toEqual(["1"]);
  expect(await codeOf(records.unpublish(metaOf(chunkIds[0] ?? "")))).toBe("CHUNK_NOT_FOUND");
  const pinned = (await pinsOfEach())[1]?.pins ?? [];
  // a first attempt breaks off midway; the second ends it
  let left = 2;
  const unpin = store.unpin.bind(store);
  store.unpin = (...args) => left-- > 0 ? unpin(...args) : Promise.reject(new Error("disk"));
  await records.unpublish(metaOf(meta)).catch(() => {});
  store.unpin = unpin;
  expect(await records.unpublish(metaOf(meta))).toMatchObject({ meta });
  expect([...store.pinned].sort()).toEqual([...pinned].sort());
  expect(await codeOf(records.unpublish(metaOf(meta)))).toBe("CHUNK_NOT_FOUND");
});

test("published again with a record, content of before goes as a whole", async () => {
  const { service, store, table, records } = setUp();
  const { meta } = await service.publishPath("/0");
  forget(table);
  await service.publishPath("/0");
  const pinned = store.pinned.size;
  expect(await records.unpublish(metaOf(meta))).toMatchObject({ objects: pinned, shared: 0 });
  expect(store.pinned.size).toBe(0);
});

/** As a version without records left it. */
function forget(table: ReturnType<typeof publisherOf>["table"]): void {
  for (const { number } of table.newest(9)) {
    for (const id of table.objects(number, 999)) {
      table.addObject(UNRECORDED, id);
      table.removeObject(number, id);
    }
    table.remove(number);
  }
}

test("two who ask at once hear the same", async () => {
  const { service, records } = setUp();
  const { meta } = await service.publishPath("/0");
  const [first, second] = await Promise.all([1, 2].map(() => records.unpublish(metaOf(meta))));
  expect(first?.objects).toBeGreaterThan(0);
  expect(first).toEqual(second ?? first);
});

test("a node that stops leaves the rest to its next start", async () => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`/d/${n}`, `${n}`]));
  const store = new MemoryStore();
  store.latencyTurns = 0;
  const { service, table, records } = publisherOf(new MemoryFiles(many), store);
  const { meta } = await service.publishPath("/d");
  expect(store.pinned.size).toBe(301);
  let stopping: Promise<void> | undefined;
  records.onLetGo = () => stopping ??= records.stop();
  expect(await codeOf(records.unpublish(metaOf(meta)))).toBe("DRAINING");
  await stopping;
  expect([store.pinned.size, records.list(9).total]).toEqual([45, 0]); // 256 to a turn
  expect(await codeOf(records.unpublish(metaOf(meta)))).toBe("DRAINING");
  await new Publications({ table, store, clock: CLOCK }).resume(() => {});
  expect([store.pinned.size, table.unfinished()]).toEqual([0, []]);
});
