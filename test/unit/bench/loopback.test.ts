import { LOOPBACK_DEFAULTS, measureLoopback } from "../../../src/bench/mod.ts";
import { VirtualClock } from "../../sim/mod.ts";
import { expect, test } from "../../support/harness.ts";

const SENT = { elapsedMs: 2_100, cpuMs: 1_500, sentPackets: 750_000 };
const RECEIVED = { elapsedMs: 2_000, cpuMs: 3_000, sentPackets: 900 };

/** Processes that say these lines, in order of spawning, and how each was started and stopped. */
function processes(...lines: unknown[][]) {
  const started: (readonly string[])[] = [];
  let stops = 0;
  const spawn = (args: readonly string[]) => {
    started.push(args);
    const own = lines.shift() ?? [];
    const say = (line: unknown) => typeof line === "string" ? line : JSON.stringify(line);
    return {
      nextLine: () => Promise.resolve(own.length === 0 ? undefined : say(own.shift())),
      stop: () => void stops++,
    };
  };
  return { spawn, started, stops: () => stops };
}

test("both processes get the scenario, one the other's address, and both are stopped", async () => {
  const { spawn, started, stops } = processes(["there", SENT], [RECEIVED]);
  const figures = await measureLoopback(new VirtualClock(), spawn, LOOPBACK_DEFAULTS);
  const scenario = JSON.stringify(LOOPBACK_DEFAULTS);
  expect(started).toEqual([
    ["bench", "--serve", scenario],
    ["bench", "--fetch", scenario, "--target", "there"],
  ]);
  expect(stops()).toBe(2);
  expect(figures).toEqual({
    megabytesPerSecond: 2 ** 30 / 2e6,
    packets: 750_000,
    sendingMicros: 2,
    receivingMicros: 4,
  });
});

test("an end that fails or ends early is a sentence, and nobody is left running", async () => {
  const failed = processes(["there", SENT], [{ failure: "slice 3 of chunk 1 is damaged" }]);
  const clock = new VirtualClock();
  await expect(measureLoopback(clock, failed.spawn, LOOPBACK_DEFAULTS)).rejects.toThrow(
    "The transfer failed: slice 3 of chunk 1 is damaged",
  );
  expect(failed.stops()).toBe(2);
  const early = processes(["there"], []);
  await expect(measureLoopback(clock, early.spawn, LOOPBACK_DEFAULTS)).rejects.toThrow(
    "The fetching end of the transfer ended early",
  );
});

test("a transfer that hangs is stopped when patience is over", async () => {
  const clock = new VirtualClock();
  const hung = Promise.withResolvers<undefined>();
  const spawn = () => ({ nextLine: () => hung.promise, stop: () => hung.resolve(undefined) });
  const measured = measureLoopback(clock, spawn, LOOPBACK_DEFAULTS).then(
    () => "done",
    (error: Error) => error.message,
  );
  expect(await clock.runPromise(measured, { virtualMsMax: 200_000 })).toContain("ended early");
});
