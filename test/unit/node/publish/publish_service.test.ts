import vectors from "../../../vectors/bep52_roots.json" with { type: "json" };
import { CHUNK_BYTES } from "../../../../src/content/mod.ts";
import {
  concatBytes,
  parseMetaId,
  type SkerryError,
  toHex,
  utf8,
} from "../../../../src/lib/mod.ts";
import type { PublishProgress } from "../../../../src/node/contract/api.ts";
import {
  type DirectoryView,
  type FileView,
  ObjectResolver,
} from "../../../../src/node/read/object_resolver.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { MemoryFiles } from "../../../support/memory_files.ts";
import { MemoryStore } from "../../../support/memory_store.ts";
import { publisherOf } from "../../../support/publisher.ts";
import { vectorStream } from "../../../support/vector_stream.ts";

const SITE = {
  "/site/index.html": "<h1>hello</h1>",
  "/site/data/big.bin": vectorStream(3 * CHUNK_BYTES + 7),
  "/site/data/empty": "",
  "/site/none/": "",
};

function fixture(tree: Readonly<Record<string, string | Uint8Array>> = SITE) {
  const files = new MemoryFiles(tree);
  const store = new MemoryStore();
  return { files, store, ...publisherOf(files, store) };
}

function resolve(store: MemoryStore, link: string, ...path: readonly string[]) {
  const meta = parseMetaId(link);
  if (meta === undefined) throw new Error(`${link} is no link`);
  return new ObjectResolver(store.getObject).resolve(meta, path);
}

async function contentsOf(store: MemoryStore, view: FileView): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [view.contents ?? new Uint8Array()];
  for (let i = 0; i < view.chunkCount; i++) {
    chunks.push(store.objects.get(toHex((await view.chunkEntry(i)).id)) ?? new Uint8Array());
  }
  return concatBytes(...chunks);
}

async function* pieces(bytes: Uint8Array, pieceBytes: number) {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    yield await Promise.resolve(bytes.subarray(at, at + pieceBytes));
  }
}

async function errorOf(work: Promise<unknown>): Promise<SkerryError> {
  try {
    await work;
  } catch (error) {
    return error as SkerryError;
  }
  throw new Error("it did not fail");
}

