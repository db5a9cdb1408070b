import { CHUNK_BYTES } from "../../../../src/content/mod.ts";
import { SkerryError, toHex } from "../../../../src/lib/mod.ts";
import { PublishJob } from "../../../../src/node/publish/publish_job.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { MemoryStore } from "../../../support/memory_store.ts";
import { vectorStream } from "../../../support/vector_stream.ts";

const LABEL = { name: "a", mime: "" };
const UNRECORDED = () => (): void => {};

/** Chunks of `bytes` in the job's own buffers, which are written over once they are given back. */
async function* chunksOf(job: PublishJob, bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const part = bytes.subarray(at, at + CHUNK_BYTES);
    const buffer = job.takeBuffer();
    buffer.fill(0xee);
    buffer.set(part);
    yield await Promise.resolve(buffer.subarray(0, part.length));
  }
}

describe("PublishJob", () => {
  test("reuses its buffers, but none that the store still writes from", async () => {
    const store = new MemoryStore(); // fails if bytes change while it writes
    store.latencyTurns = 20;
    const job = new PublishJob(store, {}, UNRECORDED);
    const buffers = new Set<unknown>();
    const take = job.takeBuffer.bind(job);
    job.takeBuffer = () => {
      const buffer = take();
      buffers.add(buffer.buffer);
      return buffer;
    };
    await job.addFile(chunksOf(job, vectorStream(40 * CHUNK_BYTES)), LABEL, "a");
    await job.finish();
    expect(job.chunkIds).toHaveLength(40);
    expect(buffers.size).toBeLessThanOrEqual(10);
    expect(buffers.size).toBeGreaterThan(1);
  });

  test("a buffer that the store took away is replaced", async () => {
    const store = new MemoryStore();
    const put = store.put.bind(store);
    store.put = async (id, bytes, options) => {
      const copy = structuredClone(bytes.slice());
      structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
      return await put(id, copy, options);
    };
    const job = new PublishJob(store, {}, UNRECORDED);
    await job.addFile(chunksOf(job, vectorStream(3 * CHUNK_BYTES)), LABEL, "a");
    await job.finish();
    expect(job.takeBuffer().length).toBe(CHUNK_BYTES);
  });

  test("keeps every key once: chunks by SHA-1, objects by both names", async () => {
    const job = new PublishJob(new MemoryStore(), {}, UNRECORDED);
    const twice = new Uint8Array(2 * CHUNK_BYTES);
    const { id, strongId } = await job.addFile(chunksOf(job, twice), LABEL, "a");
    await job.finish();
    expect(job.chunkIds).toHaveLength(2);
    expect(job.chunkIds[0]).toBe(job.chunkIds[1] ?? "");
    const expected = [job.chunkIds[0] ?? "", toHex(id), toHex(strongId.subarray(0, 20))];
    expect([...job.keys.keys()].sort()).toEqual(expected.sort());
  });

  test("each object is written down as part of it when it is pinned", async () => {
    const noted = new Set<string>();
    const job = new PublishJob(new MemoryStore(), {}, (id) => () => void noted.add(toHex(id)));
    const { id } = await job.addFile(chunksOf(job, new Uint8Array(2 * CHUNK_BYTES)), LABEL, "a");
    await job.finish();
    expect([...noted].sort()).toEqual([job.chunkIds[0] ?? "", toHex(id)].sort());
  });

  test("progress grows to the total; a total that was too small grows along", async () => {
    const seen: [number, number][] = [];
    const job = new PublishJob(new MemoryStore(), {
      onProgress: ({ doneBytes, totalBytes }) => seen.push([doneBytes, totalBytes]),
    }, UNRECORDED);
    job.begin(CHUNK_BYTES, CHUNK_BYTES, "x");
    await job.addFile(chunksOf(job, vectorStream(2 * CHUNK_BYTES)), LABEL, "a");
    expect(seen).toEqual([[CHUNK_BYTES, CHUNK_BYTES], [2 * CHUNK_BYTES, 2 * CHUNK_BYTES]]);
  });

  test("assertWanted() throws once the signal aborts", () => {
    const controller = new AbortController();
    const job = new PublishJob(new MemoryStore(), { signal: controller.signal }, UNRECORDED);
    job.assertWanted();
    controller.abort();
    expect(() => job.assertWanted()).toThrow(SkerryError);
  });
});
