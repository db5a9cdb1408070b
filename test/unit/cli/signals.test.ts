import { interruptible, rest } from "../../../src/cli/signals.ts";
import { VirtualClock } from "../../sim/virtual_clock.ts";
import { MemoryHost } from "../../support/cli_fixture.ts";
import { expect, test } from "../../support/harness.ts";

test("the first signal aborts, the second ends the process, none is heard afterwards", async () => {
  const host = new MemoryHost();
  const result = await interruptible(host, (signal) => {
    expect(signal.aborted).toBe(false);
    host.signal("SIGTERM");
    expect(signal.aborted).toBe(true);
    expect(host.exits).toEqual([]);
    host.signal("SIGINT");
    expect(host.exits).toEqual([130]);
    return Promise.resolve("done");
  });
  expect(result).toBe("done");
  expect(host.listeners).toBe(0);
});

test("listening ends when the work fails too", async () => {
  const host = new MemoryHost();
  const failing = interruptible(host, () => Promise.reject(new Error("x"))).catch((e: Error) => e);
  expect((await failing).message).toBe("x");
  expect(host.listeners).toBe(0);
});

test("a rest ends in its time or with the signal, and leaves nothing on it", async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  let listeners = 0;
  const { signal } = stop;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...given: Parameters<typeof add>) => {
    listeners++;
    add(...given);
  };
  signal.removeEventListener = (...given: Parameters<typeof add>) => {
    listeners--;
    remove(...given);
  };
  for (let i = 0; i < 3; i++) {
    const resting = rest(clock, 1_000, signal);
    clock.advance(1_000);
    await resting;
  }
  expect(listeners).toBe(0);
  const resting = rest(clock, 1_000, signal);
  stop.abort();
  await resting;
  await rest(clock, 1_000, signal);
  expect([listeners, clock.now()]).toEqual([0, 3_000]);
});
