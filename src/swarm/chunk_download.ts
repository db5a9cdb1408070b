import { after, assert, earliest, type Instant } from "../lib/mod.ts";
import { countBits, lowestBits } from "./slice_bits.ts";
import { type HolderOffer, shareOut, type ShoppingTerms } from "./shopping.ts";

/** A chunk has at most 16 slices of 64 KiB (protocol.md §8). */
export const SLICES_PER_CHUNK_MAX = 16;

/** A holder that delivers nothing for this long gives its slices up to others. Above the third
 * probe timeout of a path with 250 ms of round trip, so a loss burst alone never reaches it. */
export const HOLDER_STALL_MS = 3_000;
/** One that has not acknowledged so much as the question by then, or within three times of what it
 * was thought to need, is left where another one is to be had. A session outlives its peer by half
 * a minute, and what is asked of two that are gone would else wait for HOLDER_STALL_MS. */
export const HOLDER_SILENT_MS = 300;
const SILENT_WAITS = 3;
/** Holders asked at once for one chunk (protocol.md §2.3). */
export const HOLDERS_PER_CHUNK_MAX = 8;
/** Slices asked of two holders at a time, once every slice is asked of one (protocol.md §2.3). */
export const SLICES_DOUBLED_MAX = 4;
/** A second holder is asked if it needs less than half of what the first one still will, and this
 * much less: what a busy event loop or one lost packet costs is no reason to send a slice twice. */
const RACE_MARGIN_MS = 50;

/** A slice that waits for room with a holder that is worth it is thought over this often: that one
 * may have become slower. */
const REVIEW_MS = 100;
/** One that waits for room with anybody, besides when some is made: room grows with credit too. */
const ROOM_REVIEW_MS = 25;

interface Holder {
  readonly id: number;
  /** Slices asked and not answered yet, bit i = slice i. */
  asked: number;
  /** By slice: when it should be here. */
  readonly expectedAt: Float64Array;
  lastProgress: Instant;
  /** What had been heard of it when it was asked, and when that is compared. */
  heardBytes: number;
  listenAt: Instant | undefined;
  /** A holder that stalls is asked again only after all others: it may be the only one there is,
   * and how long to wait for it is the reader's to say. */
  stalls: number;
  hasRefused: boolean;
}

interface Candidate {
  readonly holder: Holder;
  readonly offer: HolderOffer;
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
  /** Holders that lied here. BOUNDED by those that were added. */
  readonly #barred = new Set<number>();
  /** Bit i = slice i, as everywhere here. */
  #wanted = 0;
  #verified = 0;
  /** When a slice will be late enough to be asked of a second holder, by the nextDouble after the
   * last plan: where none may be asked any more, nothing is due. */
  #raceAt: Instant | undefined;
  /** One more slice would be asked of two holders if fewer were. */
  #isRaceFull = false;
  /** When what waits for room is to be thought over. */
  #reviewAt: Instant | undefined;
  /** It waits for the room of certain holders, on a reader's terms. */
  #isChoosy = false;

  /** @param sliceCount 1 … 16. */
  constructor(sliceCount: number) {
    assert(sliceCount >= 1 && sliceCount <= SLICES_PER_CHUNK_MAX, `${sliceCount} slices`);
    this.sliceCount = sliceCount;
  }

  /** Bit i set = slice i is to be had. Adds to what was wanted before.
   * @returns whether it adds anything. */
  want(bitmap: number): boolean {
    const before = this.#wanted;
    this.#wanted |= bitmap & ((1 << this.sliceCount) - 1);
    return this.#wanted !== before;
  }

  /** @returns false if the bound on holders is reached, or this one is barred. */
  addHolder(id: number, now: Instant): boolean {
    if (this.#holders.has(id)) return true;
    if (this.#barred.has(id) || this.#holders.size >= HOLDERS_PER_CHUNK_MAX) return false;
    const expectedAt = new Float64Array(this.sliceCount);
    this.#holders.set(id, {
      ...{ id, asked: 0, expectedAt, lastProgress: now, stalls: 0, hasRefused: false },
      ...{ heardBytes: 0, listenAt: undefined },
    });
    return true;
  }

  hasHolder(id: number): boolean {
    return this.#holders.has(id);
  }

  /** How many holders may still be asked. */
  get usableHolders(): number {
    return [...this.usable()].length;
  }

