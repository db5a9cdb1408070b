import { describe, expect, test } from "../support/harness.ts";
import { type HourOfTrade, TradingCrowd } from "../support/trading_crowd.ts";

const CROWD = {
  seed: 7,
  users: 30,
  hours: 3,
  rank: 8,
  uplinkBytesPerSecond: 65_536,
  everySeconds: 13,
};

function lastHour(leechers: number): HourOfTrade {
  const last = new TradingCrowd({ ...CROWD, leechers }).play().at(-1);
  if (last === undefined) throw new RangeError("no hour was played");
  return last;
}

describe("users who all want and offer the same", () => {
  test("owe one another less than their lines, and have as much as they serve", () => {
    const { lineShares, ratios, had, wanted } = lastHour(0);
    expect(lineShares.length).toBeGreaterThan(800); // nearly all pairs
    const beyond = lineShares.filter((share) => share > 1).length;
    expect(beyond / lineShares.length).toBeLessThan(0.01); // what the pool gave besides
    const sorted = [...ratios].sort((a, b) => a - b);
    expect(sorted[15]).toBeGreaterThan(0.8);
    expect(sorted[15]).toBeLessThan(1.2);
    expect(sorted[2]).toBeGreaterThan(0.5);
    expect(sorted[27]).toBeLessThan(1.8);
    expect(had / wanted).toBeGreaterThan(0.75);
  });

  test("are served better by half as those among them who serve nobody", () => {
    const { had, wanted, leechersShare } = lastHour(10);
    expect(had / wanted).toBeGreaterThan(1.5 * leechersShare);
    expect(leechersShare).toBeGreaterThan(0.01); // out of the pool
  });
});
