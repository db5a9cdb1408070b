import { CHUNK_BYTES, strongIdOf } from "../../../../src/content/mod.ts";
import {
  asStrongId,
  type MetaId,
  parseKey32,
  SkerryError,
  type SkerryErrorCode,
  utf8,
} from "../../../../src/lib/mod.ts";
import type { DirectoryItem } from "../../../../src/node/contract/api.ts";
import {
  partName,
  type RemoteContent,
  type RemoteDirectory,
} from "../../../../src/node/download/file_download.ts";
import { TreeWriter } from "../../../../src/node/download/tree_writer.ts";
import type { WriteProgress } from "../../../../src/node/download/write_run.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { MemoryFiles } from "../../../support/memory_files.ts";
import { MemoryRemote } from "../../../support/memory_remote.ts";
import { MemoryStore } from "../../../support/memory_store.ts";
import { publisherOf } from "../../../support/publisher.ts";
import { vectorStream } from "../../../support/vector_stream.ts";

const SITE = {
  "/site/index.html": "<h1>hello</h1>",
  "/site/data/big.bin": vectorStream(3 * CHUNK_BYTES + 7),
  "/site/data/empty": "",
  "/site/none/": "",
};

const metaOf = (link: string): MetaId => ({
  kind: "strong",
  id: asStrongId(parseKey32(link) ?? new Uint8Array()),
});

async function fixture(tree: Readonly<Record<string, string | Uint8Array>> = SITE, path = "/site") {
  const store = new MemoryStore();
  const { link, size } = await publisherOf(new MemoryFiles(tree), store).service.publishPath(path);
  const remote = new MemoryRemote(store);
  const item = await remote.describe({ meta: metaOf(link), segments: [] });
  const files = new MemoryFiles({ "/home/": "" });
  return { files, remote, item, size, writer: new TreeWriter(files, remote) };
}

/** A remote directory with entries that no honest node would send. */
function lyingRemote(entries: readonly Partial<DirectoryItem>[]): {
  remote: RemoteContent;
  root: RemoteDirectory;
} {
  const items = entries.map((entry): DirectoryItem => ({
    name: "a",
    kind: "file",
    strongId: strongIdOf(utf8("x")),
    size: 1,
    mime: "",
    ...entry,
  }));
  const contents = async function* () {
    yield await Promise.resolve(utf8("x"));
  };
  const remote: RemoteContent = {
    describe: (place) => {
      const strongId = strongIdOf(utf8("x"));
      const entry = items.find(({ name }) => name === place.segments.at(-1));
      if (entry?.kind === "directory") {
        return Promise.resolve({ kind: "directory", place, strongId, size: entry.size });
      }
      return Promise.resolve({ kind: "file", strongId, size: 1, name: "", fileRoot: strongId });
    },
    list: (_, start) => Promise.resolve(items.slice(start, start + 1_000)),
    read: contents,
  };
  const strongId = strongIdOf(utf8("root"));
  const place = { meta: { kind: "strong", id: strongId }, segments: [] } as const;
  return { remote, root: { kind: "directory", place, strongId, size: 1_000 } };
}

async function errorOf(work: Promise<unknown>): Promise<SkerryError> {
  try {
    await work;
  } catch (error) {
    return error as SkerryError;
  }
  throw new Error("it did not fail");
}

