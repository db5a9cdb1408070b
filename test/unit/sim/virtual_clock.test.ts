import { VirtualClock } from "../../sim/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("time stands between events and jumps to them", () => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  clock.schedule(5, () => {
    seen.push(clock.now());
    clock.schedule(0, () => seen.push(clock.now()));
    clock.schedule(2.5, () => seen.push(clock.now()));
  });
  const cancel = clock.schedule(6, () => seen.push(-1));
  cancel();
  cancel();
  expect(Number(clock.now())).toBe(0);
  clock.advance(100);
  expect(seen).toEqual([5, 5, 7.5]);
  expect(Number(clock.now())).toBe(100);
  expect(clock.pending).toBe(0);
});

test("advance() leaves later events alone", () => {
  const clock = new VirtualClock();
  let ran = 0;
  clock.schedule(10, () => ran++);
  clock.schedule(10.001, () => ran++);
  clock.advance(10);
  expect(ran).toBe(1);
  expect(Number(clock.nextEventAt())).toBeCloseTo(10.001);
});

test("runUntil() says so when it cannot come true", () => {
  const clock = new VirtualClock();
  expect(() => clock.runUntil(() => false, { virtualMsMax: 10 })).toThrow("nothing is left");
  clock.schedule(50, () => {});
  expect(() => clock.runUntil(() => false, { virtualMsMax: 10 })).toThrow("not done within 10");
  clock.runUntil(() => clock.now() === 50, { virtualMsMax: 50 });
});

test("a loop that never lets time move is caught", () => {
  const clock = new VirtualClock();
  const again = (): void => void clock.schedule(0, again);
  again();
  expect(() => clock.advance(1)).toThrow("time does not move on");
});

test("a delay that is no delay is refused", () => {
  const clock = new VirtualClock();
  for (const delay of [-1, NaN, Infinity]) {
    expect(() => clock.schedule(delay, () => {})).toThrow(RangeError);
  }
});

test("the wall clock may step, the timers do not notice", () => {
  const clock = new VirtualClock({ unixStartMs: 1_000_000 });
  let firedAt = -1;
  clock.schedule(10, () => firedAt = clock.now());
  clock.stepWall(-3_600_000);
  clock.advance(10);
  expect(firedAt).toBe(10);
  expect(Number(clock.unixMs())).toBe(1_000_000 - 3_600_000 + 10);
});

test("an async shell runs to its end between two events, however long its chain", async () => {
  const clock = new VirtualClock();
  const log: string[] = [];
  const sleep = (ms: number): Promise<void> => new Promise((done) => clock.schedule(ms, done));
  const work = async (name: string): Promise<string> => {
    await sleep(10);
    for (let i = 0; i < 50; i++) await Promise.resolve();
    log.push(`${name} ${clock.now()}`);
    await sleep(5);
    log.push(`${name} ${clock.now()}`);
    return name;
  };
  const both = Promise.all([work("a"), work("b")]);
  clock.schedule(10, () => log.push("event"));
  expect(await clock.runPromise(both, { virtualMsMax: 100 })).toEqual(["a", "b"]);
  expect(log).toEqual(["a 10", "b 10", "event", "a 15", "b 15"]);
});

test("runPromise() hands a rejection on, and gives up on a promise nobody keeps", async () => {
  const clock = new VirtualClock();
  const failing = Promise.reject(new Error("it broke"));
  await expect(clock.runPromise(failing, { virtualMsMax: 1 })).rejects.toThrow("it broke");
  const never = new Promise<void>(() => {});
  await expect(clock.runPromise(never, { virtualMsMax: 1 })).rejects.toThrow("nothing is left");
});

test("advanceSettled() stands exactly where it was told", async () => {
  const clock = new VirtualClock();
  let done = false;
  void (async () => {
    await new Promise<void>((resolve) => clock.schedule(3, resolve));
    await new Promise<void>((resolve) => clock.schedule(3, resolve));
    done = true;
  })();
  await clock.advanceSettled(6);
  expect(done).toBe(true);
  expect(Number(clock.now())).toBe(6);
});