describe("PublishService.publishPath()", () => {
  test("a file comes back byte for byte through its link and its plain id", async () => {
    const { store, service } = fixture();
    const published = await service.publishPath("/site/data/big.bin");
    for (const id of [published.link, published.meta]) {
      const view = await resolve(store, id) as FileView;
      expect([view.name, view.size]).toEqual(["big.bin", 3 * CHUNK_BYTES + 7]);
      const contents = await contentsOf(store, view);
      expect(Buffer.compare(contents, SITE["/site/data/big.bin"])).toBe(0);
    }
    const vector = vectors.roots.find((row) => row.bytes === 3 * CHUNK_BYTES + 7);
    expect(published.fileRoot).toBe(vector?.piecesRoot ?? "");
    expect([published.chunks, published.chunkIds.length]).toEqual([4, 4]);
  });

  test("a tree comes back whole, empty directories and files too", async () => {
    const { store, service } = fixture();
    const { link, size, chunks, fileRoot } = await service.publishPath("/site");
    expect([size, chunks, fileRoot]).toEqual([3 * CHUNK_BYTES + 21, 4, undefined]);
    const root = await resolve(store, link) as DirectoryView;
    const entries = await root.list(0, 10);
    expect(entries.map((entry) => [entry.name, entry.kind, entry.size, entry.mime])).toEqual([
      ["data", "directory", 3 * CHUNK_BYTES + 7, ""],
      ["index.html", "file", 14, "text/html"],
      ["none", "directory", 0, ""],
    ]);
    expect((await resolve(store, link, "none") as DirectoryView).entryCount).toBe(0);
    expect((await resolve(store, link, "data", "empty") as FileView).size).toBe(0);
    const big = await resolve(store, link, "data", "big.bin") as FileView;
    expect((await contentsOf(store, big)).length).toBe(3 * CHUNK_BYTES + 7);
  });

  test("what exceeds the room is told so before it is hashed, and fits if it repeats", async () => {
    const copy = vectorStream(CHUNK_BYTES);
    const { store, service } = fixture({ "/t/a": copy, "/t/b": copy, "/t/c": copy });
    const seen: (number | undefined)[][] = [];
    const onProgress = (of: PublishProgress) => void seen.push([of.doneBytes, of.roomBytes]);
    store.quotaBytes = 3 * CHUNK_BYTES;
    await service.publishPath("/t", { onProgress });
    expect(seen.every(([, roomBytes]) => roomBytes === undefined)).toBe(true);
    const left = store.quotaBytes - store.usage().pinnedBytes;
    for (const path of ["/t", "/t/a"]) {
      seen.length = 0;
      store.quotaBytes -= path === "/t" ? 0 : left - CHUNK_BYTES + 1;
      await service.publishPath(path, { onProgress });
      expect(seen[0]).toEqual([0, store.quotaBytes - store.usage().pinnedBytes]);
    }
  });

  test("everything is pinned, and every key is there to announce", async () => {
    const { store, service } = fixture();
    const published = await service.publishPath("/site");
    const keys = published.announceKeys.map(toHex);
    expect([...store.objects.keys()].sort()).toEqual([...keys].sort());
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.slice(0, 2)).toEqual(published.manifestKeys.map(toHex));
    expect(keys[0]).toBe(published.meta);
    for (const key of keys) expect(store.objects.has(key)).toBe(true);
    const addressedBySha1 = keys.filter((key) => store.pinned.has(key));
    expect(addressedBySha1.length).toBe(4 + 6); // chunks, and manifests of 3 files, 3 directories
  });

  test("the same tree gives the same ids: elsewhere, again, and through a stream", async () => {
    const { files, service } = fixture();
    const first = await service.publishPath("/site");
    for (const [path, contents] of Object.entries(SITE)) files.put(`/copy/of${path}`, contents);
    expect(await service.publishPath("/copy/of/site/")).toEqual(first);
    const file = await service.publishPath("/site/data/big.bin");
    for (const pieceBytes of [100_000, CHUNK_BYTES, 2 ** 23]) {
      const stream = pieces(SITE["/site/data/big.bin"], pieceBytes);
      expect(await service.publishStream("big.bin", stream)).toEqual(file);
    }
  });

  test("golden: the id of a small site never changes", async () => {
    const { link, meta } = await fixture().service.publishPath("/site");
    expect([meta, link]).toEqual([
      "442b010b7d54b76e77cee6da0ad89b47d96f6ac8",
      "iczkaxmzdlq2uszjl3gz6j7xwobli7qwjggjcrov3cqeizcus2ya",
    ]);
  });

  test("sizes at every border are right", async () => {
    const sizes = [0, 1, 65_535, 65_536, 65_537, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1];
    for (const size of [...sizes, 2 * CHUNK_BYTES]) {
      const { store, service } = fixture({ "/f": vectorStream(size) });
      const published = await service.publishPath("/f");
      const chunks = size <= 65_536 ? 0 : Math.ceil(size / CHUNK_BYTES);
      expect([size, published.size, published.chunks]).toEqual([size, size, chunks]);
      const contents = await contentsOf(store, await resolve(store, published.link) as FileView);
      expect(Buffer.compare(contents, vectorStream(size))).toBe(0);
      const vector = vectors.roots.find((row) => row.bytes === size);
      if (vector !== undefined) expect(published.fileRoot ?? "").toBe(vector.piecesRoot);
    }
  });

  test("a long file makes pages, a large directory too", async () => {
    const tree: Record<string, string | Uint8Array> = { "/d/long": vectorStream(65 * CHUNK_BYTES) };
    for (let i = 0; i < 1_500; i++) tree[`/d/${10_000 + i}`] = `${i}`;
    const { store, service } = fixture(tree);
    const { link } = await service.publishPath("/d");
    const directory = await resolve(store, link) as DirectoryView;
    expect(directory.entryCount).toBe(1_501);
    expect((await resolve(store, link, "11499") as FileView).contents).toEqual(utf8("1499"));
    const long = await resolve(store, link, "long") as FileView;
    expect((await contentsOf(store, long)).length).toBe(65 * CHUNK_BYTES);
  });

  test("a symlink is published as what it leads to", async () => {
    const { store, service } = fixture({
      ...SITE,
      "/site/link": "-> data",
      "/site/l": "-> /site/none",
    });
    const { link, size, chunks } = await service.publishPath("/site");
    expect([size, chunks]).toEqual([2 * (3 * CHUNK_BYTES + 7) + 14, 4]);
    const data = await resolve(store, link, "data");
    expect((await resolve(store, link, "link")).strongId).toEqual(data.strongId);
  });

  test("links upon links do not multiply the work", async () => {
    const tree: Record<string, string> = { "/d/0/leaf": "leaf" };
    for (let i = 1; i <= 12; i++) {
      for (const side of ["a", "b", "c", "d"]) tree[`/d/${i}/${side}`] = `-> ../${i - 1}`;
    }
    const { files, service } = fixture(tree);
    let reads = 0;
    files.onRead = () => reads++;
    expect((await service.publishPath("/d")).size).toBeGreaterThan(4 ** 12 * 4);
    expect(reads).toBe(1);
  });

  test("links that would make the tree too deep are refused", async () => {
    const tree: Record<string, string> = { "/d/0/leaf": "leaf" };
    for (let i = 1; i <= 16; i++) {
      tree[`/d/${String.fromCharCode(64 + i)}/a`] = `-> ../${
        i === 1 ? "0" : String.fromCharCode(63 + i)
      }`;
    }
    const { service, store } = fixture(tree);
    const error = await errorOf(service.publishPath("/d"));
    expect([error.code, error.message.includes("16 directories deep")])
      .toEqual(["INVALID_PATH", true]);
    expect(store.objects.size).toBe(0);
  });

  test("a tree with one bad entry is refused before anything is stored", async () => {
    const bad = { "/site/zz/a\nb": "", "/site/zz": "-> /etc", "/site/zzz/p": "!pipe" };
    for (const [path, contents] of Object.entries(bad)) {
      const { service, store, files } = fixture({ ...SITE, "/etc/x": "", [path]: contents });
      expect((await errorOf(service.publishPath("/site"))).code).toBe("INVALID_PATH");
      expect([store.objects.size, files.openCount]).toEqual([0, 0]);
    }
  });

  test("progress counts bytes up to the total, file by file", async () => {
    const { service } = fixture();
    const seen: PublishProgress[] = [];
    await service.publishPath("/site", { onProgress: (progress) => seen.push(progress) });
    const total = 3 * CHUNK_BYTES + 21;
    expect(seen.map((progress) => progress.doneBytes)).toEqual([
      CHUNK_BYTES,
      2 * CHUNK_BYTES,
      3 * CHUNK_BYTES,
      3 * CHUNK_BYTES + 7,
      3 * CHUNK_BYTES + 7,
      total,
    ]);
    expect(new Set(seen.map((progress) => progress.totalBytes))).toEqual(new Set([total]));
    expect(new Set(seen.map((progress) => progress.path))).toEqual(
      new Set(["/site/data/big.bin", "/site/data/empty", "/site/index.html"]),
    );
  });

  test("a file that changes while it is read is reported, and nothing stays pinned", async () => {
    const changes: ((files: MemoryFiles) => void)[] = [
      (files) => files.put("/f", vectorStream(3 * CHUNK_BYTES + 1)),
      (files) => files.put("/f", vectorStream(5)),
      (files) => files.put("/f", vectorStream(3 * CHUNK_BYTES)), // same size, later
      (files) => void files.removeFile("/f"),
    ];
    for (const change of changes) {
      const { files, store, service } = fixture({ "/f": vectorStream(3 * CHUNK_BYTES) });
      files.onRead = (_, offset) => {
        if (offset === CHUNK_BYTES) change(files);
      };
      const error = await errorOf(service.publishPath("/f"));
      expect(error.code).toBe("FILE_UNREADABLE");
      expect(error.message).toContain("/f: it changed while it was read");
      expect([store.pinned.size, files.openCount]).toEqual([0, 0]);
    }
  });

  test("an abort stops it, unpins what it brought and nothing else", async () => {
    const { files, store, service } = fixture({ "/f": vectorStream(20 * CHUNK_BYTES), "/g": "" });
    files.put("/g", vectorStream(2 * CHUNK_BYTES));
    const kept = await service.publishPath("/g");
    const controller = new AbortController();
    const error = await errorOf(service.publishPath("/f", {
      signal: controller.signal,
      onProgress: ({ doneBytes }) => {
        if (doneBytes > 5 * CHUNK_BYTES) controller.abort();
      },
    }));
    expect(error.code).toBe("CANCELLED");
    expect([...store.pinned].sort()).toEqual([...kept.chunkIds, kept.meta].sort());
    expect([store.writesInFlight, files.openCount]).toEqual([0, 0]);
  });

  test("a full store stops it, unpins what it brought, and says so", async () => {
    const { files, store, service } = fixture({ "/f": vectorStream(20 * CHUNK_BYTES) });
    store.failFrom = 7;
    const error = await errorOf(service.publishPath("/f"));
    expect([error.code, store.pinned.size, files.openCount]).toEqual(["STORE_FULL", 0, 0]);
  });

  test("tried again and failed again, it unpins again", async () => {
    const { store, service } = fixture({ "/f": vectorStream(5 * CHUNK_BYTES) });
    for (let attempt = 0; attempt < 2; attempt++) {
      const controller = new AbortController();
      const onProgress = () => controller.abort();
      await errorOf(service.publishPath("/f", { signal: controller.signal, onProgress }));
      expect(store.pinned.size).toBe(0);
    }
    const { chunkIds, meta } = await service.publishPath("/f");
    expect([...store.pinned].sort()).toEqual([...chunkIds, meta].sort());
  });

  test("what two publications share stays pinned when either fails", async () => {
    const shared = vectorStream(4 * CHUNK_BYTES);
    for (const failing of ["/long", "/short"]) {
      const { store, service } = fixture({
        "/long": concatBytes(shared, shared),
        "/short": shared,
      });
      store.latencyTurns = 30;
      const controller = new AbortController();
      const abort = { signal: controller.signal, onProgress: () => controller.abort() };
      const [long, short] = ["/long", "/short"].map((path) =>
        service.publishPath(path, path === failing ? abort : {})
      );
      if (long === undefined || short === undefined) throw new Error();
      const [failed, done] = failing === "/long" ? [long, short] : [short, long];
      expect((await errorOf(failed)).code).toBe("CANCELLED");
      for (const id of (await done).chunkIds) expect(store.pinned.has(id)).toBe(true);
    }
  });

  test("memory is bounded: eight chunks on their way to the store, two in hand", async () => {
    const { files, store, service } = fixture({ "/f": vectorStream(40 * CHUNK_BYTES) });
    store.latencyTurns = 50;
    let started = 0;
    let ahead = 0;
    files.onRead = () => {
      started++;
      ahead = Math.max(ahead, started - store.objects.size);
    };
    await service.publishPath("/f");
    expect(store.bytesInFlightMax).toBe(8 * CHUNK_BYTES);
    expect(ahead).toBeLessThanOrEqual(10);
  });

  test("more than eight publications at once are refused", async () => {
    const { service } = fixture();
    const running = Array.from({ length: 8 }, () => service.publishPath("/site"));
    expect((await errorOf(service.publishPath("/site"))).code).toBe("BUSY");
    await Promise.all(running);
    await service.publishPath("/site");
  });

  test("missing paths and wrong media types are refused", async () => {
    const { service } = fixture();
    expect((await errorOf(service.publishPath("/none"))).code).toBe("FILE_UNREADABLE");
    const wrong = service.publishPath("/site", { mime: "text/html\r\nX-Evil: 1" });
    expect((await errorOf(wrong)).code).toBe("INVALID_CONFIG");
  });
});

