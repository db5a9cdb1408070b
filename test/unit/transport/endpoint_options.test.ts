import { ENDPOINT_LIMITS } from "../../../src/transport/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("the limits are those of protocol.md §1", () => {
  expect(ENDPOINT_LIMITS.sessionsMax).toBe(16_384);
  expect(ENDPOINT_LIMITS.halfOpenPerKeyMax).toBe(16);
});
