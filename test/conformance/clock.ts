import type { Clock } from "../../src/ports/mod.ts";
import { describe, expect, test } from "../support/harness.ts";

/** The law of ports/clock.ts. */
export function clockConformance(name: string, clock: Clock): void {
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => void clock.schedule(ms, resolve));

  describe(`Clock law: ${name}`, () => {
    test("now never goes back and unixMs is the wall clock's", () => {
      let last = clock.now();
      for (let i = 0; i < 10_000; i++) {
        const now = clock.now();
        expect(now >= last).toBe(true);
        last = now;
      }
      expect(Math.abs(clock.unixMs() - Date.now())).toBeLessThan(1000);
    });

    test("a task runs once, after the delay and never before schedule() returns", async () => {
      for (const delayMs of [0, 0.4, 12.7, 30]) {
        let runs = 0;
        const start = clock.now();
        await new Promise<void>((resolve) => {
          clock.schedule(delayMs, () => {
            runs++;
            expect(clock.now() - start).toBeGreaterThanOrEqual(delayMs);
            resolve();
          });
          expect(runs).toBe(0);
        });
        await wait(5);
        expect(runs).toBe(1);
      }
    });

    test("a task called off does not run; calling off late or twice does nothing", async () => {
      let runs = 0;
      const off = clock.schedule(5, () => runs++);
      off();
      off();
      const late = clock.schedule(0, () => runs++);
      await wait(20);
      late();
      expect(runs).toBe(1);
    });

    test("a delay beyond 32 bits of milliseconds does not fire at once", async () => {
      let runs = 0;
      const off = clock.schedule(2 ** 33, () => runs++);
      await wait(20);
      expect(runs).toBe(0);
      off();
    });
  });
}
