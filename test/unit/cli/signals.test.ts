import { interruptible } from "../../../src/cli/signals.ts";
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
