import { NodeClock, VirtualClock } from "../../sim/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a fast clock counts more and fires early by the world's time, never by its own", () => {
  const world = new VirtualClock();
  const fast = new NodeClock(world, { skewPpm: 200 });
  world.advance(1_000_000);
  expect(Number(fast.now())).toBeCloseTo(1_000_200, 6);
  const dueMs = fast.now() + 333.3;
  let firedAt = -1;
  fast.schedule(333.3, () => firedAt = fast.now());
  world.advance(1_000);
  expect(firedAt).toBeGreaterThanOrEqual(dueMs);
  expect(firedAt).toBeLessThan(dueMs + 1e-6);
});

test("a driver that re-arms for the rest never spins at one moment", () => {
  const world = new VirtualClock();
  for (const skewPpm of [-200, -33, 7, 200]) {
    const clock = new NodeClock(world, { skewPpm });
    let fired = 0;
    let turns = 0;
    let deadlineMs = 0.1;
    const turn = (): void => {
      turns++;
      if (clock.now() >= deadlineMs) {
        fired++;
        deadlineMs = clock.now() + 0.1;
      }
      if (fired < 5_000) clock.schedule(Math.max(0, deadlineMs - clock.now()), turn);
    };
    turn();
    world.runUntil(() => fired === 5_000, { virtualMsMax: 1_000 });
    expect(turns).toBeLessThanOrEqual(2 * fired + 1);
  }
});

test("what falls due in a pause runs after it, in order", () => {
  const world = new VirtualClock();
  const clock = new NodeClock(world);
  const ran: string[] = [];
  clock.schedule(10, () => ran.push(`first ${world.now()}`));
  clock.schedule(20, () => ran.push(`second ${world.now()}`));
  clock.schedule(600, () => ran.push(`third ${world.now()}`));
  world.advance(5);
  clock.pause(500);
  world.advance(1_000);
  expect(ran).toEqual(["first 505", "second 505", "third 600"]);
});

test("a stopped clock runs nothing any more", () => {
  const world = new VirtualClock();
  const clock = new NodeClock(world);
  let ran = 0;
  clock.schedule(1, () => ran++);
  const cancel = clock.schedule(2, () => ran++);
  cancel();
  expect(clock.pending).toBe(1);
  clock.stop();
  clock.schedule(1, () => ran++);
  world.advance(10);
  expect(ran).toBe(0);
  expect(clock.pending).toBe(0);
  expect(world.pending).toBe(0);
});

test("each machine has its own idea of the date", () => {
  const world = new VirtualClock({ unixStartMs: 0 });
  const clock = new NodeClock(world, { wallOffsetMs: 5_000 });
  world.advance(10);
  clock.stepWall(-10_000);
  expect(Number(clock.unixMs())).toBe(-4_990);
  expect(Number(world.unixMs())).toBe(10);
});
