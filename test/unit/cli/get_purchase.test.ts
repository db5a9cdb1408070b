import { GetPurchase, paidText, purchaseOf, within } from "../../../src/cli/get_purchase.ts";
import { HandClock } from "../../support/fetch_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const never = new AbortController().signal;

test("each request names the purchase, what is left of its time and what is to come", () => {
  const clock = new HandClock();
  const purchase = new GetPurchase({ budgetCb: 9, deadlineMs: 10_000 }, clock);
  const { purchase: name = "", ...first } = purchase.query();
  expect(first).toEqual({ budget: "9", deadlineMs: "10000" });
  clock.advance(4_000);
  purchase.note(30, 100);
  expect(purchase.query())
    .toEqual({ purchase: name, budget: "9", deadlineMs: "6000", leftBytes: "70" });
});

test("at the deadline the work is called off, and what is here is told", async () => {
  const clock = new HandClock();
  const purchase = new GetPurchase({ deadlineMs: 10_000 }, clock);
  purchase.note(2 ** 20, 3 * 2 ** 20);
  const work = within(
    purchase,
    (signal) =>
      new Promise<string>((_, reject) =>
        signal.addEventListener("abort", () => reject(new Error("off")))
      ),
  );
  const result = work(never).catch((error: unknown) => error);
  clock.advance(10_000);
  const error = await result as Error;
  expect(error).toMatchObject({ code: "FETCH_TIMED_OUT" });
  expect(error.message).toContain(
    "The deadline of 10 s passed when 1.00 MiB of 3.00 MiB were here",
  );
});

test("work in time, and what fails by itself, is left alone", async () => {
  const clock = new HandClock();
  const purchase = new GetPurchase({ deadlineMs: 10_000 }, clock);
  expect(await within(purchase, () => Promise.resolve(5))(never)).toBe(5);
  const own = new Error("own");
  await expect(within(purchase, () => Promise.reject(own))(never)).rejects.toBe(own);
  expect(clock.armed).toBe(0);
  expect(await within(undefined, () => Promise.resolve(6))(never)).toBe(6);
});

test("without limits there is no purchase, and nothing is told of one", () => {
  expect(purchaseOf({}, new HandClock())).toBeUndefined();
  expect(paidText(undefined)).toBe("");
});
