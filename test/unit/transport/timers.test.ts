import type { Instant } from "../../../src/lib/mod.ts";
import { TIMER, Timers } from "../../../src/transport/timers.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

test("next is the earliest; an expired timer is cleared", () => {
  const timers = new Timers();
  expect(timers.next).toBeUndefined();
  timers.set(TIMER.idle, at(60));
  timers.set(TIMER.ack, at(8));
  expect(timers.next).toBe(at(8));
  expect(timers.expire(TIMER.ack, at(7))).toBe(false);
  expect(timers.expire(TIMER.ack, at(8))).toBe(true);
  expect(timers.expire(TIMER.ack, at(9))).toBe(false);
  expect([timers.get(TIMER.ack), timers.next]).toEqual([undefined, at(60)]);
  timers.set(TIMER.idle, undefined);
  expect(timers.next).toBeUndefined();
});

test("the list has no gaps: every timer has its place", () => {
  const places = Object.values(TIMER);
  expect(places).toEqual(places.map((_, i) => i) as typeof places);
});
