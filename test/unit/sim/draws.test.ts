import { SeededRandom } from "../../../src/lib/mod.ts";
import { drawChance, drawDelayMs, drawNormal, exactExp } from "../../sim/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("exactExp() agrees with Math.exp to 13 digits", () => {
  for (let x = -50; x <= 50; x += 0.37) {
    expect(Math.abs(exactExp(x) / Math.exp(x) - 1)).toBeLessThan(1e-13);
  }
  expect(exactExp(0)).toBe(1);
});

test("drawNormal() has the moments of a normal", () => {
  const random = new SeededRandom(1);
  let sum = 0, squares = 0;
  const count = 20_000;
  for (let i = 0; i < count; i++) {
    const value = drawNormal(random);
    sum += value;
    squares += value * value;
  }
  expect(Math.abs(sum / count)).toBeLessThan(0.03);
  expect(Math.abs(squares / count - 1)).toBeLessThan(0.05);
});

test("delays keep their shape", () => {
  const random = new SeededRandom(2);
  expect(drawDelayMs(random, { kind: "fixed", ms: 7 })).toBe(7);
  const draws = (delay: Parameters<typeof drawDelayMs>[1]) =>
    Array.from({ length: 5_000 }, () => drawDelayMs(random, delay)).sort((a, b) => a - b);
  const uniform = draws({ kind: "uniform", minMs: 5, maxMs: 80 });
  expect(uniform[0]).toBeGreaterThanOrEqual(5);
  expect(uniform.at(-1)).toBeLessThan(80);
  const lognormal = draws({ kind: "lognormal", medianMs: 40, sigma: 0.5 });
  expect(Math.abs((lognormal[2_500] ?? 0) - 40)).toBeLessThan(2);
  expect((lognormal[4_207] ?? 0) / 40).toBeGreaterThan(1.5); // one sigma up: e^0.5 = 1.65
  expect((lognormal[4_207] ?? 0) / 40).toBeLessThan(1.8);
});

test("drawChance() at its ends", () => {
  const random = new SeededRandom(3);
  for (let i = 0; i < 100; i++) {
    expect(drawChance(random, 0)).toBe(false);
    expect(drawChance(random, 1)).toBe(true);
  }
});
