import type { Random } from "../../lib/mod.ts";

/** What one call of getRandomValues() may fill (W3C Web Cryptography §10.1.1). */
const FILL_BYTES_MAX = 65_536;
/** Drawn at once: a single u32 per system call would cost twenty times as much. */
const POOL_WORDS = 1024;

/** The operating system's random numbers, fit for keys. */
class SystemRandom implements Random {
  readonly #pool = new Uint32Array(POOL_WORDS);
  #used = POOL_WORDS;

  fill(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += FILL_BYTES_MAX) {
      // Asked for as bytes over a plain buffer: shared memory is refused by getRandomValues().
      crypto.getRandomValues(bytes.subarray(at, at + FILL_BYTES_MAX) as Uint8Array<ArrayBuffer>);
    }
  }

  u32(): number {
    if (this.#used === POOL_WORDS) {
      crypto.getRandomValues(this.#pool);
      this.#used = 0;
    }
    const word = this.#pool[this.#used] ?? 0;
    this.#pool[this.#used++] = 0; // a drawn number stays nowhere
    return word;
  }
}

export const systemRandom: Random = new SystemRandom();
