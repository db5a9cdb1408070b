import { CONNECTION_DEFAULTS, RECEIVE_BUDGET_BYTES } from "../../../src/transport/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("the defaults agree with one another", () => {
  const { keepAliveMs, lostTimeoutMs, idleTimeoutMs } = CONNECTION_DEFAULTS;
  expect(keepAliveMs).toBeLessThan(lostTimeoutMs);
  expect(lostTimeoutMs).toBeLessThan(idleTimeoutMs);
  expect(CONNECTION_DEFAULTS.congestionWindowBytesMax).toBeLessThanOrEqual(RECEIVE_BUDGET_BYTES);
  expect(Object.isFrozen(CONNECTION_DEFAULTS)).toBe(true);
});
