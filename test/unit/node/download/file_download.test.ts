import { CHUNK_BYTES, strongIdOf } from "../../../../src/content/mod.ts";
import { asStrongId, parseKey32, type SkerryError, utf8 } from "../../../../src/lib/mod.ts";
import {
  downloadFile,
  type DownloadOptions,
  isPartName,
  partName,
} from "../../../../src/node/download/file_download.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { MemoryFiles } from "../../../support/memory_files.ts";
import { MemoryRemote } from "../../../support/memory_remote.ts";
import { MemoryStore } from "../../../support/memory_store.ts";
import { publisherOf } from "../../../support/publisher.ts";
import { vectorStream } from "../../../support/vector_stream.ts";

const SIZE = 5 * CHUNK_BYTES + 100;

async function fixture(contents: Uint8Array | string) {
  const published = new MemoryFiles({ "/source": contents });
  const store = new MemoryStore();
  const { link } = await publisherOf(published, store).service.publishPath("/source");
  const files = new MemoryFiles({ "/out/": "" });
  const remote = new MemoryRemote(store);
  const file = await remote.describe({
    meta: { kind: "strong", id: asStrongId(parseKey32(link) ?? new Uint8Array()) },
    segments: [],
  });
  if (file.kind !== "file") throw new Error("not a file");
  const part = `/out/${partName(file.strongId)}`;
  const counted = { bytes: 0 };
  const controller = new AbortController();
  const options: DownloadOptions = {
    files,
    remote,
    signal: controller.signal,
    overwrite: false,
    onBytes: (bytes) => {
      counted.bytes += bytes;
    },
  };
  return { files, remote, file, part, counted, controller, options };
}

async function errorOf(work: Promise<unknown>): Promise<SkerryError> {
  try {
    await work;
  } catch (error) {
    return error as SkerryError;
  }
  throw new Error("it did not fail");
}

function expectSame(found: Uint8Array | undefined, expected: Uint8Array): void {
  expect(found?.length).toBe(expected.length);
  expect(Buffer.compare(found ?? new Uint8Array(), expected)).toBe(0);
}

