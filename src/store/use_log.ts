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
  /** BOUNDED: the owner drains it when `isFull` says so. */
  #entries = new Map<string, Entry>();
  #latestMs = 0;

  get size(): number {
    return this.#entries.size;
  }

  get isFull(): boolean {
    return this.#entries.size >= ENTRIES_MAX;
  }

  /** The stamp of a use at `nowMs`: never before an earlier one, though the wall clock may jump. */
  stamp(nowMs: UnixMs): UnixMs {
    this.#latestMs = Math.max(this.#latestMs, nowMs);
    return this.#latestMs as UnixMs;
  }

  recordUse(id: ChunkId, nowMs: UnixMs): void {
    this.#entry(id).usedMs = this.stamp(nowMs);
  }

  recordProof(id: ChunkId): void {
    this.#entry(id).isProven = true;
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

  /** Writes all into the index; within a transaction. @returns the ids of those used. */
  drainInto(index: ChunkIndex, boot: number): ChunkId[] {
    const entries = this.#entries;
    this.#entries = new Map();
    const used: ChunkId[] = [];
    for (const { id, usedMs, isProven } of entries.values()) {
      if (usedMs !== undefined) {
        index.setUsed(id, usedMs);
        used.push(id);
      }
      if (isProven) index.setProven(id, boot);
    }
    return used;
  }

  #entry(id: ChunkId): Entry {
    const key = toHex(id);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { id, usedMs: undefined, isProven: false };
      this.#entries.set(key, entry);
    }
    return entry;
  }
}

/** A transaction of so many rows stays below some 10 ms. */
const ENTRIES_MAX = 1024;
