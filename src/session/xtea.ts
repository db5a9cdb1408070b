import { readU32, writeU32 } from "../wire/mod.ts";

const CYCLES = 32;
const DELTA = 0x9e3779b9;

/** XTEA (Needham, Wheeler 1997), 32 cycles, big-endian words. Here it only makes heads look random:
 * a 64-bit block cipher in ~0.1 µs of JavaScript. No security rests on it. */
export class Xtea {
  // sum + key[…] of each half cycle, in order
  readonly #schedule = new Int32Array(2 * CYCLES);
  #high = 0;
  #low = 0;

  /** @param key 16 bytes. */
  constructor(key: Uint8Array) {
    let sum = 0;
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      this.#schedule[2 * cycle] = sum + readU32(key, 4 * (sum & 3));
      sum = (sum + DELTA) | 0;
      this.#schedule[2 * cycle + 1] = sum + readU32(key, 4 * ((sum >>> 11) & 3));
    }
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
