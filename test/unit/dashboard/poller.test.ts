import { POLL_EVERY_MS, POLL_PAUSE_MAX_MS, Poller } from "../../../src/dashboard/poller.ts";
import { expect, test } from "../../support/harness.ts";

/** A browser whose time stands until it is moved on to the next thing to do. */
class StillPage {
  isHidden = false;
  fault: Error | undefined;
  asked = 0;
  readonly told: unknown[] = [];
  readonly pauses: number[] = [];
  #due: (() => void) | undefined;
  readonly poller = new Poller({
    ask: () => {
      this.asked += 1;
      return this.fault === undefined ? Promise.resolve() : Promise.reject(this.fault);
    },
    tell: (error) => void this.told.push(error),
    isHidden: () => this.isHidden,
    schedule: (ms, deed) => {
      expect(this.#due).toBeUndefined();
      this.pauses.push(ms);
      this.#due = deed;
      return () => void (this.#due = undefined);
    },
  });

  get isWaiting(): boolean {
    return this.#due !== undefined;
  }

  async step(): Promise<void> {
    const due = this.#due;
    this.#due = undefined;
    due?.();
    for (let i = 0; i < 5; i++) await Promise.resolve();
  }
}

test("no two questions come within a second, however often the page is shown", async () => {
  const page = new StillPage();
  for (let i = 0; i < 3; i++) page.poller.handleVisibility();
  for (let i = 0; i < 4; i++) await page.step();
  expect(page.asked).toBe(4);
  expect(new Set(page.pauses)).toEqual(new Set([POLL_EVERY_MS]));
});

test("the first answer need not be waited for, unless nobody looks", () => {
  const page = new StillPage();
  page.isHidden = true;
  page.poller.start();
  expect(page.asked).toBe(0);
  page.isHidden = false;
  page.poller.start();
  page.poller.handleVisibility();
  expect([page.asked, page.isWaiting]).toEqual([1, false]);
});

test("nobody asks while nobody looks", async () => {
  const page = new StillPage();
  page.poller.handleVisibility();
  page.isHidden = true;
  page.poller.handleVisibility();
  expect(page.isWaiting).toBe(false);
  page.isHidden = false;
  page.poller.handleVisibility();
  const asking = page.step();
  page.isHidden = true; // while the question is under way
  await asking;
  expect([page.asked, page.isWaiting]).toEqual([1, false]);
});

test("a node that does not answer is asked ever more seldom, until it does", async () => {
  const page = new StillPage();
  page.fault = new Error("gone");
  page.poller.handleVisibility();
  for (let i = 0; i < 7; i++) await page.step();
  expect(page.pauses).toEqual([1, 2, 4, 8, 16, 30, 30, 30].map((seconds) => seconds * 1000));
  expect(Math.max(...page.pauses)).toBe(POLL_PAUSE_MAX_MS);
  page.fault = undefined;
  await page.step();
  expect(page.pauses.at(-1)).toBe(POLL_EVERY_MS);
  expect([page.told[0], page.told.at(-1)]).toEqual([new Error("gone"), undefined]);
});
