import { SeededRandom } from "../../../src/lib/mod.ts";
import { createParts } from "../../../src/transport/connection_parts.ts";
import { CONNECTION_DEFAULTS, createBudgets } from "../../../src/transport/mod.ts";
import { ALL_PARTIAL_MESSAGE_BYTES_MAX } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a node's budgets have the sizes of the protocol", () => {
  const budgets = createBudgets();
  expect(budgets.receive.limitBytes).toBe(64 * 1_048_576);
  expect(budgets.partialMessages.limitBytes).toBe(ALL_PARTIAL_MESSAGE_BYTES_MAX);
});

test("parts start empty, at the base datagram size and the initial RTT", () => {
  const parts = createParts(CONNECTION_DEFAULTS, createBudgets(), 1_472, new SeededRandom(1));
  expect(parts.sent.bytesInFlight).toBe(0);
  expect(parts.mtu.datagramBytes).toBe(1_200);
  expect(parts.rtt.smoothedMs).toBe(100);
  expect(parts.congestion.windowBytes).toBe(32 * 1_200);
});
