import { sha1 } from "../../../../src/crypto/mod.ts";
import { asChunkId, type ChunkId, SeededRandom } from "../../../../src/lib/mod.ts";
import type { Sqlite } from "../../../../src/ports/mod.ts";
import type { ChunkStore } from "../../../../src/node/keep/chunk_store.ts";
import { openChunkStore } from "../../../../src/node/keep/disk_chunk_store.ts";
import type { KeepScores } from "../../../../src/node/keep/keep_scores.ts";
import type { StoreEvent } from "../../../../src/node/keep/store_event.ts";
import { MemoryBlobFiles, type MemoryDiskOptions } from "../../../sim/memory_blob_files.ts";
import { VirtualClock } from "../../../sim/virtual_clock.ts";
import { memoryDatabase } from "../../store/fixtures.ts";

export const MIB = 2 ** 20;

/** Bytes that differ by seed, and their id. */
export function chunkOf(seed: number, length: number) {
  const bytes = new Uint8Array(length);
  new SeededRandom(seed).fill(bytes.subarray(0, 64)); // a hash needs no more to differ
  bytes[length - 1] = seed & 0xff;
  const id: ChunkId = asChunkId(Uint8Array.from(sha1(bytes)));
  return { id, bytes };
}

export interface StoreUnderTest {
  readonly store: ChunkStore;
  readonly files: MemoryBlobFiles;
  readonly clock: VirtualClock;
  readonly db: Sqlite;
  readonly events: StoreEvent[];
  /** Names of what has gone. */
  readonly gone: ChunkId[];
  /** Lets the virtual disk work until the promise is settled. */
  run<T>(promise: Promise<T>): Promise<T>;
}

/** A store on a virtual disk and a real index in memory. `before`: what a crash has left. */
export async function storeOn(
  quotaBytes: number,
  options: Partial<MemoryDiskOptions> = {},
  before?: { files: MemoryBlobFiles; db: Sqlite },
  sellBytes?: number,
  scores?: KeepScores,
): Promise<StoreUnderTest> {
  const clock = new VirtualClock();
  const random = options.random ?? new SeededRandom(1);
  const files = new MemoryBlobFiles({ clock, random, ...options }, before?.files.crash());
  const db = before?.db ?? memoryDatabase();
  const events: StoreEvent[] = [];
  const run = <T>(promise: Promise<T>) => clock.runPromise(promise, { virtualMsMax: 60_000 });
  const onEvent = (event: StoreEvent) => void events.push(event);
  const gone: ChunkId[] = [];
  const onGone = (names: readonly ChunkId[]) => void gone.push(...names);
  const doors = { files, db, clock, onEvent, onGone, ...(scores && { scores }) };
  const store = await run(openChunkStore({ ...doors, quotaBytes, sellBytes }));
  return { store, files, clock, db, events, gone, run };
}

/** The whole object, or undefined if it is gone. */
export async function readWhole(under: StoreUnderTest, id: ChunkId) {
  const length = under.store.lengthOf(id);
  if (length === undefined) return undefined;
  const into = new Uint8Array(length);
  return await under.run(under.store.read(id, 0, into)) ? into : undefined;
}
