import { SkerryError } from "../../../../src/lib/mod.ts";
import { withDeadline } from "../../../../src/node/contract/deadline.ts";
import type { Clock } from "../../../../src/ports/mod.ts";
import { expect, test } from "../../../support/harness.ts";

function handClock(): { clock: Clock; fire: () => void; armed: () => number } {
  let tasks: (() => void)[] = [];
  const clock: Clock = {
    now: () => 0 as never,
    unixMs: () => 0 as never,
    schedule(_delayMs, task) {
      tasks.push(task);
      return () => void (tasks = tasks.filter((other) => other !== task));
    },
  };
  return { clock, fire: () => tasks.forEach((task) => task()), armed: () => tasks.length };
}

const late = (ms: number) => new SkerryError("LOOKUP_TIMED_OUT", `waited ${ms} ms`);
const never = new Promise<string>(() => {});

test("in time: the value, and no timer is left behind", async () => {
  const { clock, armed } = handClock();
  expect(await withDeadline(Promise.resolve("here"), clock, undefined, late)).toBe("here");
  expect(armed()).toBe(0);
});

test("late: the error says how long was waited", async () => {
  const { clock, fire } = handClock();
  const waiting = withDeadline(never, clock, { timeoutMs: 250 }, late);
  fire();
  await expect(waiting).rejects.toThrow("waited 250 ms");
});

test("a caller that leaves, before or while waiting, gets CANCELLED", async () => {
  const { clock, armed } = handClock();
  const leaving = new AbortController();
  const waiting = withDeadline(never, clock, { signal: leaving.signal }, late);
  leaving.abort();
  await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
  const failing = Promise.reject(new Error("unheard"));
  const again = withDeadline(failing, clock, { signal: leaving.signal }, late);
  await expect(again).rejects.toMatchObject({ code: "CANCELLED" });
  expect(armed()).toBe(0);
});
