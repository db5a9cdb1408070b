import { type ChunkId, toHex, type UnixMs } from "../lib/mod.ts";
import type { ChunkIndex } from "./chunk_index.ts";

interface Entry {
  readonly id: ChunkId;
  usedMs: UnixMs | undefined;
  isProven: boolean;
}

/** Reads since the last flush, so that a read costs no row: who was used when, and whose bytes were
 * proven. What a crash loses of it costs nothing but a proof and an order of eviction. */
export class UseLog {
  /** BOUNDED by ENTRIES_MAX: the owner drains it when `isFull` says so, turn by turn. */
  readonly #entries = new Map<string, Entry>();
  #latestMs = 0;

  get size(): number {
    return this.#entries.size;
  }

  get isFull(): boolean {
    return this.#entries.size >= ENTRIES_FULL;
  }

  /** The stamp of a use at `nowMs`: never before an earlier one, though the wall clock may jump. */
  stamp(nowMs: UnixMs): UnixMs {
    this.#latestMs = Math.max(this.#latestMs, nowMs);
    return this.#latestMs as UnixMs;
  }

  recordUse(id: ChunkId, nowMs: UnixMs): void {
    const usedMs = this.stamp(nowMs);
    const entry = this.#entry(id);
    if (entry !== undefined) entry.usedMs = usedMs;
  }

  recordProof(id: ChunkId): void {
    const entry = this.#entry(id);
    if (entry !== undefined) entry.isProven = true;
  }

  isProven(id: ChunkId): boolean {
    return this.#entries.get(toHex(id))?.isProven === true;
  }

  /** When it was used last, if that is not in the index yet. */
  usedMs(id: ChunkId): UnixMs | undefined {
    return this.#entries.get(toHex(id))?.usedMs;
  }

  /** Forgets an object that is gone, so that its id is not taken as proven when it comes back. */
  forget(id: ChunkId): void {
    this.#entries.delete(toHex(id));
  }

  /** Writes at most `limit` of them into the index, the oldest first; within a transaction.
   * @returns the ids of those used. */
  drainInto(index: ChunkIndex, boot: number, limit: number): ChunkId[] {
    const used: ChunkId[] = [];
    for (const [key, { id, usedMs, isProven }] of this.#entries.entries().take(limit)) {
      this.#entries.delete(key);
      if (usedMs !== undefined) {
        index.setUsed(id, usedMs);
        used.push(id);
      }
      if (isProven) index.setProven(id, boot);
    }
    return used;
  }

  /** Undefined where there is no room: what is lost is what a crash loses. */
  #entry(id: ChunkId): Entry | undefined {
    const key = toHex(id);
    let entry = this.#entries.get(key);
    if (entry === undefined && this.#entries.size < ENTRIES_MAX) {
      entry = { id, usedMs: undefined, isProven: false };
      this.#entries.set(key, entry);
    }
    return entry;
  }
}

/** To be drained from here on; and the end, which a disk that is behind leads to. */
const ENTRIES_FULL = 1024;
const ENTRIES_MAX = 4096;
