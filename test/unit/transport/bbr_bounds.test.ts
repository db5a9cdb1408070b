import { BbrBounds } from "../../../src/transport/bbr_bounds.ts";
import { expect, test } from "../../support/harness.ts";

test("an overflow leaves 0.7 of what was in flight, and no less than keeps the path busy", () => {
  const bounds = new BbrBounds();
  expect([bounds.inFlightBytesMax, bounds.bytesPerMsMax]).toEqual([Infinity, Infinity]);
  bounds.onOverflow(100_000, 50_000);
  expect(bounds.inFlightBytesMax).toBe(70_000);
  bounds.onOverflow(100_000, 80_000);
  expect(bounds.inFlightBytesMax).toBe(80_000);
});

test("a rate that lost too much gives way to what was delivered, or 0.7 of it at once", () => {
  const bounds = new BbrBounds();
  bounds.limitRate(950, 1_000);
  expect(bounds.bytesPerMsMax).toBe(950);
  bounds.limitRate(100, 1_000);
  expect(bounds.bytesPerMsMax).toBeCloseTo(0.7 * 950, 9);
  bounds.forgetRate();
  expect(bounds.bytesPerMsMax).toBe(Infinity);
});

test("raising begins by a packet per round trip and doubles", () => {
  const bounds = new BbrBounds();
  bounds.setInFlight(100_000);
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 10; i++) bounds.raise(0.1, round, 1_000);
  }
  expect(bounds.inFlightBytesMax).toBeCloseTo(100_000 + 15_000, 6);
});

test("a loss that was none restores what it took, unless there is more already", () => {
  const bounds = new BbrBounds();
  bounds.setInFlight(100_000);
  bounds.onOverflow(60_000, 0);
  bounds.undo();
  expect(bounds.inFlightBytesMax).toBe(100_000);
  bounds.undo();
  bounds.onOverflow(200_000, 0);
  bounds.undo();
  expect(bounds.inFlightBytesMax).toBe(140_000);
});

test("long silence halves the rate; of an unknown one nothing is known", () => {
  const bounds = new BbrBounds();
  bounds.halveRate(0);
  expect(bounds.bytesPerMsMax).toBe(Infinity);
  bounds.halveRate(1_000);
  expect(bounds.bytesPerMsMax).toBe(500);
});