describe("TreeWriter", () => {
  test("writes a tree as it was published", async () => {
    const { files, item, size, writer } = await fixture();
    const written = await writer.write(item, "/home/out");
    expect(written).toEqual({
      path: "/home/out",
      files: 3,
      keptFiles: 0,
      directories: 3,
      bytes: size,
    });
    expect(files.paths()).toEqual([
      "/home",
      "/home/out",
      "/home/out/data",
      "/home/out/data/big.bin",
      "/home/out/data/empty",
      "/home/out/index.html",
      "/home/out/none",
    ]);
    const big = files.bytesOf("/home/out/data/big.bin") ?? new Uint8Array();
    expect(Buffer.compare(big, SITE["/site/data/big.bin"])).toBe(0);
    expect(files.openCount).toBe(0);
  });

  test("a second run keeps what is there and fetches what is missing", async () => {
    const { files, item, remote, writer } = await fixture();
    await writer.write(item, "/home/out");
    await files.removeFile("/home/out/index.html");
    remote.reads.length = 0;
    const again = await writer.write(item, "/home/out");
    expect([again.files, again.keptFiles]).toEqual([3, 2]);
    expect(remote.reads).toEqual([{ size: 14, start: 0 }]);
  });

  test("a file goes to its path, or under its own name into a directory", async () => {
    const places: [string, string][] = [
      ["/home/new/x.bin", "/home/new/x.bin"],
      ["/home", "/home/big.bin"],
      ["/home/", "/home/big.bin"],
      ["/elsewhere/", "/elsewhere/big.bin"],
      ["/link", "/link/big.bin"],
    ];
    for (const [out, expected] of places) {
      const { files, item, writer } = await fixture(SITE, "/site/data/big.bin");
      files.put("/link", "-> /home");
      expect((await writer.write(item, out)).path).toBe(expected);
      expect(files.bytesOf(expected)?.length).toBe(3 * CHUNK_BYTES + 7);
    }
  });

  test("a file's own name is checked too, and a nameless one goes by its id", async () => {
    const { files, item, writer } = await fixture(SITE, "/site/index.html");
    if (item.kind !== "file") throw new Error();
    for (const name of ["../x", "..", "a/b", "a\n"]) {
      expect((await errorOf(writer.write({ ...item, name }, "/home/"))).code).toBe("INVALID_PATH");
    }
    const { path } = await writer.write({ ...item, name: "" }, "/home/");
    expect(path).toMatch(/^\/home\/[a-z2-7]{52}$/);
    expect(files.paths()).toEqual(["/home", path]);
  });

  test("names are checked again: whatever the node says, nothing leaves the path", async () => {
    const names = ["..", ".", "../x", "/etc/x", "a/b", "a\\b", "a\0b", "a\nb", "", "é".repeat(128)];
    for (const name of names) {
      const { remote, root } = lyingRemote([{ name }]);
      const files = new MemoryFiles({ "/home/": "" });
      const error = await errorOf(new TreeWriter(files, remote).write(root, "/home/out"));
      expect([name, error.code]).toEqual([name, "INVALID_PATH"]);
      expect(files.paths()).toEqual(["/home", "/home/out"]);
    }
  });

  test("names twice, out of order or reserved are refused", async () => {
    const lists: [string[], SkerryErrorCode][] = [
      [["a", "a"], "INVALID_MANIFEST"],
      [["b", "a"], "INVALID_MANIFEST"],
      [[partName(strongIdOf(utf8("a")))], "INVALID_PATH"],
    ];
    for (const [names, code] of lists) {
      const { remote, root } = lyingRemote(names.map((name) => ({ name })));
      const files = new MemoryFiles({ "/home/": "" });
      const error = await errorOf(new TreeWriter(files, remote).write(root, "/home/out"));
      expect(error.code).toBe(code);
    }
  });

  test("symlinks in the way are not followed, except the user's own path", async () => {
    const { files, item, writer } = await fixture();
    files.put("/etc/passwd", "root");
    files.put("/home/out/data", "-> /etc");
    const error = await errorOf(writer.write(item, "/home/out", { overwrite: true }));
    expect(error.code).toBe("FILE_UNREADABLE");
    expect(error.message).toContain("/home/out/data: a symlink is there");
    expect(files.paths().filter((path) => path.startsWith("/etc"))).toEqual([
      "/etc",
      "/etc/passwd",
    ]);

    files.put("/home/real/", "");
    files.put("/home/mine", "-> real");
    await writer.write(item, "/home/mine");
    expect(files.bytesOf("/home/real/index.html")).toEqual(utf8("<h1>hello</h1>"));
  });

  test("a file in the place of a directory is left alone", async () => {
    const { files, item, writer } = await fixture();
    files.put("/home/out", "mine");
    const error = await errorOf(writer.write(item, "/home/out", { overwrite: true }));
    expect(error.message).toContain("a file is there");
    expect(files.bytesOf("/home/out")).toEqual(utf8("mine"));
  });

  test("trees deeper than 16 or larger than announced end there", async () => {
    const { remote, root } = lyingRemote([{ name: "d", kind: "directory", size: 0 }]);
    const files = new MemoryFiles();
    const deep = await errorOf(new TreeWriter(files, remote).write(root, "/out"));
    expect([deep.code, deep.message.includes("at most 16")]).toEqual(["INVALID_MANIFEST", true]);
    expect(files.paths().length).toBe(17);

    const large = lyingRemote([{ name: "a" }, { name: "b" }]);
    const root1 = { ...large.root, size: 1 };
    const error = await errorOf(new TreeWriter(files, large.remote).write(root1, "/out2"));
    expect([error.code, error.message.includes("larger than its announced 1 bytes")])
      .toEqual(["INVALID_MANIFEST", true]);
  });

  test("an entry that is not what the listing said is refused", async () => {
    for (const lie of [{ size: 2 }, { strongId: strongIdOf(utf8("y")) }]) {
      const { remote, root } = lyingRemote([{ size: 1, ...lie }]);
      const error = await errorOf(new TreeWriter(new MemoryFiles(), remote).write(root, "/out"));
      expect(error.message).toContain(
        "Cannot write /out/a: its directory entry announces the file",
      );
    }
  });

  test("each entry is asked for by the way to it, so rules about paths hold", async () => {
    for (const path of ["data", "data/big.bin"]) {
      const { files, item, remote, writer } = await fixture();
      remote.refused.set(path, new SkerryError("DENIED", "This node does not serve it"));
      expect((await errorOf(writer.write(item, "/out"))).code).toBe("DENIED");
      expect(files.bytesOf("/out/data/big.bin")).toBeUndefined();
    }
  });

  test("small files are fetched 32 at a time", async () => {
    const tree: Record<string, string> = {};
    for (let i = 0; i < 1_100; i++) tree[`/d/${10_000 + i}`] = `${i}`;
    const { files, item, remote, writer } = await fixture(tree, "/d");
    const written = await writer.write(item, "/out");
    expect([written.files, remote.readsInFlightMax]).toEqual([1_100, 32]);
    expect(files.bytesOf("/out/11099")).toEqual(utf8("1099"));
  });

  test("progress ends at the total", async () => {
    const { item, size, writer } = await fixture();
    const seen: WriteProgress[] = [];
    await writer.write(item, "/out", { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toMatchObject({ doneBytes: size, totalBytes: size, doneFiles: 3 });
    for (const { doneBytes } of seen) expect(doneBytes).toBeLessThanOrEqual(size);
  });

  test("one file that fails stops the others; what is finished stays", async () => {
    const { files, item, remote, writer } = await fixture();
    remote.tamper = (piece, at) => at > CHUNK_BYTES ? new Uint8Array(piece.length) : piece;
    expect((await errorOf(writer.write(item, "/out"))).code).toBe("INVALID_MANIFEST");
    expect([files.openCount, remote.readsInFlight]).toEqual([0, 0]);
    remote.tamper = (piece) => piece;
    await writer.write(item, "/out");
    expect(files.bytesOf("/out/data/big.bin")?.length).toBe(3 * CHUNK_BYTES + 7);
  });

  test("an abort ends it at once and leaves a part", async () => {
    const { files, item, remote, writer } = await fixture();
    const controller = new AbortController();
    const onProgress = ({ doneBytes }: WriteProgress) => {
      if (doneBytes > CHUNK_BYTES) controller.abort();
    };
    const work = writer.write(item, "/out", { signal: controller.signal, onProgress });
    expect((await errorOf(work)).code).toBe("CANCELLED");
    expect([files.openCount, remote.readsInFlight]).toEqual([0, 0]);
    expect(files.paths().some((path) => path.endsWith(".part"))).toBe(true);
    const early = writer.write(item, "/out", { signal: controller.signal });
    expect((await errorOf(early)).code).toBe("CANCELLED");
  });
});
