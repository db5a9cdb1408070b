import { after, assert, earliest, type Instant } from "../lib/mod.ts";

/** A chunk has at most 16 slices of 64 KiB (protocol.md §8). */
export const SLICES_PER_CHUNK_MAX = 16;

/** A holder that delivers no slice for this long gives its slices up to others. Above the third
 * probe timeout of a path with 250 ms of round trip, so a loss burst alone never reaches it. */
export const HOLDER_STALL_MS = 3_000;
/** Holders asked at once for one chunk (protocol.md §2.3). */
export const HOLDERS_PER_CHUNK_MAX = 8;

interface Holder {
  readonly id: number;
  /** Slices asked and not answered yet, bit i = slice i. */
  asked: number;
  lastProgress: Instant;
  /** A holder that stalls is asked again only after all others: it may be the only one there is,
   * and how long to wait for it is the reader's to say. */
  stalls: number;
  hasRefused: boolean;
  delivered: number;
}

/** One thing to ask: `bitmap` has bit i set for slice i. */
export interface SliceRequest {
  readonly holder: number;
  readonly bitmap: number;
}

/** Decides which slices of one chunk to ask of which holder. Only for chunks whose slices can be
 * proven one by one: that is what allows several holders at once, and tells who lied. */
export class ChunkDownload {
  readonly sliceCount: number;
  /** BOUNDED by addHolder. */
  readonly #holders = new Map<number, Holder>();
  /** Bit i = slice i, as everywhere here. A slice is asked of one holder at a time. */
  #wanted = 0;
  #asked = 0;
  #verified = 0;

  /** @param sliceCount 1 … 16. */
  constructor(sliceCount: number) {
    assert(sliceCount >= 1 && sliceCount <= SLICES_PER_CHUNK_MAX, `${sliceCount} slices`);
    this.sliceCount = sliceCount;
  }

  /** Bit i set = slice i is to be had. Adds to what was wanted before. */
  want(bitmap: number): void {
    this.#wanted |= bitmap & ((1 << this.sliceCount) - 1);
  }

  /** @returns false if the bound on holders is reached. */
  addHolder(id: number, now: Instant): boolean {
    if (this.#holders.has(id)) return true;
    if (this.#holders.size >= HOLDERS_PER_CHUNK_MAX) return false;
    const holder = { id, asked: 0, lastProgress: now, stalls: 0, delivered: 0, hasRefused: false };
    this.#holders.set(id, holder);
    return true;
  }

  hasHolder(id: number): boolean {
    return this.#holders.has(id);
  }

  /** How many holders may still be asked. */
  get usableHolders(): number {
    let count = 0;
    for (const holder of this.#holders.values()) if (isUsable(holder)) count++;
    return count;
  }

  /** The holder is gone or lied: what it was asked for is missing again. */
  dropHolder(id: number): void {
    this.#release(id);
    this.#holders.delete(id);
  }

  /** The holder answered "not me" or "busy" for what it was asked: others get it. */
  refused(id: number): void {
    this.#release(id);
    const holder = this.#holders.get(id);
    if (holder !== undefined) holder.hasRefused = true;
  }

  /** The next thing to ask, or undefined. The caller asks again until undefined, carrying each
   * answer out at once. @param roomOf how many more slices may be asked of a holder now. */
  next(now: Instant, roomOf: (holder: number) => number): SliceRequest | undefined {
    const missing = this.#missing;
    if (missing === 0) return undefined;
    let best: Holder | undefined;
    let bestRoom = 0;
    let candidates = 0;
    for (const holder of this.#holders.values()) {
      const room = isUsable(holder) ? roomOf(holder.id) : 0;
      if (room <= 0) continue;
      candidates++;
      if (best !== undefined && preference(best, holder) <= 0) continue;
      best = holder;
      bestRoom = room;
    }
    if (best === undefined) return undefined;
    const share = Math.ceil(countBits(missing) / candidates);
    const bitmap = lowestBits(missing, Math.min(share, bestRoom));
    if (best.asked === 0) best.lastProgress = now;
    best.asked |= bitmap;
    this.#asked |= bitmap;
    return { holder: best.id, bitmap };
  }

  /** True if this slice was asked of this holder and is awaited: only then look at its bytes. */
  isAwaited(id: number, slice: number): boolean {
    return ((this.#holders.get(id)?.asked ?? 0) & (1 << slice)) !== 0;
  }

  /** The slice's bytes hash right. */
  verified(id: number, slice: number, now: Instant): void {
    const bit = 1 << slice;
    const holder = this.#holders.get(id);
    if (holder !== undefined && (holder.asked & bit) !== 0) {
      holder.asked &= ~bit;
      holder.lastProgress = now;
      holder.delivered++;
    }
    this.#asked &= ~bit;
    this.#verified |= bit;
  }

  /** The holder sends, though no slice has become whole: a slow line is no stall. */
  noteProgress(id: number, now: Instant): void {
    const holder = this.#holders.get(id);
    if (holder !== undefined) holder.lastProgress = now;
  }

  /** Holders that deliver nothing for too long: their slices are missing again, and the caller
   * cancels what it asked of them. */
  takeStalled(now: Instant): number[] {
    const stalled: number[] = [];
    for (const holder of this.#holders.values()) {
      if (holder.asked === 0 || after(holder.lastProgress, HOLDER_STALL_MS) > now) continue;
      stalled.push(holder.id);
      this.#release(holder.id);
      holder.stalls++;
      holder.lastProgress = now;
    }
    return stalled;
  }

  nextTimeout(): Instant | undefined {
    let due: Instant | undefined;
    for (const holder of this.#holders.values()) {
      if (holder.asked !== 0) due = earliest(due, after(holder.lastProgress, HOLDER_STALL_MS));
    }
    return due;
  }

  isVerified(slice: number): boolean {
    return (this.#verified & (1 << slice)) !== 0;
  }

  /** Every slice of the chunk, wanted or not, is verified. */
  get isComplete(): boolean {
    return this.#verified === (1 << this.sliceCount) - 1;
  }

  /** Something wanted is neither verified nor asked for. */
  get isStarved(): boolean {
    return this.#missing !== 0;
  }

  get #missing(): number {
    return this.#wanted & ~this.#asked & ~this.#verified;
  }

  #release(id: number): void {
    const holder = this.#holders.get(id);
    if (holder === undefined) return;
    this.#asked &= ~holder.asked;
    holder.asked = 0;
  }
}

function isUsable(holder: Holder): boolean {
  return !holder.hasRefused;
}

/** Fewest stalls, then least to do, then who has delivered most: an idle fast holder leads. */
function preference(a: Holder, b: Holder): number {
  return a.stalls - b.stalls || countBits(a.asked) - countBits(b.asked) ||
    b.delivered - a.delivered;
}

function countBits(bitmap: number): number {
  let count = 0;
  for (let rest = bitmap; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function lowestBits(bitmap: number, count: number): number {
  let taken = 0;
  let rest = bitmap;
  for (let i = 0; i < count && rest !== 0; i++) {
    taken |= rest & -rest;
    rest &= rest - 1;
  }
  return taken;
}
