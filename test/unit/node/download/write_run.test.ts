import { type SkerryError, type StrongId, utf8 } from "../../../../src/lib/mod.ts";
import { strongIdOf } from "../../../../src/content/mod.ts";
import type { DirectoryItem } from "../../../../src/node/contract/api.ts";
import type {
  RemoteContent,
  RemoteDirectory,
  RemoteFile,
  RemotePlace,
} from "../../../../src/node/download/file_download.ts";
import { joinPath, type WriteProgress, WriteRun } from "../../../../src/node/download/write_run.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { MemoryFiles } from "../../../support/memory_files.ts";

const FILE: RemoteFile = {
  kind: "file",
  strongId: strongIdOf(utf8("id")),
  size: 1,
  name: "",
  fileRoot: strongIdOf(utf8("x")), // the root of one leaf is its hash
};

const remote: RemoteContent = {
  describe: () => Promise.resolve(FILE),
  list: () => Promise.resolve([]),
  read: async function* () {
    yield await Promise.resolve(utf8("x"));
  },
};

describe("WriteRun", () => {
  test("counts and reports one file", async () => {
    const files = new MemoryFiles({ "/home/": "" });
    const seen: WriteProgress[] = [];
    const run = new WriteRun(files, remote, 1, { onProgress: (progress) => seen.push(progress) });
    expect(await run.writeFile(FILE, "/home/a")).toEqual({
      path: "/home/a",
      files: 1,
      keptFiles: 0,
      directories: 0,
      bytes: 1,
    });
    expect(seen.at(-1)).toEqual({ doneBytes: 1, totalBytes: 1, doneFiles: 1, path: "/home/a" });
    expect(files.bytesOf("/home/a")).toEqual(utf8("x"));
  });

  test("a run that is cancelled before it begins writes nothing", async () => {
    const files = new MemoryFiles();
    const run = new WriteRun(files, remote, 1, { signal: AbortSignal.abort() });
    const { strongId } = FILE;
    const place = { meta: { kind: "strong", id: strongId }, segments: [] } as const;
    const directory = { kind: "directory", place, strongId, size: 1 } as const;
    const error = await run.writeDirectory(directory, "/out").catch((reason: SkerryError) =>
      reason
    );
    expect((error as SkerryError).code).toBe("CANCELLED");
    expect(files.paths()).toEqual([]);
  });
});

/** A directory of 312 small files, on a node that takes one unit of time for each answer; or of as
 * many directories with nothing in them. */
class SlowRemote implements RemoteContent {
  static readonly files = 312;
  readonly #idOf: (name: string) => StrongId;
  readonly #kind: "file" | "directory";
  elapsed = 0;
  #waiting: (() => void)[] = [];
  most = 0;
  #underWay = 0;

  constructor(idOf: (name: string) => StrongId, kind: "file" | "directory" = "file") {
    this.#idOf = idOf;
    this.#kind = kind;
  }

  async describe(place: RemotePlace): Promise<RemoteFile | RemoteDirectory> {
    await this.#answered();
    const strongId = this.#idOf(place.segments.at(-1) ?? "");
    if (this.#kind === "directory") return { kind: "directory", place, strongId, size: 1 };
    return { ...FILE, strongId };
  }

  list(id: StrongId, start: number): Promise<readonly DirectoryItem[]> {
    if (id !== FILE.strongId) return Promise.resolve([]); // not the root
    const entries = Array.from({ length: SlowRemote.files }, (_, i) => {
      const name = String(1000 + i);
      return { name, kind: this.#kind, strongId: this.#idOf(name), size: 1, mime: "" };
    });
    return Promise.resolve(entries.slice(start));
  }

  async *read(): AsyncGenerator<Uint8Array> {
    await this.#answered();
    yield utf8("x");
  }

  /** Lets a unit of time pass whenever nothing else is left to do. */
  async runUntil(done: Promise<unknown>): Promise<void> {
    let isDone = false;
    void done.finally(() => (isDone = true)).catch(() => {});
    while (!isDone) {
      await new Promise(setImmediate);
      if (this.#waiting.length === 0) continue;
      this.elapsed++;
      for (const answer of this.#waiting.splice(0)) answer();
    }
  }

  async #answered(): Promise<void> {
    this.most = Math.max(this.most, ++this.#underWay);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#underWay--;
  }
}

async function write(slow: SlowRemote): Promise<readonly string[]> {
  const files = new MemoryFiles({ "/home/": "" });
  const { strongId } = FILE;
  const place = { meta: { kind: "strong", id: strongId }, segments: [] } as const;
  const size = SlowRemote.files;
  const run = new WriteRun(files, slow, size, {});
  const written = run.writeDirectory({ kind: "directory", place, strongId, size }, "/home/out");
  await slow.runUntil(written);
  const { files: count, directories } = await written;
  expect(count + directories - 1).toBe(SlowRemote.files);
  return files.paths().filter((path) => path.startsWith("/home/out/"));
}

test("many small files take a few round trips together, a bounded number at once", async () => {
  const slow = new SlowRemote((name) => strongIdOf(utf8(name)));
  expect(await write(slow)).toHaveLength(SlowRemote.files);
  expect(slow.most).toBe(32);
  expect(slow.elapsed).toBeLessThanOrEqual(30); // 20 for 32 at once, 78 for eight
});

test("many directories are described a bounded number ahead", async () => {
  const slow = new SlowRemote((name) => strongIdOf(utf8(name)), "directory");
  expect(await write(slow)).toHaveLength(SlowRemote.files);
  expect(slow.most).toBe(32);
  expect(slow.elapsed).toBeLessThanOrEqual(30); // 312 one by one
});

test("files of one directory with the same contents are all written", async () => {
  const slow = new SlowRemote(() => FILE.strongId);
  const paths = await write(slow);
  expect(paths).toHaveLength(SlowRemote.files);
  expect(paths.some((path) => path.endsWith(".part"))).toBe(false);
});

test("joinPath() puts one slash between", () => {
  expect([joinPath("/a", "b"), joinPath("/", "b"), joinPath("a/", "b")]).toEqual([
    "/a/b",
    "/b",
    "a/b",
  ]);
});
