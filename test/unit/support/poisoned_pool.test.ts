import { expect, test } from "../../support/harness.ts";
import { POISON, PoisonedPool } from "../../support/poisoned_pool.ts";

test("a PoisonedPool spoils what is given back, and nothing before", () => {
  const pool = new PoisonedPool(4, 1);
  const buffer = pool.take().fill(1);
  expect([...buffer]).toEqual([1, 1, 1, 1]);
  pool.give(buffer.subarray(0, 2));
  expect([...buffer]).toEqual([POISON, POISON, POISON, POISON]);
});
