import { CHUNK_BYTES, ChunkSplitter } from "../../content/mod.ts";
import { SkerryError } from "../../lib/mod.ts";
import type { ReadableFile } from "../../ports/mod.ts";

/** Gives memory of 1 MiB for the next chunk. */
export type TakeBuffer = () => Uint8Array;

/** A file's chunks in order, the next being read while one is worked on. */
export async function* readAhead(
  file: ReadableFile,
  takeBuffer: TakeBuffer,
): AsyncGenerator<Uint8Array, void, undefined> {
  const read = async (offset: number): Promise<Uint8Array> => {
    const buffer = takeBuffer();
    return buffer.subarray(0, await file.read(offset, buffer));
  };
  let next: Promise<Uint8Array> | undefined = read(0);
  try {
    for (let at = 0; next !== undefined;) {
      const chunk: Uint8Array = await next;
      at += chunk.length;
      next = chunk.length === CHUNK_BYTES ? read(at) : undefined;
      next?.catch(() => {}); // heard when its turn comes, or never if the job ends first
      if (chunk.length > 0) yield chunk;
    }
  } finally {
    await next?.catch(() => {}); // the file is closed after this, not before
  }
}

/** A stream's chunks in order. Rejects with CANCELLED as soon as `signal` aborts. */
export async function* splitStream(
  bytes: AsyncIterable<Uint8Array>,
  takeBuffer: TakeBuffer,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const splitter = new ChunkSplitter(takeBuffer);
  for await (const piece of untilAborted(bytes, signal)) yield* splitter.push(piece);
  const last = splitter.end();
  if (last !== undefined) yield last;
}

/** The same items, or a rejection as soon as `signal` aborts, though the source may be silent. */
async function* untilAborted<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {}); // nobody may be waiting when it happens
  const abort = (): void => aborted.reject(cancelled());
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted === true) abort();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted.promise]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal?.removeEventListener("abort", abort);
    // Not waited for: a source that is silent would not answer this either.
    iterator.return?.().catch(() => {});
  }
}

export function cancelled(): SkerryError {
  return new SkerryError("CANCELLED", "The publication was cancelled");
}
