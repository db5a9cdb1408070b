import { SlotLoans } from "../../../../src/node/keep/slot_loans.ts";
import { SLOT_LOAN_MS } from "../../../../src/ports/mod.ts";
import { Slots } from "../../../../src/store/mod.ts";
import { HandClock } from "../../../support/fetch_fixture.ts";
import { expect, test } from "../../../support/harness.ts";

function setUp() {
  const slots = new Slots();
  const clock = new HandClock();
  let freed = 0;
  const loans = new SlotLoans(slots, clock, () => void freed++);
  const at = slots.take(2 ** 20);
  slots.settle(at);
  /** The chunk has gone, for good. */
  const retire = (): void => {
    slots.retire(at);
    slots.beginFlush();
    slots.endFlush(true);
  };
  return { slots, clock, loans, at, retire, freed: () => freed };
}

test("a lent slot is not used again before its reader must have seen the time", () => {
  const { slots, clock, loans, at, retire, freed } = setUp();
  expect(loans.lend(at)).toBe(true);
  retire();
  clock.advance(SLOT_LOAN_MS + 99);
  expect([slots.takeFreeable(9), freed()]).toEqual([[], 0]);
  clock.advance(1);
  expect([slots.takeFreeable(9), freed(), loans.size]).toEqual([[at], 1, 0]);
});

test("a slot that is lent again is one loan, which runs from then on", () => {
  const { slots, clock, loans, at, retire } = setUp();
  loans.lend(at);
  clock.advance(800);
  loans.lend(at);
  retire();
  clock.advance(400);
  expect([loans.size, slots.takeFreeable(9)]).toEqual([1, []]);
  clock.advance(700);
  expect([loans.size, slots.takeFreeable(9), clock.armed]).toEqual([0, [at], 0]);
});

test("there is a bound on what is lent, and none is taken back once the store is closed", () => {
  const { slots, clock, loans, at } = setUp();
  expect(loans.lend(at)).toBe(true);
  for (let i = 1; i < 4_096; i++) {
    const next = slots.take(2 ** 20);
    slots.settle(next);
    expect(loans.lend(next)).toBe(true);
  }
  const more = slots.take(2 ** 20);
  slots.settle(more);
  expect([loans.lend(more), loans.lend(at), loans.size]).toEqual([false, true, 4_096]);
  loans.stop();
  expect(clock.armed).toBe(0);
});