  /** Who they are. */
  *usable(): Generator<number, void, undefined> {
    for (const holder of this.#holders.values()) if (isUsable(holder)) yield holder.id;
  }

  /** The holder is gone: what it was asked for is missing again. */
  dropHolder(id: number): void {
    this.#holders.delete(id);
  }

  /** The holder lied: it is not asked for this chunk any more, nor taken back. */
  barHolder(id: number): void {
    this.#holders.delete(id);
    this.#barred.add(id);
  }

  /** The holder answered "not me" or "busy" for what it was asked: others get it. */
  refused(id: number): void {
    const holder = this.#holders.get(id);
    if (holder === undefined) return;
    holder.asked = 0;
    holder.hasRefused = true;
  }

  /** What to ask now, for the caller to carry out: each missing slice goes to whoever will be done
   * with it first, or to a cheaper one that is done soon enough, as far as there is room.
   * @param terms of a reader who minds the price. */
  plan(
    now: Instant,
    offerOf: (holder: number) => HolderOffer,
    terms?: ShoppingTerms,
  ): SliceRequest[] {
    this.#reviewAt = undefined;
    this.#raceAt = undefined;
    let missing = this.#missing;
    if (missing === 0) return [];
    const open = this.#candidates(offerOf, terms !== undefined);
    const shares = shareOut(open.map(({ offer }) => offer), countBits(missing), terms);
    const candidates = open.map((candidate, i) => ({ ...candidate, taken: shares[i] ?? 0 }));
    // Who begins first gets the slices that are read first, each in one run.
    candidates.sort((a, b) => a.offer.waitMs - b.offer.waitMs);
    const requests: SliceRequest[] = [];
    for (const { holder, offer, taken } of candidates) {
      if (taken === 0) continue;
      const bitmap = lowestBits(missing, taken);
      missing &= ~bitmap;
      ask(holder, bitmap, offer, now);
      requests.push({ holder: holder.id, bitmap });
    }
    this.#isChoosy = terms !== undefined;
    if (missing === 0) return requests;
    if (this.#isChoosy) this.#reviewAt = after(now, REVIEW_MS);
    else if (this.usableHolders > 0) this.waitForRoom(now);
    return requests;
  }

  /** A slice that is late enough to be asked of a second holder as well, or undefined. Only when
   * nothing is missing; the caller carries it out and asks again until undefined. */
  nextDouble(now: Instant, offerOf: (holder: number) => HolderOffer): SliceRequest | undefined {
    this.#raceAt = undefined;
    const doubled = this.#doubled;
    this.#isRaceFull = countBits(doubled) >= SLICES_DOUBLED_MAX;
    if (this.#missing !== 0 || this.#isRaceFull) return undefined;
    if (this.usableHolders < 2) return undefined;
    const candidates = this.#candidates(offerOf, false);
    let best: { slice: number; second: Candidate; restMs: number } | undefined;
    for (const owner of this.#holders.values()) {
      const single = owner.asked & ~doubled;
      if (single === 0) continue;
      const others = candidates.filter(({ holder }) => holder !== owner);
      const second = least(others, ({ offer }) => doneMs(offer, 1));
      if (second === undefined) {
        this.#race(after(now, RACE_MARGIN_MS)); // there may be room then
        continue;
      }
      const patienceMs = 2 * doneMs(second.offer, 1) + RACE_MARGIN_MS;
      for (let slice = 0; slice < this.sliceCount; slice++) {
        if ((single & (1 << slice)) === 0) continue;
        const expectedAt = (owner.expectedAt[slice] ?? 0) as Instant;
        const raceAt = after(expectedAt, patienceMs);
        // Who is late by so much may well be late by as much again.
        const restMs = Math.abs(expectedAt - now);
        if (raceAt > now && restMs <= patienceMs) this.#race(raceAt);
        else if (best === undefined || restMs > best.restMs) best = { slice, second, restMs };
      }
    }
    if (best === undefined) return undefined;
    const bitmap = 1 << best.slice;
    ask(best.second.holder, bitmap, best.second.offer, now);
    return { holder: best.second.holder.id, bitmap };
  }

  /** True if this slice was asked of this holder and is awaited: only then look at its bytes. */
  isAwaited(id: number, slice: number): boolean {
    return ((this.#holders.get(id)?.asked ?? 0) & (1 << slice)) !== 0;
  }

  /** The slice's bytes hash right. @returns other holders that were asked for it too: the caller
   * calls that off. */
  verified(id: number, slice: number, now: Instant): number[] {
    const bit = 1 << slice;
    const losers: number[] = [];
    for (const holder of this.#holders.values()) {
      if ((holder.asked & bit) === 0) continue;
      holder.asked &= ~bit;
      if (holder.id === id) {
        holder.lastProgress = now;
        holder.listenAt = undefined;
      } else losers.push(holder.id);
    }
    this.#verified |= bit;
    // Who has delivered may take over what is late; each slice alone is no reason to plan.
    if (this.#raceAt !== undefined) this.#race(after(now, RACE_MARGIN_MS));
    return losers;
  }

  /** Something came from the holder at `at`, though perhaps not for this chunk: a slow line, or one
   * that others share, is no stall. */
  noteProgress(id: number, at: Instant): void {
    const holder = this.#holders.get(id);
    if (holder === undefined || at <= holder.lastProgress) return;
    holder.lastProgress = at;
    holder.listenAt = undefined;
  }

  /** Holders that deliver nothing for too long, or of which nothing is heard at all: their slices
   * are missing again, and the caller cancels what it asked of them.
   * @param heardOf bytes that have come of a holder so far. */
  takeStalled(now: Instant, heardOf: (holder: number) => number): number[] {
    const stalled: number[] = [];
    for (const holder of this.#holders.values()) {
      if (holder.asked === 0) continue;
      const isSilent = this.#isSilent(holder, now, heardOf);
      if (!isSilent && after(holder.lastProgress, HOLDER_STALL_MS) > now) continue;
      stalled.push(holder.id);
      holder.asked = 0;
      holder.stalls++;
      holder.lastProgress = now;
    }
    return stalled;
  }

  /** Looked at once for each holder: whether it is there. */
  #isSilent(holder: Holder, now: Instant, heardOf: (holder: number) => number): boolean {
    if (holder.listenAt === undefined || holder.listenAt > now) return false;
    if (heardOf(holder.id) !== holder.heardBytes) {
      holder.listenAt = undefined;
      return false;
    }
    return this.#listensAt(holder) !== undefined;
  }

  /** Undefined where nobody else is to be had who has not been left once: the last one is waited
   * for. */
  #listensAt({ id, listenAt, stalls }: Holder): Instant | undefined {
    if (listenAt === undefined || stalls > 0) return undefined;
    for (const other of this.#holders.values()) {
      if (other.id !== id && isUsable(other) && other.stalls === 0) return listenAt;
    }
    return undefined;
  }

  nextTimeout(): Instant | undefined {
    const reviewAt = this.#missing === 0 ? undefined : this.#reviewAt;
    let due = earliest(reviewAt, this.#asked === 0 ? undefined : this.#raceAt);
    for (const holder of this.#holders.values()) {
      if (holder.asked === 0) continue;
      due = earliest(due, after(holder.lastProgress, HOLDER_STALL_MS));
      due = earliest(due, this.#listensAt(holder));
    }
    return due;
  }

  /** Nobody has room: what is missing is planned again when some may have been made. */
  waitForRoom(now: Instant): void {
    this.#reviewAt = after(now, ROOM_REVIEW_MS);
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

  /** Something wanted is to be planned again though nothing has happened to this chunk. On terms a
   * plan says itself until when it stands.
   * @param isNewRoom some may have been made with its holders, by what other fetches ended. */
  isDue(now: Instant, isNewRoom: boolean): boolean {
    if (!this.isStarved) return false;
    if (this.#reviewAt === undefined || this.#reviewAt <= now) return true;
    return isNewRoom && !this.#isChoosy;
  }

  /** After a slice has come: whether that is a reason to ask for something, where nobody minds the
   * price. If not, nextTimeout() says when there is one. */
  get hasMoreToAsk(): boolean {
    return this.isStarved || this.#isRaceFull;
  }

  /** Nothing that it was asked for is awaited. */
  get isIdle(): boolean {
    return this.#asked === 0;
  }

  get #missing(): number {
    return this.#wanted & ~this.#asked & ~this.#verified;
  }

  get #asked(): number {
    let asked = 0;
    for (const holder of this.#holders.values()) asked |= holder.asked;
    return asked;
  }

  /** Slices that two holders are asked for. */
  get #doubled(): number {
    let once = 0, twice = 0;
    for (const { asked } of this.#holders.values()) {
      twice |= once & asked;
      once |= asked;
    }
    return twice;
  }

  /** Holders with room, or that may have some later; only those that stalled least often. */
  #candidates(offerOf: (holder: number) => HolderOffer, isLaterToo: boolean): Candidate[] {
    let found: Candidate[] = [];
    for (const holder of this.#holders.values()) {
      const best = found[0]?.holder.stalls ?? Infinity;
      if (!isUsable(holder) || holder.stalls > best) continue;
      const offer = offerOf(holder.id);
      if (isLaterToo ? offer.waitMs === Infinity : offer.room <= 0) continue;
      if (holder.stalls < best) found = [];
      found.push({ holder, offer });
    }
    return found;
  }

  #race(at: Instant): void {
    this.#raceAt = earliest(this.#raceAt, at);
  }
}

function isUsable(holder: Holder): boolean {
  return !holder.hasRefused;
}

function doneMs(offer: HolderOffer, slices: number): number {
  return offer.waitMs + slices * offer.sliceMs;
}

function ask(holder: Holder, bitmap: number, offer: HolderOffer, now: Instant): void {
  if (holder.asked === 0) {
    holder.lastProgress = now;
    holder.heardBytes = offer.heardBytes ?? 0;
    holder.listenAt = after(now, Math.max(HOLDER_SILENT_MS, SILENT_WAITS * offer.waitMs));
  }
  let at = now + offer.waitMs;
  for (let slice = 0; slice < holder.expectedAt.length; slice++) {
    if ((bitmap & (1 << slice)) !== 0) holder.expectedAt[slice] = at += offer.sliceMs;
  }
  holder.asked |= bitmap;
}

/** The first of those with the least cost. */
function least<T>(items: readonly T[], costOf: (item: T) => number): T | undefined {
  let best: T | undefined;
  let bestCost = Infinity;
  for (const item of items) {
    const cost = costOf(item);
    if (cost >= bestCost) continue;
    best = item;
    bestCost = cost;
  }
  return best;
}
