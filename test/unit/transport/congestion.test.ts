import { INITIAL_WINDOW_PACKETS, MIN_WINDOW_PACKETS } from "../../../src/transport/congestion.ts";
import { expect, test } from "../../support/harness.ts";

test("a first flight is 32 packets, and a window never fewer than 4 (protocol.md §2.1)", () => {
  expect([INITIAL_WINDOW_PACKETS, MIN_WINDOW_PACKETS]).toEqual([32, 4]);
});