describe("downloadFile()", () => {
  test("writes the file under its name only when it is whole", async () => {
    const { files, file, counted, options, remote } = await fixture(vectorStream(SIZE));
    remote.tamper = (piece) => {
      expect(files.bytesOf("/out/a")).toBeUndefined();
      return piece;
    };
    expect(await downloadFile(file, "/out/a", options)).toBe("written");
    expectSame(files.bytesOf("/out/a"), vectorStream(SIZE));
    expect(files.paths()).toEqual(["/out", "/out/a"]);
    expect([counted.bytes, files.openCount]).toEqual([SIZE, 0]);
  });

  test("small and empty files too", async () => {
    for (const contents of ["", "x", vectorStream(65_536), vectorStream(65_537)]) {
      const bytes = typeof contents === "string" ? utf8(contents) : contents;
      const { files, file, options } = await fixture(contents);
      expect(await downloadFile(file, "/out/a", options)).toBe("written");
      expectSame(files.bytesOf("/out/a"), bytes);
      expect(await downloadFile(file, "/out/a", options)).toBe("kept");
    }
  });

  test("goes on from the whole chunks of an interrupted download", async () => {
    const { files, file, part, counted, remote, options } = await fixture(vectorStream(SIZE));
    remote.tamper = (piece, at) => at > 3 * CHUNK_BYTES ? undefined : piece;
    const cut = await errorOf(downloadFile(file, "/out/a", options));
    expect(cut.code).toBe("HOLDERS_FAILED");
    expect(cut.message).toContain(`of ${SIZE} bytes; run it again to go on`);
    expect(files.bytesOf("/out/a")).toBeUndefined();
    expect(files.bytesOf(part)?.length).toBeGreaterThan(3 * CHUNK_BYTES);
    files.put(part, vectorStream(3 * CHUNK_BYTES + 77)); // as a killed process leaves it

    remote.tamper = (piece) => piece;
    counted.bytes = 0;
    expect(await downloadFile(file, "/out/a", options)).toBe("written");
    expect(remote.reads.at(-1)?.start).toBe(3 * CHUNK_BYTES);
    expectSame(files.bytesOf("/out/a"), vectorStream(SIZE));
    expect([counted.bytes, files.paths().length]).toEqual([SIZE, 2]);
  });

  test("a part that holds something else is found out and fetched anew", async () => {
    const parts = [
      new Uint8Array(3 * CHUNK_BYTES),
      new Uint8Array(SIZE),
      new Uint8Array(9 * CHUNK_BYTES),
    ];
    for (const wrong of parts) {
      const { files, file, part, counted, remote, options } = await fixture(vectorStream(SIZE));
      files.put(part, wrong);
      expect(await downloadFile(file, "/out/a", options)).toBe("written");
      expectSame(files.bytesOf("/out/a"), vectorStream(SIZE));
      expect(remote.reads.at(-1)?.start).toBe(0);
      expect(counted.bytes).toBe(SIZE);
    }
  });

  test("bytes that do not have the promised root are never put in place", async () => {
    const { files, file, part, remote, options } = await fixture(vectorStream(SIZE));
    const tampers: ((piece: Uint8Array, at: number) => Uint8Array)[] = [
      (piece, at) => at === 0 ? piece.fill(1, 5, 6) : piece,
      (piece, at) => at + piece.length === SIZE ? new Uint8Array(piece.length) : piece,
      (piece, at) => at + piece.length === SIZE ? new Uint8Array(2 * CHUNK_BYTES) : piece,
    ];
    for (const tamper of tampers) {
      remote.tamper = tamper;
      const error = await errorOf(downloadFile(file, "/out/a", options));
      expect(error.code).toBe("INVALID_MANIFEST");
      expect(error.message).toContain("do not have the promised file root");
      expect(files.paths()).toEqual(["/out"]);
      expect([files.bytesOf(part), files.openCount]).toEqual([undefined, 0]);
    }
  });

  test("a file that is there is kept, or left alone, or replaced if that is allowed", async () => {
    const { files, file, counted, remote, options } = await fixture(vectorStream(SIZE));
    files.put("/out/a", vectorStream(SIZE));
    expect(await downloadFile(file, "/out/a", options)).toBe("kept");
    expect([counted.bytes, remote.reads.length]).toEqual([SIZE, 0]);
    for (const other of [new Uint8Array(SIZE), utf8("mine")]) {
      files.put("/out/a", other);
      const error = await errorOf(downloadFile(file, "/out/a", options));
      expect([error.code, error.message.includes("other contents")])
        .toEqual(["FILE_UNREADABLE", true]);
      expectSame(files.bytesOf("/out/a"), other);
      counted.bytes = 0;
      const overwriting = { ...options, overwrite: true };
      expect(await downloadFile(file, "/out/a", overwriting)).toBe("written");
      expectSame(files.bytesOf("/out/a"), vectorStream(SIZE));
      expect(counted.bytes).toBe(SIZE);
    }
  });

  test("a symlink, directory or pipe in the way is left alone, even when overwriting", async () => {
    const { files, file, options } = await fixture("x");
    files.put("/etc/passwd", "root");
    files.put("/out/link", "-> /etc/passwd");
    files.put("/out/dir/", "");
    files.put("/out/pipe", "!pipe");
    for (const name of ["link", "dir", "pipe"]) {
      const work = downloadFile(file, `/out/${name}`, { ...options, overwrite: true });
      expect((await errorOf(work)).code).toBe("FILE_UNREADABLE");
    }
    expectSame(files.bytesOf("/etc/passwd"), utf8("root"));
  });

  test("an abort leaves a part to go on from", async () => {
    const { files, file, part, controller, remote, options } = await fixture(vectorStream(SIZE));
    remote.tamper = (piece, at) => {
      if (at > 2 * CHUNK_BYTES) controller.abort();
      return piece;
    };
    expect((await errorOf(downloadFile(file, "/out/a", options))).code).toBe("CANCELLED");
    expect(files.bytesOf(part)?.length).toBeGreaterThanOrEqual(2 * CHUNK_BYTES);
    expect([files.openCount, remote.readsInFlight]).toEqual([0, 0]);
  });

  test("a path without a directory is taken as it is", async () => {
    const { file, options } = await fixture("x");
    const opened: string[] = [];
    const files = options.files;
    const openWrite = files.openWrite.bind(files);
    files.openWrite = (path) => {
      opened.push(path);
      return openWrite(`/${path}`);
    };
    files.rename = () => Promise.resolve();
    await downloadFile(file, "a", options);
    expect(opened).toEqual([partName(file.strongId)]);
  });
});

test("part names are told from all others", () => {
  const id = strongIdOf(utf8("a"));
  expect(isPartName(partName(id))).toBe(true);
  const others = ["a", ".skerry-.part", `x${partName(id)}`, `${partName(id)}x`, ".skerry-1.part"];
  for (const name of others) expect(isPartName(name)).toBe(false);
});
