import { readU32, writeU32 } from "../wire/mod.ts";

const CYCLES = 32;
const DELTA = 0x9e3779b9;

/** Expanded keys, 300 bytes each, that all ciphers share: an idle session holds none. A cipher
 * whose own went to another takes the next in turn; to expand a key costs as much as a block. */
const SCHEDULES_MAX = 512;

interface Schedule {
  /** sum + key[…] of each half cycle, in order. */
  readonly words: Int32Array;
  owner: Xtea;
}

const schedules: Schedule[] = [];
let nextSchedule = 0;

function takeSchedule(owner: Xtea): Schedule {
  const schedule = schedules[nextSchedule] ??= { words: new Int32Array(2 * CYCLES), owner };
  nextSchedule = (nextSchedule + 1) % SCHEDULES_MAX;
  schedule.owner = owner;
  return schedule;
}

/** XTEA (Needham, Wheeler 1997), 32 cycles, big-endian words. Here it only makes heads look random:
 * a 64-bit block cipher in ~0.1 µs of JavaScript. No security rests on it. */
export class Xtea {
  // the key's words: a view of 16 bytes would be larger than all four
  readonly #key0: number;
  readonly #key1: number;
  readonly #key2: number;
  readonly #key3: number;
  #latest: Schedule | undefined;
  #high = 0;
  #low = 0;

  /** @param key 16 bytes. */
  constructor(key: Uint8Array) {
    this.#key0 = readU32(key, 0);
    this.#key1 = readU32(key, 4);
    this.#key2 = readU32(key, 8);
    this.#key3 = readU32(key, 12);
  }

  get #schedule(): Int32Array {
    const latest = this.#latest;
    return latest?.owner === this ? latest.words : this.#expand();
  }

  /** Sees to it that whoever takes the next schedule does not take this one's. */
  #ready(): void {
    if (this.#latest?.owner !== this || this.#latest === schedules[nextSchedule]) this.#expand();
  }

  #expand(): Int32Array {
    const key = [this.#key0, this.#key1, this.#key2, this.#key3];
    const schedule = this.#latest = takeSchedule(this);
    const { words } = schedule;
    let sum = 0;
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      words[2 * cycle] = sum + (key[sum & 3] ?? 0);
      sum = (sum + DELTA) | 0;
      words[2 * cycle + 1] = sum + (key[(sum >>> 11) & 3] ?? 0);
    }
    return words;
  }

  /** Encrypts the 8 bytes of `from` at `fromAt` to `to` at `toAt`; both may be the same place. */
  encrypt(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number): void {
    this.#encrypt(from, fromAt);
    writeU32(this.#high, to, toAt);
    writeU32(this.#low, to, toAt + 4);
  }

  /** The first four bytes of the encrypted block, as a signed 32-bit integer. */
  encryptedWord(from: Uint8Array, fromAt: number): number {
    this.#encrypt(from, fromAt);
    return this.#high;
  }

  /** The inverse of encrypt(). */
  decrypt(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number): void {
    const schedule = this.#schedule;
    let high = readU32(from, fromAt) | 0;
    let low = readU32(from, fromAt + 4) | 0;
    for (let i = 2 * CYCLES - 1; i > 0; i -= 2) {
      low = (low - ((((high << 4) ^ (high >>> 5)) + high) ^ (schedule[i] ?? 0))) | 0;
      high = (high - ((((low << 4) ^ (low >>> 5)) + low) ^ (schedule[i - 1] ?? 0))) | 0;
    }
    writeU32(high, to, toAt);
    writeU32(low, to, toAt + 4);
  }

  /** this.encrypt(), and of `other` encryptedWord(), in the time of one: each step of a block waits
   * for the one before it, never for the other block's (0.11 instead of 0.23 µs, measured).
   * @returns the word. `to` and `otherFrom` do not overlap. */
  encryptWithWord(
    from: Uint8Array,
    fromAt: number,
    to: Uint8Array,
    toAt: number,
    other: Xtea,
    otherFrom: Uint8Array,
    otherAt: number,
  ): number {
    other.#ready();
    const ours = this.#schedule, theirs = other.#schedule;
    let high = readU32(from, fromAt) | 0, low = readU32(from, fromAt + 4) | 0;
    let high2 = readU32(otherFrom, otherAt) | 0, low2 = readU32(otherFrom, otherAt + 4) | 0;
    for (let i = 0; i < 2 * CYCLES; i += 2) {
      high = (high + ((((low << 4) ^ (low >>> 5)) + low) ^ (ours[i] ?? 0))) | 0;
      high2 = (high2 + ((((low2 << 4) ^ (low2 >>> 5)) + low2) ^ (theirs[i] ?? 0))) | 0;
      low = (low + ((((high << 4) ^ (high >>> 5)) + high) ^ (ours[i + 1] ?? 0))) | 0;
      low2 = (low2 + ((((high2 << 4) ^ (high2 >>> 5)) + high2) ^ (theirs[i + 1] ?? 0))) | 0;
    }
    writeU32(high, to, toAt);
    writeU32(low, to, toAt + 4);
    return high2;
  }

  /** this.decrypt(), and of `other` encryptedWord(), in the time of one: see encryptWithWord(). */
  decryptWithWord(
    from: Uint8Array,
    fromAt: number,
    to: Uint8Array,
    toAt: number,
    other: Xtea,
    otherFrom: Uint8Array,
    otherAt: number,
  ): number {
    other.#ready();
    const ours = this.#schedule, theirs = other.#schedule;
    let high = readU32(from, fromAt) | 0, low = readU32(from, fromAt + 4) | 0;
    let high2 = readU32(otherFrom, otherAt) | 0, low2 = readU32(otherFrom, otherAt + 4) | 0;
    for (let i = 0, back = 2 * CYCLES - 1; i < 2 * CYCLES; i += 2, back -= 2) {
      low = (low - ((((high << 4) ^ (high >>> 5)) + high) ^ (ours[back] ?? 0))) | 0;
      high2 = (high2 + ((((low2 << 4) ^ (low2 >>> 5)) + low2) ^ (theirs[i] ?? 0))) | 0;
      high = (high - ((((low << 4) ^ (low >>> 5)) + low) ^ (ours[back - 1] ?? 0))) | 0;
      low2 = (low2 + ((((high2 << 4) ^ (high2 >>> 5)) + high2) ^ (theirs[i + 1] ?? 0))) | 0;
    }
    writeU32(high, to, toAt);
    writeU32(low, to, toAt + 4);
    return high2;
  }

  #encrypt(from: Uint8Array, fromAt: number): void {
    const schedule = this.#schedule;
    let high = readU32(from, fromAt) | 0;
    let low = readU32(from, fromAt + 4) | 0;
    for (let i = 0; i < 2 * CYCLES; i += 2) {
      high = (high + ((((low << 4) ^ (low >>> 5)) + low) ^ (schedule[i] ?? 0))) | 0;
      low = (low + ((((high << 4) ^ (high >>> 5)) + high) ^ (schedule[i + 1] ?? 0))) | 0;
    }
    this.#high = high;
    this.#low = low;
  }
}
