import fc from "fast-check";
import { ProportionalRate } from "../../../src/transport/proportional_rate.ts";
import { expect, test } from "../../support/harness.ts";

const MSS = 1_000;

test("half of the flight lost: what arrives may be sent, and one packet more in slow start", () => {
  const recovery = new ProportionalRate(100 * MSS, 70 * MSS, MSS);
  recovery.onLost(50 * MSS);
  recovery.onAck(10 * MSS, 40 * MSS, true);
  expect(recovery.windowBytes).toBe(50 * MSS);
  recovery.onSent(10 * MSS);
  recovery.onAck(10 * MSS, 40 * MSS, false);
  expect(recovery.windowBytes).toBe(51 * MSS);
});

test("losses by time let one packet go at once", () => {
  const recovery = new ProportionalRate(10 * MSS, 7 * MSS, MSS);
  recovery.onLost(3 * MSS);
  expect(recovery.windowBytes).toBe(8 * MSS); // seven in flight
});

test("whatever is lost, recovery ends at its target at most and sends no more than arrived", () => {
  const run = fc.record({
    flight: fc.integer({ min: 8, max: 500 }),
    lostEvery: fc.integer({ min: 2, max: 50 }),
    burst: fc.integer({ min: 1, max: 20 }),
  });
  fc.assert(fc.property(run, ({ flight, lostEvery, burst }) => {
    const target = Math.floor(0.7 * flight) * MSS;
    const recovery = new ProportionalRate(flight * MSS, target, MSS);
    let inFlight = flight * MSS;
    let arrived = 0;
    let sent = 0;
    for (let i = 0; i < flight; i += burst) {
      const here = Math.min(burst, flight - i);
      let lost = 0;
      for (let n = i; n < i + here; n++) if (n % lostEvery === 0) lost++;
      inFlight -= here * MSS;
      arrived += here - lost;
      if (lost > 0) recovery.onLost(lost * MSS);
      recovery.onAck((here - lost) * MSS, inFlight, lost > 0);
      while (inFlight + MSS <= recovery.windowBytes) {
        inFlight += MSS;
        sent++;
        recovery.onSent(MSS);
      }
      expect(inFlight).toBeLessThanOrEqual(Math.max(target, (flight - i - here + sent) * MSS));
    }
    expect(inFlight).toBeLessThanOrEqual(target);
    expect(sent).toBeLessThanOrEqual(arrived + Math.ceil(flight / burst) + 1);
    expect(sent).toBeGreaterThan(0);
  }));
});
