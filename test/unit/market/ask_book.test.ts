import fc from "fast-check";
import { AskBook, ASKED_FREE_BYTES } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { at, MIB } from "../../support/market_parts.ts";

const HOUR_MS = 3_600_000;

test("who asks and takes nothing is heard up to a bound, by network and hour", () => {
  const book = new AskBook(7);
  const heard = (voter: string, hour: number): number => {
    let sum = 0;
    for (let i = 0; i < 1_000; i++) sum += book.count(voter, MIB, at(hour * HOUR_MS + i));
    return sum;
  };
  expect([heard("4:one", 0), heard("4:two", 0)]).toEqual([ASKED_FREE_BYTES, ASKED_FREE_BYTES]);
  expect(heard("4:one", 1)).toBe(ASKED_FREE_BYTES);
});

test("who takes half of what it asks for is heard in full", () => {
  const book = new AskBook(7);
  for (let i = 0; i < 1_000; i++) {
    expect(book.count("4:one", MIB, at(i))).toBe(MIB);
    book.noteTaken("4:one", MIB / 2, at(i));
  }
});

test("nobody is heard for more than it asks, nor than twice what it took and the bound", () => {
  const steps = fc.array(fc.record({
    asks: fc.integer({ min: 0, max: 64 * MIB }),
    takes: fc.integer({ min: 0, max: 16 * MIB }),
  }));
  fc.assert(fc.property(steps, (all) => {
    const book = new AskBook(1);
    let [heard, taken] = [0, 0];
    for (const { asks, takes } of all) {
      const counted = book.count("4:one", asks, at(0));
      expect(counted).toBeGreaterThanOrEqual(0);
      expect(counted).toBeLessThanOrEqual(asks);
      heard += counted;
      expect(heard).toBeLessThanOrEqual(2 * taken + ASKED_FREE_BYTES);
      book.noteTaken("4:one", takes, at(0));
      taken += takes;
    }
  }));
});
