import { SLICE_BYTES } from "../../content/mod.ts";
import { after, assert, BufferPool, type Instant } from "../../lib/mod.ts";
import { RUN_SLICES_MAX } from "../../swarm/mod.ts";

/** Slices of all peers that are read and not acknowledged: 64 MiB. One peer has half of it at most,
 * as much as a path of 1 Gbit/s and 250 ms holds. */
export const HELD_SLICES_MAX = 1_024;
/** Buffers of each length kept for the next read: 5 MiB in all. */
const IDLE_RUNS_MAX = 8;
/** A run that is out longer than this, and longer than so many times what runs usually take, while
 * others wait: where all are slow, as behind a full uplink, nobody is. */
const OVERDUE_MS_MIN = 30_000;
const OVERDUE_TURNAROUNDS = 4;
/** Weight of the newest in the average. */
const TURNAROUND_GAIN = 1 / 16;

/** Consecutive slices that were read into one buffer. */
interface Run {
  readonly peer: number;
  readonly slices: number;
  takenAt: Instant;
  /** Those that are not given back. */
  left: number;
}

/** The memory of slices on their way to peers, from the disk's read until they are acknowledged.
 *
 * A peer may take as long as it holds less than is left (dynamic thresholds, Choudhury and Hahne
 * 1998): alone it gets half of all, of n that take and give back each about 1/(n + 1), and somebody
 * new finds room as they do. Peers that give nothing back can fill it together; while others wait
 * for them, the one that holds a run far too long is named, to be closed. */
export class UploadBuffers {
  /** By slices of a run, less one. Where several serve one chunk, few runs are whole, and fresh
   * memory costs a fault for every page of it. */
  readonly #pools = Array.from(
    { length: RUN_SLICES_MAX },
    (_, i) => new BufferPool((i + 1) * SLICE_BYTES, IDLE_RUNS_MAX),
  );
  /** Longest held first. BOUNDED by HELD_SLICES_MAX. */
  readonly #runs = new Map<ArrayBufferLike, Run>();
  /** BOUNDED by HELD_SLICES_MAX. */
  readonly #heldBy = new Map<number, number>();
  /** Peers that hold nothing, and found nothing left, in that order. Others come again when they
   * give back. BOUNDED by the transport's sessions. */
  readonly #waiting = new Set<number>();
  #held = 0;
  /** How long runs are out, on average, ms. */
  #turnaroundMs = 0;

  get heldSlices(): number {
    return this.#held;
  }

  /** How many slices may be taken for a peer now. If none, ask again when it has given something
   * back, or takeWaiting() names it. */
  roomFor(peer: number): number {
    const own = this.#heldBy.get(peer) ?? 0;
    const room = Math.max(0, HELD_SLICES_MAX - this.#held - own);
    if (room === 0 && own === 0) this.#waiting.add(peer);
    return room;
  }

  /** Memory for a run of `slices` ≤ roomFor(peer), RUN_SLICES_MAX at most, of which each is given
   * back once. @param bytes of the run, with anything in them. */
  take(peer: number, slices: number, bytes: number, now: Instant): Uint8Array {
    const memory = this.#poolOf(slices).take();
    this.#runs.set(memory.buffer, { peer, slices, takenAt: now, left: slices });
    this.#count(peer, slices);
    return memory.subarray(0, bytes);
  }

  /** One slice of a run is neither read nor written any more. @param bytes any view of the run.
   * @returns the peer it was taken for, once the whole run has come back. */
  give(bytes: Uint8Array, now: Instant): number | undefined {
    const run = this.#runs.get(bytes.buffer);
    assert(run !== undefined, "a slice is given back to where its memory came from");
    if (--run.left > 0) return undefined;
    this.#runs.delete(bytes.buffer);
    this.#poolOf(run.slices).give(bytes);
    this.#count(run.peer, -run.slices);
    this.#turnaroundMs += TURNAROUND_GAIN * (now - run.takenAt - this.#turnaroundMs);
    return run.peer;
  }

  /** When overdue() may name a peer; undefined while nobody waits. */
  get overdueAt(): Instant | undefined {
    const [oldest] = this.#runs.values();
    const isStuck = this.#waiting.size > 0 && this.#held >= HELD_SLICES_MAX;
    if (!isStuck || oldest === undefined) return undefined;
    const patienceMs = Math.max(OVERDUE_MS_MIN, OVERDUE_TURNAROUNDS * this.#turnaroundMs);
    return after(oldest.takenAt, patienceMs);
  }

  /** The peer that keeps the oldest run far too long while others wait; each run names it once in
   * such a time. */
  overdue(now: Instant): number | undefined {
    const { overdueAt } = this;
    if (overdueAt === undefined || now < overdueAt) return undefined;
    for (const [buffer, run] of this.#runs) {
      this.#runs.delete(buffer);
      run.takenAt = now;
      this.#runs.set(buffer, run);
      return run.peer;
    }
    return undefined;
  }

  /** A peer that finds room now and found none before; undefined if there is no such. */
  takeWaiting(): number | undefined {
    if (this.#held >= HELD_SLICES_MAX) return undefined;
    const [peer] = this.#waiting;
    if (peer !== undefined) this.#waiting.delete(peer);
    return peer;
  }

  /** The peer is gone and waits for nothing; what it holds comes back all the same. */
  forget(peer: number): void {
    this.#waiting.delete(peer);
  }

  #poolOf(slices: number): BufferPool {
    const pool = this.#pools[slices - 1];
    assert(pool !== undefined, `a run has 1 to ${RUN_SLICES_MAX} slices, not ${slices}`);
    return pool;
  }

  #count(peer: number, slices: number): void {
    this.#held += slices;
    const own = (this.#heldBy.get(peer) ?? 0) + slices;
    if (own === 0) this.#heldBy.delete(peer);
    else this.#heldBy.set(peer, own);
  }
}
