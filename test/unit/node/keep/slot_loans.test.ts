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

test("each loan runs its own time, and the last of a slot counts", () => {
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
  const { clock, loans, at } = setUp();
  for (let i = 0; i < 4_096; i++) expect(loans.lend(at)).toBe(true);
  expect(loans.lend(at)).toBe(false);
  loans.stop();
  expect(clock.armed).toBe(0);
});
