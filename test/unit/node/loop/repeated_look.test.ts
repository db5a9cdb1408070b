import { RepeatedLook } from "../../../../src/node/loop/repeated_look.ts";
import { VirtualClock } from "../../../sim/virtual_clock.ts";
import { expect, test } from "../../../support/harness.ts";

function setUp() {
  const clock = new VirtualClock();
  const looks: boolean[] = [];
  const held: (() => void)[] = [];
  const state = { isHeld: false };
  const look = new RepeatedLook(1_000, async (isAsked) => {
    looks.push(isAsked);
    if (state.isHeld) await new Promise<void>((done) => held.push(done));
  }, clock);
  return { clock, looks, held, state, look };
}

test("it looks once in its time, and at once when asked, from then on anew", async () => {
  const { clock, looks, look } = setUp();
  await clock.advanceSettled(5_000);
  expect(looks).toEqual([]);
  look.start();
  await clock.advanceSettled(2_500);
  expect(looks).toEqual([false, false]);
  await look.now();
  await clock.advanceSettled(999);
  expect(looks).toEqual([false, false, true]);
  await clock.advanceSettled(1);
  expect(looks).toEqual([false, false, true, false]);
});

test("looks do not overlap; who asks while one runs shares the next", async () => {
  const { clock, looks, held, state, look } = setUp();
  look.start();
  state.isHeld = true;
  await clock.advanceSettled(1_000);
  const [one, two] = [look.now(), look.now()];
  expect(one).toBe(two);
  await clock.advanceSettled(5_000);
  expect(looks).toEqual([false]);
  state.isHeld = false;
  held[0]?.();
  await one;
  expect(looks).toEqual([false, true]);
});

test("a stop waits for the look that runs, and none follows", async () => {
  const { clock, looks, held, state, look } = setUp();
  look.start();
  state.isHeld = true;
  await clock.advanceSettled(1_000);
  let isStopped = false;
  const stopping = look.stop().then(() => isStopped = true);
  const asked = look.now();
  await clock.advanceSettled(5_000);
  expect([isStopped, look.isStopped]).toEqual([false, true]);
  held[0]?.();
  await stopping;
  await asked;
  await clock.advanceSettled(5_000);
  expect(looks).toEqual([false]);
});
