import type { Instant } from "../../../src/lib/mod.ts";
import { IdCounter } from "../../../src/transport/id_counter.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;
const NONE = new Set<number>();

test("ids count up and go round", () => {
  const counter = new IdCounter();
  for (let i = 0; i < 70_000; i++) {
    const id = counter.take(NONE, at(0));
    if (id !== i % 65_536) throw new Error(`step ${i} gave ${id}`);
  }
});

test("a live id is passed over", () => {
  const counter = new IdCounter();
  for (let i = 0; i < 65_536; i++) counter.take(NONE, at(0));
  expect(counter.take(new Set([0, 1]), at(0))).toBe(2);
});

test("a block rests until its last id has rested, and is passed over meanwhile", () => {
  const counter = new IdCounter();
  for (let i = 0; i < 65_536; i++) counter.take(NONE, at(0));
  counter.finished(17, 300, at(100)); // block 0 rests until 400
  counter.finished(18, 100, at(200));
  expect(counter.take(NONE, at(399))).toBe(4_096);
  for (let i = 4_097; i < 65_536; i++) counter.take(NONE, at(399));
  expect(counter.take(NONE, at(400))).toBe(0);
});

test("with every block at rest there is no id", () => {
  const counter = new IdCounter();
  for (let block = 0; block < 16; block++) counter.finished(block * 4_096, 1_000, at(0));
  expect(counter.take(NONE, at(999))).toBeUndefined();
  expect(counter.take(NONE, at(1_000))).toBe(0);
});
