import { after, type Instant } from "../../../src/lib/mod.ts";
import { HolderPace } from "../../../src/node/holder_pace.ts";
import type { ConnectionHandle } from "../../../src/transport/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a holder that stalled is left aside until it delivers or ten seconds have passed", () => {
  const pace = new HolderPace();
  const one = 1 as ConnectionHandle, now = 1_000 as Instant;
  expect(pace.isAside(one, now)).toBe(false);
  pace.stalled(one, now);
  expect(pace.isAside(one, after(now, 9_999))).toBe(true);
  expect(pace.isAside(one, after(now, 10_000))).toBe(false);
  pace.delivered(one);
  expect(pace.isAside(one, now)).toBe(false);
});
