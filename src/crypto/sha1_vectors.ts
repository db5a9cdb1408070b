/** A disturbance vector I(K, b) or II(K, b): the pattern of differences that a known way of
 * colliding SHA-1 follows. */
export interface DisturbanceVector {
  readonly k: number;
  /** XOR difference of the 80 expanded message words. */
  readonly differences: Int32Array;
  /** The step before which the two states are the same. */
  readonly meetingStep: 58 | 65;
}

/** Of two bits of the expanded message, in steps counted from K, the XOR that both messages of any
 * pair which follows the vector must have. */
export interface Condition {
  readonly bits: readonly [bit: number, bit: number];
  readonly steps: readonly [step: number, step: number];
  readonly xor: 0 | 1;
  /** The vectors that it is one of. */
  readonly fromK: number;
  readonly toK: number;
}

/** Vectors of one type and b, which differ by a shift of their steps alone. */
export interface VectorFamily {
  readonly vectors: readonly DisturbanceVector[];
  readonly conditions: readonly Condition[];
}

/** The 32 vectors that attacks of a known kind can use, of Manuel, "Classification and generation
 * of disturbance vectors for collision attacks against SHA-1" (2011). They, and the conditions, are
 * those of Stevens and Shumow, "Speeding up detection of SHA-1 collision attacks using unavoidable
 * attack conditions" (USENIX Security 2017); here stand the conditions that the vectors of a family
 * share. What single ones have besides would rule out a few blocks more. */
export const VECTOR_FAMILIES: readonly VectorFamily[] = [
  family(1, 0, [43, 44, 45, 46, 47, 48, 49, 50, 51, 52], [
    both(4, -6, 4, -4, 1),
    both(4, -6, 29, -3, 0),
    both(4, -6, 4, -2, 0),
    both(4, -6, 29, -1, 1),
    both(4, -6, 4, 0, 1),
    both(4, -6, 29, 1, 0),
    both(4, -6, 29, 3, 1),
    both(4, -6, 29, 4, 1),
  ]),
  family(1, 2, [46, 47, 48, 49, 50, 51], [
    both(1, -7, 6, -6, 1),
    both(1, -7, 6, -4, 1),
    both(1, -7, 6, -2, 1),
    both(1, -7, 6, 0, 1),
    both(1, -7, 1, 1, 1),
    both(1, -11, 6, -10, 1),
  ]),
  family(2, 0, [45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56], [
    both(4, -4, 29, -2, 0),
    both(4, -4, 29, -1, 0),
    both(4, -4, 29, 0, 0),
    both(4, 4, 29, 8, 0),
    both(4, -9, 29, -5, 0),
    both(4, -9, 29, -6, 0, { fromK: 46 }),
    both(4, -9, 29, -7, 0, { fromK: 47 }),
    both(29, 5, 29, 8, 1, { toK: 53 }),
    both(29, 4, 29, 8, 1, { toK: 53 }),
    both(4, 2, 29, 8, 1, { toK: 53 }),
  ]),
  family(2, 2, [46, 49, 50, 51], [
    both(1, -5, 6, -4, 1),
    both(1, -5, 1, -3, 1),
    both(6, 4, 1, 5, 0),
    both(6, 2, 1, 5, 0),
    both(1, 1, 1, 5, 1),
    both(1, -10, 6, -9, 1),
  ]),
];

function both(
  bit: number,
  step: number,
  bit2: number,
  step2: number,
  xor: 0 | 1,
  { fromK = 0, toK = 80 } = {},
): Condition {
  return { bits: [bit, bit2], steps: [step, step2], xor, fromK, toK };
}

function family(
  type: 1 | 2,
  b: 0 | 2,
  ks: readonly number[],
  conditions: readonly Condition[],
): VectorFamily {
  const vectors = ks.map((k): DisturbanceVector => {
    return { k, differences: differencesOf(type, k, b), meetingStep: k < 50 ? 58 : 65 };
  });
  return { vectors, conditions };
}

/** The vector, continued both ways from 16 of its words by SHA-1's own recurrence, then each of its
 * bits as the six steps of a local collision that it begins. */
function differencesOf(type: 1 | 2, k: number, b: number): Int32Array {
  const before = 5; // of the first five steps' local collisions some began earlier
  const words = new Int32Array(before + 80);
  const at = (step: number): number => step + before;
  words[at(k + 15)] = 1 << b;
  if (type === 2) {
    const high = rotate(1, 31 + b);
    words[at(k + 1)] = high;
    words[at(k + 3)] = high;
  }
  const word = (step: number): number => words[at(step)] ?? 0;
  for (let step = k + 16; step < 80; step++) {
    words[at(step)] = rotate(
      word(step - 3) ^ word(step - 8) ^ word(step - 14) ^ word(step - 16),
      1,
    );
  }
  for (let step = k - 1; step >= -before; step--) {
    words[at(step)] = rotate(word(step + 16), 31) ^ word(step + 13) ^ word(step + 8) ^
      word(step + 2);
  }
  return Int32Array.from(
    { length: 80 },
    (_, step) =>
      word(step) ^ rotate(word(step - 1), 5) ^ word(step - 2) ^ rotate(word(step - 3), 30) ^
      rotate(word(step - 4), 30) ^ rotate(word(step - 5), 30),
  );
}

function rotate(word: number, by: number): number {
  const bits = by & 31;
  return bits === 0 ? word : word << bits | word >>> 32 - bits;
}
