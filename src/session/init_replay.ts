import { sha256 } from "../crypto/mod.ts";
import { BoundedMap, type Instant, type PublicKey, toHex, type UnixMs } from "../lib/mod.ts";
import { readU32 } from "../wire/mod.ts";

/** An INIT's time may differ from ours by this much, either way. */
export const INIT_SKEW_MS = 300_000;
/** How long an answered INIT is remembered: the whole width of the window of times. */
export const REMEMBER_MS = 600_000;
/** The same when the ring is full: longer than any cookie lives (2 × 120 s). */
export const REMEMBER_FULL_MS = 240_000;
/** Two generations of this many make the 524,288 of protocol.md §1, ~16 MB in a flood. */
const GENERATION_ENTRIES_MAX = 262_144;
/** Below this a generation is not closed, however old: remembering more costs nothing. */
const GENERATION_ENTRIES_MIN = 4096;
/** As many keys as sessions. A forgotten key loses nothing while its INITs are in the ring. */
const KEYS_MAX = 16_384;

/** What may be answered to an INIT that is authentic in itself. */
export type Freshness = "fresh" | "replayed" | "cookie_only" | "full";

interface Generation {
  readonly keys: Set<number>;
  since: Instant;
  /** The latest time stamp in it. */
  latestTsMs: number;
}

function emptyGeneration(since: Instant): Generation {
  return { keys: new Set(), since, latestTsMs: 0 };
}

/** 53 bits of SHA-256(e): an exact integer. An honest e meets another by chance once in 10^10
 * runs of a full ring; nobody can aim, since an e cannot be foreseen. */
function ringKey(ephemeral: Uint8Array): number {
  const hash = sha256(ephemeral);
  return (readU32(hash, 0) >>> 11) * 2 ** 32 + readU32(hash, 4);
}

/** Decides that no INIT is answered by a RESP twice. Three rules work together: the ring of
 * ephemeral keys, the time stamps, and cookies, which prove that the sender is there now. */
export class InitReplay {
  #young: Generation;
  #old: Generation;
  /** An INIT stamped up to here may have been answered and forgotten. */
  #forgottenTsMs: number;
  readonly #lastTsMs = new BoundedMap<string, number>(KEYS_MAX);

  /** @param startedMs our wall clock at start: an earlier run may have answered before it. */
  constructor(startedMs: UnixMs, now: Instant) {
    this.#forgottenTsMs = startedMs - 1;
    this.#young = emptyGeneration(now);
    this.#old = emptyGeneration(now);
  }

  /** Answered INITs remembered. */
  get size(): number {
    return this.#young.keys.size + this.#old.keys.size;
  }

  /** The rule of the ring alone, for before any DH is spent. */
  wasAnswered(ephemeral: Uint8Array): boolean {
    const key = ringKey(ephemeral);
    return this.#young.keys.has(key) || this.#old.keys.has(key);
  }

  /** All rules. @param tsMs the INIT's own time stamp, authenticated. @param hasCookie whether its
   * proof is valid for a cookie: that waives the time rules, a token never does. */
  check(
    ephemeral: Uint8Array,
    publicKey: PublicKey,
    tsMs: number,
    hasCookie: boolean,
    unixMs: UnixMs,
    now: Instant,
  ): Freshness {
    if (this.wasAnswered(ephemeral)) return "replayed";
    if (this.#isFull(now)) return "full";
    // with a cookie the sender knows our time too, so a stamp far ahead of it has no excuse; taken,
    // it would be a packet to replay when that time has come
    if (hasCookie) return tsMs <= unixMs + INIT_SKEW_MS ? "fresh" : "cookie_only";
    const isNearNow = Math.abs(tsMs - unixMs) <= INIT_SKEW_MS;
    const last = this.#lastTsMs.get(toHex(publicKey));
    const isNew = last === undefined || tsMs > last;
    return isNearNow && isNew && tsMs > this.#forgottenTsMs ? "fresh" : "cookie_only";
  }

  /** Remembers an INIT that is being answered by RESP. */
  record(ephemeral: Uint8Array, publicKey: PublicKey, tsMs: number, now: Instant): void {
    this.#rotate(now);
    this.#young.keys.add(ringKey(ephemeral));
    this.#young.latestTsMs = Math.max(this.#young.latestTsMs, tsMs);
    const hex = toHex(publicKey);
    this.#lastTsMs.delete(hex); // so that the oldest to give way is the one silent for longest
    this.#lastTsMs.set(hex, tsMs);
  }

  /** No room, and even the oldest might come back with a cookie that is still valid. */
  #isFull(now: Instant): boolean {
    return this.#young.keys.size >= GENERATION_ENTRIES_MAX &&
      now - this.#young.since < REMEMBER_FULL_MS;
  }

  /** Closes the young generation and forgets the old one, whose every entry is older than it. */
  #rotate(now: Instant): void {
    const { keys, since } = this.#young;
    const isDue = keys.size >= GENERATION_ENTRIES_MIN && now - since >= REMEMBER_MS;
    if (!isDue && keys.size < GENERATION_ENTRIES_MAX) return;
    this.#forgottenTsMs = Math.max(this.#forgottenTsMs, this.#old.latestTsMs);
    this.#old = this.#young;
    this.#young = emptyGeneration(now);
  }
}
