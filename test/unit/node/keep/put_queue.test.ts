import { chunkIdOf } from "../../../../src/content/mod.ts";
import { SkerryError, utf8 } from "../../../../src/lib/mod.ts";
import { PUT_BYTES_MAX, PutQueue, PUTS_MAX } from "../../../../src/node/keep/put_queue.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { MemoryStore } from "../../../support/memory_store.ts";

const PINNED = { pinned: true };

async function put(queue: PutQueue, bytes: Uint8Array, onSettled?: () => void): Promise<void> {
  await queue.put(chunkIdOf(bytes), bytes, PINNED, onSettled);
}

describe("PutQueue", () => {
  test("keeps a bounded number of writes in flight", async () => {
    const store = new MemoryStore();
    const queue = new PutQueue(store);
    for (let i = 0; i < 200; i++) await put(queue, utf8(`object ${i}`));
    await queue.drain();
    expect(store.objects.size).toBe(200);
    expect(store.writesInFlightMax).toBe(PUTS_MAX);
  });

  test("keeps bounded bytes in flight, and starts one that is larger than the bound", async () => {
    const store = new MemoryStore();
    const queue = new PutQueue(store);
    for (let i = 0; i < 20; i++) await put(queue, new Uint8Array(2 ** 20).fill(i));
    await queue.drain();
    expect(store.bytesInFlightMax).toBe(PUT_BYTES_MAX);
    await put(queue, new Uint8Array(2 * PUT_BYTES_MAX));
    await queue.drain();
  });

  test("tells when the bytes are free, written or not", async () => {
    const store = new MemoryStore();
    store.failFrom = 1;
    const queue = new PutQueue(store);
    const settled: string[] = [];
    for (const text of ["a", "b"]) await put(queue, utf8(text), () => settled.push(text));
    expect(settled).toEqual([]);
    await queue.settle();
    expect(settled).toEqual(["a", "b"]);
  });

  test("the first failure ends it: later puts and drain() reject, settle() does not", async () => {
    const store = new MemoryStore();
    store.failFrom = 1;
    const queue = new PutQueue(store);
    for (const text of ["a", "b", "c"]) await put(queue, utf8(text));
    await queue.settle();
    expect(store.objects.size).toBe(1);
    await expect(put(queue, utf8("d"))).rejects.toThrow(SkerryError);
    await expect(queue.drain()).rejects.toThrow("Cannot store a chunk");
    expect(store.writesInFlight).toBe(0);
  });
});
