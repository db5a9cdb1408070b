/** Round-trip times between hosts of the internet, as a distribution that others measured. */

/** Valadão, Guedes and Duarte timed every pair of 81 PlanetLab hosts for ten days (arXiv
 * 1202.2153): a Gamma distribution fits best, and 99 % of the pairs lie below 500 ms. This shape
 * and scale give that, and a median of 90 ms. */
const SHAPE = 1.25;
const SCALE_MS = 96;
/** No two hosts of a wide network are nearer. */
const LEAST_MS = 2;
/** Share of its way by which a packet may be later than the path's least. */
const JITTER = 0.1;

const STEPS = 4096;

/** The round trip below which a share (0 … 1) of all pairs lies, ms. */
export function rttQuantile(share: number): number {
  const at = Math.min(Math.max(share, 0), 1) * (STEPS - 1);
  const low = Math.floor(at);
  const below = QUANTILES[low] ?? 0, above = QUANTILES[Math.min(low + 1, STEPS - 1)] ?? below;
  return Math.max(LEAST_MS, below + (above - below) * (at - low));
}

/** One way between two hosts, ms: the path's own, the same each time and in both directions, and a
 * little more by chance. @param unit 0 … 1, drawn for this packet. */
export function oneWayMs(a: number, b: number, unit: number): number {
  return pairRttMs(a, b) / 2 * (1 + JITTER * (unit - 0.5));
}

/** The round trip of one pair of hosts. */
function pairRttMs(a: number, b: number): number {
  let hash = Math.imul(Math.min(a, b) + 1, 0x9e3779b1) ^
    Math.imul(Math.max(a, b) + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return rttQuantile(((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32);
}

/** Quantiles of the Gamma distribution, by summing its density in small steps. */
function quantiles(): Float64Array {
  const table = new Float64Array(STEPS);
  const step = SCALE_MS / 400;
  const density = (x: number) => x ** (SHAPE - 1) * Math.exp(-x / SCALE_MS);
  let total = 0;
  for (let x = step / 2; x < 20 * SCALE_MS; x += step) total += density(x);
  let sum = 0, next = 0;
  for (let x = step / 2; x < 20 * SCALE_MS && next < STEPS; x += step) {
    sum += density(x) / total;
    while (next < STEPS && sum >= next / (STEPS - 1)) table[next++] = x;
  }
  while (next < STEPS) table[next++] = 20 * SCALE_MS;
  table[STEPS - 1] = table[STEPS - 2] ?? 0; // the end of the tail is one host that never answers
  return table;
}

const QUANTILES = quantiles();
