import { randomBelow, randomUnit, SeededRandom, shuffle } from "../../../src/lib/mod.ts";

/** Queries of one node, one after another. */
export interface Trace {
  readonly name: string;
  /** The number of the chunk asked for. */
  readonly chunks: Uint32Array;
  /** The number of the network that asks. */
  readonly voters: Uint16Array;
}

export interface TraceShape {
  readonly name: string;
  /** Popularity falls with rank to this power. */
  readonly zipf: number;
  /** A tenth of the chunks change their popularity with any others after so many queries. */
  readonly shiftEvery?: number;
  /** Of all queries, those that read the catalogue from end to end. */
  readonly scanShare?: number;
}

export const SHAPES: readonly TraceShape[] = [
  { name: "Zipf 0.6", zipf: 0.6 },
  { name: "Zipf 0.8", zipf: 0.8 },
  { name: "Zipf 1.0", zipf: 1 },
  { name: "Zipf 1.2", zipf: 1.2 },
  { name: "Zipf 1.0, shifting", zipf: 1, shiftEvery: 25_000 },
  { name: "Zipf 1.0, with scans", zipf: 1, scanShare: 0.2 },
];

/** Networks that ask, all as often. */
export const VOTERS = 1024;
/** Of the chunks, those that change places when the hot set shifts: from the most popular on. */
const SHIFTED_SHARE = 0.02;

/** Draws queries. The same seed draws the same. */
export function drawTrace(
  shape: TraceShape,
  chunkCount: number,
  queries: number,
  seed: number,
): Trace {
  const random = new SeededRandom(seed).split(shape.name);
  const order = shuffle(random, Array.from({ length: chunkCount }, (_, chunk) => chunk));
  const rankOf = zipfRanks(chunkCount, shape.zipf, random);
  const chunks = new Uint32Array(queries);
  const voters = new Uint16Array(queries);
  let scanned = 0;
  for (let query = 0; query < queries; query++) {
    if (shape.shiftEvery !== undefined && query % shape.shiftEvery === shape.shiftEvery - 1) {
      shift(order, random);
    }
    const isScan = shape.scanShare !== undefined && randomUnit(random) < shape.scanShare;
    chunks[query] = isScan ? scanned++ % chunkCount : order[rankOf()] ?? 0;
    voters[query] = randomBelow(random, VOTERS);
  }
  return { name: shape.name, chunks, voters };
}

/** Half of the hottest chunks cool down, and others take their places. */
function shift(order: number[], random: SeededRandom): void {
  const hot = Math.floor(order.length * SHIFTED_SHARE);
  for (let rank = 0; rank < hot; rank++) {
    if (randomUnit(random) < 0.5) continue;
    const other = hot + randomBelow(random, order.length - hot);
    const held = order[rank] as number;
    order[rank] = order[other] as number;
    order[other] = held;
  }
}

/** Draws ranks from 0, by a table of sums. */
function zipfRanks(count: number, power: number, random: SeededRandom): () => number {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) sums[rank] = sum += (rank + 1) ** -power;
  return () => {
    const drawn = randomUnit(random) * sum;
    let low = 0, high = count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sums[middle] ?? 0) < drawn) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
