import { type Condition, type DisturbanceVector, VECTOR_FAMILIES } from "./sha1_vectors.ts";

/** The bits and steps that conditions are about. */
const BITS = [1, 4, 6, 29] as const;
const FIRST_STEP = 33;
const LAST_STEP = 64;
/** Numbers of a condition in a sieve: two lanes with their shifts, what to flip, who is exempt. */
const ROW = 6;

/** One family, laid out so that one operation asks a condition of all its vectors: vector K has
 * bit K - first K of a word. */
interface FamilySieve {
  readonly present: number;
  readonly rows: Int32Array;
  /** By K - first K. */
  readonly vectors: readonly (DisturbanceVector | undefined)[];
}

const SIEVES: readonly FamilySieve[] = VECTOR_FAMILIES.map(({ vectors, conditions }) => {
  const firstK = vectors[0]?.k ?? 0;
  const places: (DisturbanceVector | undefined)[] = [];
  let present = 0;
  for (const vector of vectors) {
    places[vector.k - firstK] = vector;
    present |= 1 << vector.k - firstK;
  }
  const rows = Int32Array.from(conditions.flatMap((one) => rowOf(one, firstK, vectors)));
  return { present, rows, vectors: places };
});

function rowOf(
  { bits, steps, xor, fromK, toK }: Condition,
  firstK: number,
  vectors: readonly DisturbanceVector[],
): number[] {
  let exempt = 0;
  for (const { k } of vectors) if (k < fromK || k > toK) exempt |= 1 << k - firstK;
  const lane = (bit: number): number => BITS.indexOf(bit as (typeof BITS)[number]);
  const shift = (step: number): number => firstK + step - FIRST_STEP;
  return [lane(bits[0]), shift(steps[0]), lane(bits[1]), shift(steps[1]), xor - 1, exempt];
}

/** Finds the vectors that a block may follow. */
export class VectorSieve {
  readonly #lanes = new Int32Array(BITS.length);
  readonly #found: DisturbanceVector[] = [];

  /** The vectors all of whose conditions the expanded message keeps: of a random block's one in
   * four. @param words the 80 expanded words. @returns a list that the next call changes. */
  keptBy(words: Int32Array): readonly DisturbanceVector[] {
    const [lanes, found] = [this.#lanes, this.#found];
    found.length = 0;
    packLanes(words, lanes);
    for (const { present, rows, vectors } of SIEVES) {
      let left = present;
      for (let at = 0; at < rows.length && left !== 0; at += ROW) {
        const one = (lanes[rows[at] as number] as number) >>> (rows[at + 1] as number);
        const two = (lanes[rows[at + 2] as number] as number) >>> (rows[at + 3] as number);
        left &= one ^ two ^ (rows[at + 4] as number) | (rows[at + 5] as number);
      }
      for (; left !== 0; left &= left - 1) {
        const vector = vectors[31 - Math.clz32(left & -left)];
        if (vector !== undefined) found.push(vector);
      }
    }
    return found;
  }
}

/** Bit `step - FIRST_STEP` of a lane is the lane's bit of that step's word. */
function packLanes(words: Int32Array, lanes: Int32Array): void {
  let [lane1, lane4, lane6, lane29] = [0, 0, 0, 0];
  for (let step = FIRST_STEP; step <= LAST_STEP; step++) {
    const word = words[step] as number;
    const place = step - FIRST_STEP;
    lane1 |= (word >>> 1 & 1) << place;
    lane4 |= (word >>> 4 & 1) << place;
    lane6 |= (word >>> 6 & 1) << place;
    lane29 |= (word >>> 29 & 1) << place;
  }
  lanes[0] = lane1;
  lanes[1] = lane4;
  lanes[2] = lane6;
  lanes[3] = lane29;
}
