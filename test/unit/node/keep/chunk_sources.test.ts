import { CHUNK_BYTES } from "../../../../src/content/mod.ts";
import { cancelled, readAhead, splitStream } from "../../../../src/node/keep/chunk_sources.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { MemoryFiles } from "../../../support/memory_files.ts";
import { vectorStream } from "../../../support/vector_stream.ts";

const fresh = () => new Uint8Array(CHUNK_BYTES);

async function lengthsOf(chunks: AsyncIterable<Uint8Array>): Promise<number[]> {
  const lengths: number[] = [];
  for await (const chunk of chunks) lengths.push(chunk.length);
  return lengths;
}

describe("readAhead()", () => {
  test("gives a file's chunks, reading the next while one is worked on", async () => {
    for (const size of [0, 1, CHUNK_BYTES, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 1]) {
      const files = new MemoryFiles({ "/f": vectorStream(size) });
      const offsets: number[] = [];
      files.onRead = (_, offset) => offsets.push(offset);
      const seen: number[] = [];
      for await (const chunk of readAhead(await files.openRead("/f"), fresh)) {
        seen.push(chunk.length);
        if (chunk.length === CHUNK_BYTES) expect(offsets.length).toBe(seen.length + 1);
      }
      expect(seen.reduce((sum, length) => sum + length, 0)).toBe(size);
    }
  });

  test("a read that fails ends it, also if nobody waits for that read", async () => {
    const files = new MemoryFiles({ "/f": vectorStream(3 * CHUNK_BYTES) });
    const opened = await files.openRead("/f");
    const read = opened.read.bind(opened);
    const failing = {
      ...opened,
      read: (offset: number, into: Uint8Array) =>
        offset === 0 ? read(offset, into) : Promise.reject(new Error("the disk broke")),
    };
    await expect(lengthsOf(readAhead(failing, fresh))).rejects.toThrow("the disk broke");
    for await (const _ of readAhead(failing, fresh)) break; // leaves with a failing read under way
  });
});

describe("splitStream()", () => {
  test("gives a stream's chunks", async () => {
    const stream = async function* () {
      for (let i = 0; i < 5; i++) yield await Promise.resolve(vectorStream(500_000));
    };
    expect(await lengthsOf(splitStream(stream(), fresh, undefined)))
      .toEqual([CHUNK_BYTES, CHUNK_BYTES, 2_500_000 - 2 * CHUNK_BYTES]);
  });

  test("a silent stream ends at the abort, and is told so", async () => {
    let isReturned = false;
    const silent: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: () => {
          isReturned = true;
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    };
    const controller = new AbortController();
    const work = lengthsOf(splitStream(silent, fresh, controller.signal));
    controller.abort();
    await expect(work).rejects.toThrow(cancelled().message);
    expect(isReturned).toBe(true);
    const late = lengthsOf(splitStream(silent, fresh, controller.signal));
    await expect(late).rejects.toThrow(cancelled().message);
  });
});
