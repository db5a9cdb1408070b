import { VectorSieve } from "./sha1_sieve.ts";
import type { DisturbanceVector } from "./sha1_vectors.ts";

const BLOCK_BYTES = 64;
const STEPS = 80;
const STATE_WORDS = 5;
const INITIAL = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];

/** Watches a message, block by block, for a block that a collision attack on SHA-1 ends in: one
 * from which, with the differences of a known attack, another block of the same result can be
 * computed back (Stevens, "Counter-cryptanalysis", CRYPTO 2013). A message that is no half of such
 * a pair is flagged with a chance of about 2^-160 a block. Takes twice as long as SHA-1 in the same
 * language and some fifteen times as long as the native one, so native SHA-1 comes first, and this
 * only where it alone decides. */
export class Sha1CollisionDetector {
  readonly #chain = Int32Array.from(INITIAL);
  readonly #words = new Int32Array(STEPS);
  /** The states before steps 58 and 65 of the last block. */
  readonly #meeting = { 58: new Int32Array(STATE_WORDS), 65: new Int32Array(STATE_WORDS) } as const;
  /** The chaining value after the last block. */
  readonly #next = new Int32Array(STATE_WORDS);
  readonly #state = new Int32Array(STATE_WORDS);
  readonly #otherWords = new Int32Array(STEPS);
  readonly #otherChain = new Int32Array(STATE_WORDS);
  readonly #sieve = new VectorSieve();
  #isColliding = false;

  /** True once a block that an attack ended in was seen. */
  get isColliding(): boolean {
    return this.#isColliding;
  }

  /** Takes the next bytes of the message; a rest of less than 64 bytes is passed over, so it may
   * only be the last, and the padding is not looked at: an attack needs a block of its own.
   * @param bytes a multiple of 64, but for the last. */
  update(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + BLOCK_BYTES <= bytes.length && !this.#isColliding; at += BLOCK_BYTES) {
      this.#expand(view, at);
      this.#compress();
      for (const vector of this.#sieve.keptBy(this.#words)) {
        this.#isColliding ||= this.#isMetBy(vector);
      }
      this.#chain.set(this.#next);
    }
  }

  #expand(view: DataView, at: number): void {
    const words = this.#words;
    for (let step = 0; step < 16; step++) words[step] = view.getInt32(at + 4 * step);
    for (let step = 16; step < STEPS; step++) {
      const word = (words[step - 3] as number) ^ (words[step - 8] as number) ^
        (words[step - 14] as number) ^ (words[step - 16] as number);
      words[step] = word << 1 | word >>> 31;
    }
  }

  /** RFC 3174 §6.1, keeping the states that attacks meet in. */
  #compress(): void {
    const [words, state] = [this.#words, this.#state];
    state.set(this.#chain);
    runForward(state, words, 0, 58);
    this.#meeting[58].set(state);
    runForward(state, words, 58, 65);
    this.#meeting[65].set(state);
    runForward(state, words, 65, STEPS);
    addInto(this.#next, this.#chain, state);
  }

  /** Does the block that differs as the vector says lead to the same result? Its chaining value is
   * found by going back from the state where the two meet. */
  #isMetBy({ differences, meetingStep }: DisturbanceVector): boolean {
    const [words, state, other] = [this.#otherWords, this.#state, this.#otherChain];
    for (let step = 0; step < STEPS; step++) {
      words[step] = (this.#words[step] as number) ^ (differences[step] as number);
    }
    other.set(this.#meeting[meetingStep]);
    runBack(other, words, meetingStep);
    state.set(this.#meeting[meetingStep]);
    runForward(state, words, meetingStep, STEPS);
    addInto(other, other, state);
    return other.every((word, i) => word === this.#next[i]);
  }
}

/** Steps from … to - 1, in stretches of one function each: a choice at every step costs twice, and
 * so does a destructuring. */
function runForward(state: Int32Array, words: Int32Array, from: number, to: number): void {
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let step = from;
  for (const end = Math.min(to, 20); step < end; step++) {
    const next =
      (a << 5 | a >>> 27) + (d ^ b & (c ^ d)) + 0x5a827999 + e + (words[step] as number) | 0;
    e = d;
    d = c;
    c = b << 30 | b >>> 2;
    b = a;
    a = next;
  }
  for (const end = Math.min(to, 40); step < end; step++) {
    const next = (a << 5 | a >>> 27) + (b ^ c ^ d) + 0x6ed9eba1 + e + (words[step] as number) | 0;
    e = d;
    d = c;
    c = b << 30 | b >>> 2;
    b = a;
    a = next;
  }
  for (const end = Math.min(to, 60); step < end; step++) {
    const next =
      (a << 5 | a >>> 27) + (b & c | d & (b | c)) + 0x8f1bbcdc + e + (words[step] as number) | 0;
    e = d;
    d = c;
    c = b << 30 | b >>> 2;
    b = a;
    a = next;
  }
  for (; step < to; step++) {
    const next = (a << 5 | a >>> 27) + (b ^ c ^ d) + 0xca62c1d6 + e + (words[step] as number) | 0;
    e = d;
    d = c;
    c = b << 30 | b >>> 2;
    b = a;
    a = next;
  }
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
  state[4] = e;
}

/** Undoes steps from - 1 … 0. */
function runBack(state: Int32Array, words: Int32Array, from: number): void {
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  for (let step = from - 1; step >= 0; step--) {
    const next = a;
    a = b;
    b = c << 2 | c >>> 30;
    c = d;
    d = e;
    e = next - (a << 5 | a >>> 27) - mix(step, b, c, d) - (words[step] as number) | 0;
  }
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
  state[4] = e;
}

/** The step's function of b, c and d, and its constant. */
function mix(step: number, b: number, c: number, d: number): number {
  if (step < 20) return (b & c | ~b & d) + 0x5a827999;
  if (step < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  return step < 60 ? (b & c | b & d | c & d) + 0x8f1bbcdc : (b ^ c ^ d) + 0xca62c1d6;
}

function addInto(out: Int32Array, one: Int32Array, two: Int32Array): void {
  for (let i = 0; i < STATE_WORDS; i++) out[i] = (one[i] as number) + (two[i] as number);
}
