import type { Instant } from "../../../src/lib/mod.ts";
import { ControlAllowance } from "../../../src/transport/control_allowance.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

test("a burst, then 32 bytes a millisecond; what was taken too much is earned first", () => {
  const allowance = new ControlAllowance();
  allowance.spend(65_535, at(0));
  expect(allowance.isOpen(at(0))).toBe(true);
  allowance.spend(321, at(0));
  expect([allowance.isOpen(at(10)), allowance.isOpen(at(11))]).toEqual([false, true]);
});

test("no more than a burst is saved up, and a clock that stands earns nothing", () => {
  const allowance = new ControlAllowance();
  allowance.spend(65_536, at(1e9));
  expect(allowance.isOpen(at(1e9))).toBe(false);
  expect(allowance.isOpen(at(2e9))).toBe(true);
  allowance.spend(65_536, at(2e9));
  expect(allowance.isOpen(at(2e9))).toBe(false);
});
