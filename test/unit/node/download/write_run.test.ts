import { type SkerryError, utf8 } from "../../../../src/lib/mod.ts";
import { strongIdOf } from "../../../../src/content/mod.ts";
import type { RemoteContent, RemoteFile } from "../../../../src/node/download/file_download.ts";
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

test("joinPath() puts one slash between", () => {
  expect([joinPath("/a", "b"), joinPath("/", "b"), joinPath("a/", "b")]).toEqual([
    "/a/b",
    "/b",
    "a/b",
  ]);
});
