import { after, assert, earliest, type Instant } from "../lib/mod.ts";

/** A chunk has at most 16 slices of 64 KiB (protocol.md §8). */
export const SLICES_PER_CHUNK_MAX = 16;

/** A holder that delivers no slice for this long gives its slices up to others. Above the third
 * probe timeout of a path with 250 ms of round trip, so a loss burst alone never reaches it. */
export const HOLDER_STALL_MS = 3_000;
/** Holders asked at once for one chunk (protocol.md §2.3). */
export const HOLDERS_PER_CHUNK_MAX = 8;
/** A holder that stalled or refused this often is not asked for this chunk again. */
const HOLDER_FAULTS_MAX = 2;

type SliceState =
  | { readonly phase: "missing" }
  | { readonly phase: "asked"; readonly holder: number }
  | { readonly phase: "verified" };

interface Holder {
  readonly id: number;
  /** Slices asked and not answered yet. */
  outstanding: number;
  lastProgress: Instant;
  faults: number;
  delivered: number;
}

/** One thing to ask: `bitmap` has bit i set for slice i. */
export interface SliceRequest {
  readonly holder: number;
  readonly bitmap: number;
}

const MISSING: SliceState = { phase: "missing" };
const VERIFIED: SliceState = { phase: "verified" };

/** Decides which slices of one chunk to ask of which holder. Only for chunks whose slices can be
 * proven one by one: that is what allows several holders at once, and tells who lied. */
export class ChunkDownload {
  readonly sliceCount: number;
  readonly #slices: SliceState[];
  /** BOUNDED by addHolder. */
  readonly #holders = new Map<number, Holder>();
  #wanted = 0;

  /** @param sliceCount 1 … 16. */
  constructor(sliceCount: number) {
    assert(sliceCount >= 1 && sliceCount <= SLICES_PER_CHUNK_MAX, `${sliceCount} slices`);
    this.sliceCount = sliceCount;
    this.#slices = new Array<SliceState>(sliceCount).fill(MISSING);
  }

  /** Bit i set = slice i is to be had. Adds to what was wanted before. */
  want(bitmap: number): void {
    this.#wanted |= bitmap & ((1 << this.sliceCount) - 1);
  }

  /** @returns false if the bound on holders is reached. */
  addHolder(id: number, now: Instant): boolean {
    if (this.#holders.has(id)) return true;
    if (this.#holders.size >= HOLDERS_PER_CHUNK_MAX) return false;
    const holder = { id, outstanding: 0, lastProgress: now, faults: 0, delivered: 0 };
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
    if (holder !== undefined) holder.faults = HOLDER_FAULTS_MAX;
  }

  /** The next thing to ask, or undefined. The caller asks again until undefined, carrying each
   * answer out at once. @param roomOf how many more slices may be asked of a holder now. */
  next(now: Instant, roomOf: (holder: number) => number): SliceRequest | undefined {
    const missing = this.#missing();
    if (missing.length === 0) return undefined;
    const candidates: { holder: Holder; room: number }[] = [];
    for (const holder of this.#holders.values()) {
      const room = isUsable(holder) ? roomOf(holder.id) : 0;
      if (room > 0) candidates.push({ holder, room });
    }
    const best = candidates.sort((a, b) => preference(a.holder, b.holder))[0];
    if (best === undefined) return undefined;
    const share = Math.min(Math.ceil(missing.length / candidates.length), best.room);
    const take = missing.slice(0, share);
    let bitmap = 0;
    for (const slice of take) {
      bitmap |= 1 << slice;
      this.#slices[slice] = { phase: "asked", holder: best.holder.id };
    }
    if (best.holder.outstanding === 0) best.holder.lastProgress = now;
    best.holder.outstanding += take.length;
    return { holder: best.holder.id, bitmap };
  }

  /** True if this slice was asked of this holder and is awaited: only then look at its bytes. */
  isAwaited(id: number, slice: number): boolean {
    const state = this.#slices[slice];
    return state !== undefined && state.phase === "asked" && state.holder === id;
  }

  /** The slice's bytes hash right. */
  verified(id: number, slice: number, now: Instant): void {
    const holder = this.#holders.get(id);
    if (this.isAwaited(id, slice) && holder !== undefined) {
      holder.outstanding--;
      holder.lastProgress = now;
      holder.delivered++;
    }
    this.#slices[slice] = VERIFIED;
  }

  /** Holders that deliver nothing for too long: their slices are missing again, and the caller
   * cancels what it asked of them. */
  takeStalled(now: Instant): number[] {
    const stalled: number[] = [];
    for (const holder of this.#holders.values()) {
      if (holder.outstanding === 0 || after(holder.lastProgress, HOLDER_STALL_MS) > now) continue;
      stalled.push(holder.id);
      this.#release(holder.id);
      holder.faults++;
      holder.lastProgress = now;
    }
    return stalled;
  }

  nextTimeout(): Instant | undefined {
    let due: Instant | undefined;
    for (const holder of this.#holders.values()) {
      if (holder.outstanding > 0) due = earliest(due, after(holder.lastProgress, HOLDER_STALL_MS));
    }
    return due;
  }

  isVerified(slice: number): boolean {
    return this.#slices[slice]?.phase === "verified";
  }

  /** Every slice of the chunk, wanted or not, is verified. */
  get isComplete(): boolean {
    return this.#slices.every((slice) => slice.phase === "verified");
  }

  /** Something wanted is neither verified nor asked for. */
  get isStarved(): boolean {
    return this.#missing().length > 0;
  }

  #release(id: number): void {
    this.#slices.forEach((state, slice) => {
      if (state.phase === "asked" && state.holder === id) this.#slices[slice] = MISSING;
    });
    const holder = this.#holders.get(id);
    if (holder !== undefined) holder.outstanding = 0;
  }

  #missing(): number[] {
    const missing: number[] = [];
    this.#slices.forEach((state, slice) => {
      if ((this.#wanted & (1 << slice)) !== 0 && state.phase === "missing") missing.push(slice);
    });
    return missing;
  }
}

function isUsable(holder: Holder): boolean {
  return holder.faults < HOLDER_FAULTS_MAX;
}

/** Fewest faults, then least to do, then who has delivered most: an idle fast holder leads. */
function preference(a: Holder, b: Holder): number {
  return a.faults - b.faults || a.outstanding - b.outstanding || b.delivered - a.delivered;
}