describe("PublishService.publishStream()", () => {
  test("takes a name and a media type, or neither", async () => {
    const { store, service } = fixture();
    const plain = await service.publishStream("", pieces(utf8("hello"), 2));
    const named = await service.publishStream("a.txt", pieces(utf8("hello"), 2));
    const typed = await service.publishStream("a", pieces(utf8("hello"), 2), { mime: "a/b" });
    const labels: string[][] = [];
    for (const { link } of [plain, named, typed]) {
      const { name, mime } = await resolve(store, link) as FileView;
      labels.push([name, mime]);
    }
    expect(labels).toEqual([["", ""], ["a.txt", "text/plain"], ["a", "a/b"]]);
    expect(plain.fileRoot).toBe(named.fileRoot ?? "");
  });

  test("what is announced to exceed the room is told so before anything has come", async () => {
    const { store, service } = fixture();
    store.quotaBytes = 1_000;
    const seen: (number | undefined)[][] = [];
    const onProgress = (of: PublishProgress) => void seen.push([of.totalBytes, of.roomBytes]);
    await service.publishStream("a", pieces(utf8("x"), 1), { onProgress, announcedBytes: 5_000 });
    expect(seen).toEqual([[5_000, 1_000], [5_000, 1_000]]);
    const tooLong = service.publishStream("a", pieces(utf8("x"), 1), { announcedBytes: 2 ** 41 });
    expect((await errorOf(tooLong)).code).toBe("INVALID_PATH");
  });

  test("an empty stream is an empty file", async () => {
    const { store, service } = fixture();
    const published = await service.publishStream("", pieces(new Uint8Array(0), 1));
    expect([published.size, published.fileRoot, published.chunks]).toEqual([0, undefined, 0]);
    expect((await resolve(store, published.link) as FileView).size).toBe(0);
  });

  test("a name that may not enter the network is refused", async () => {
    const { service } = fixture();
    for (const name of ["../a", "a/b", "a\n"]) {
      const error = await errorOf(service.publishStream(name, pieces(utf8("x"), 1)));
      expect(error.code).toBe("INVALID_PATH");
    }
  });

  test("a stream that fails or falls silent ends the publication", async () => {
    const { store, service } = fixture();
    const failing = async function* () {
      yield await Promise.resolve(vectorStream(2 * CHUNK_BYTES));
      throw new Error("the line broke");
    };
    expect((await errorOf(service.publishStream("", failing()))).message).toBe("the line broke");
    const controller = new AbortController();
    const silent = async function* () {
      yield await Promise.resolve(vectorStream(2 * CHUNK_BYTES));
      controller.abort();
      await new Promise(() => {});
    };
    const cancelled = service.publishStream("", silent(), { signal: controller.signal });
    expect((await errorOf(cancelled)).code).toBe("CANCELLED");
    expect(store.pinned.size).toBe(0);
  });
});
