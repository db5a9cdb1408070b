/** Where dice come from. Cores take one as an argument, so a run can be replayed by its seed. */
export interface Random {
  /** Overwrites all of `bytes`. */
  fill(bytes: Uint8Array): void;
  /** A uniform integer in 0 … 2^32 - 1. */
  u32(): number;
}

/** A uniform integer in [0, bound), without modulo bias. @param bound an integer in 1 … 2^32. */
export function randomBelow(random: Random, bound: number): number {
  if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
    throw new RangeError(`bound must be an integer in 1 … 2^32, not ${bound}`);
  }
  const usable = 2 ** 32 - (2 ** 32 % bound);
  let draw = random.u32();
  while (draw >= usable) draw = random.u32();
  return draw % bound;
}

/** A uniform number in [0, 1) with 32 bits of it random. */
export function randomUnit(random: Random): number {
  return random.u32() / 2 ** 32;
}

/** `count` fresh random bytes. */
export function randomBytes(random: Random, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  random.fill(bytes);
  return bytes;
}

/** Puts `items` in a uniformly random order, in place (Fisher-Yates). */
export function shuffle<T>(random: Random, items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = randomBelow(random, i + 1);
    const held = items[i] as T;
    items[i] = items[j] as T;
    items[j] = held;
  }
  return items;
}

/** xoshiro128** (Blackman, Vigna 2018), seeded by splitmix32: for tests and simulations, never for
 * keys. `split(label)` gives an independent stream, so a new draw in one part of a simulation does
 * not shift the draws of another. */
export class SeededRandom implements Random {
  readonly #seed: number;
  readonly #state = new Uint32Array(4);

  /** @param seed any number; its low 32 bits count. */
  constructor(seed: number) {
    this.#seed = seed >>> 0;
    let x = this.#seed;
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9e3779b9) >>> 0;
      let z = x;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      this.#state[i] = z ^ (z >>> 16);
    }
  }

  u32(): number {
    const s = this.#state;
    const s0 = s[0] ?? 0, s1 = s[1] ?? 0, s2 = s[2] ?? 0, s3 = s[3] ?? 0;
    const scrambled = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const t2 = s2 ^ s0;
    const t3 = s3 ^ s1;
    s[1] = s1 ^ t2;
    s[0] = s0 ^ t3;
    s[2] = t2 ^ (s1 << 9);
    s[3] = rotateLeft(t3, 11);
    return scrambled;
  }

  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i += 4) {
      const word = this.u32();
      for (let j = i; j < Math.min(i + 4, bytes.length); j++) bytes[j] = word >>> (8 * (j - i));
    }
  }

  split(label: string): SeededRandom {
    let hash = 0x811c9dc5; // FNV-1a, 32 bit
    for (let i = 0; i < label.length; i++) {
      hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
    }
    return new SeededRandom((this.#seed ^ hash) >>> 0);
  }
}

function rotateLeft(x: number, bits: number): number {
  return ((x << bits) | (x >>> (32 - bits))) >>> 0;
}
