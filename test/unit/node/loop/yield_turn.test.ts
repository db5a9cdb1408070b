import { yieldTurn } from "../../../../src/node/loop/yield_turn.ts";
import { expect, test } from "../../../support/harness.ts";

test("yieldTurn() lets timers run", async () => {
  let fired = false;
  setTimeout(() => {
    fired = true;
  }, 0);
  const started = performance.now();
  while (!fired && performance.now() - started < 1_000) await yieldTurn();
  expect(fired).toBe(true);
});
