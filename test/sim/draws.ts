/** Random draws whose results are the same bits on every JavaScript engine: they use only + - * /
 * on doubles, which IEEE 754 defines exactly, never Math.exp, log or pow, which it does not. */
import { type Random, randomUnit } from "../../src/lib/mod.ts";

const LN2 = 0.6931471805599453;
const EXP_TERMS = 18; // |r| ≤ ln 2 / 2: the rest of the series is below 1e-17

/** e^x to about 15 digits, for |x| ≤ 700. */
export function exactExp(x: number): number {
  const k = Math.round(x / LN2);
  const r = x - k * LN2;
  let term = 1;
  let sum = 1;
  for (let n = 1; n <= EXP_TERMS; n++) {
    term = term * r / n;
    sum += term;
  }
  const factor = k < 0 ? 0.5 : 2;
  for (let i = Math.abs(k); i > 0; i--) sum *= factor;
  return sum;
}

/** About normal with mean 0 and variance 1, within ±6: twelve uniform draws (Irwin-Hall). */
export function drawNormal(random: Random): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += randomUnit(random);
  return sum;
}

/** Uniform in [min, max). */
export function drawBetween(random: Random, min: number, max: number): number {
  return min + (max - min) * randomUnit(random);
}

export function drawChance(random: Random, ratio: number): boolean {
  return ratio > 0 && randomUnit(random) < ratio;
}

export type Delay =
  | { readonly kind: "fixed"; readonly ms: number }
  | { readonly kind: "uniform"; readonly minMs: number; readonly maxMs: number }
  /** Half of all draws lie below the median; sigma 0.3 is calm, 1 wild. At most median·e^6σ. */
  | { readonly kind: "lognormal"; readonly medianMs: number; readonly sigma: number };

export function drawDelayMs(random: Random, delay: Delay): number {
  switch (delay.kind) {
    case "fixed":
      return delay.ms;
    case "uniform":
      return drawBetween(random, delay.minMs, delay.maxMs);
    case "lognormal":
      return delay.medianMs * exactExp(delay.sigma * drawNormal(random));
  }
}
