import type { Instant } from "../../../src/lib/mod.ts";
import { CONNECTION_DEFAULTS } from "../../../src/transport/config.ts";
import { Liveness } from "../../../src/transport/liveness.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;
const { idleTimeoutMs, lostTimeoutMs, keepAliveMs } = CONNECTION_DEFAULTS;

test("mutual silence counts from the last packet heard and means idle", () => {
  const liveness = new Liveness(CONNECTION_DEFAULTS, at(5));
  expect([liveness.deadline(0), liveness.reason]).toEqual([at(5 + idleTimeoutMs), "idle"]);
  liveness.onHeard(at(100));
  expect(liveness.deadline(9)).toBe(at(100 + idleTimeoutMs));
});

test("unanswered packets count from the first of them, and few probes are no sign of loss", () => {
  const liveness = new Liveness(CONNECTION_DEFAULTS, at(0));
  liveness.onElicitingSent(at(100));
  liveness.onElicitingSent(at(200));
  expect([liveness.deadline(5), liveness.reason]).toEqual([at(100 + idleTimeoutMs), "lost"]);
  expect(liveness.deadline(6)).toBe(at(100 + lostTimeoutMs));
  liveness.onHeard(at(300));
  expect([liveness.deadline(6), liveness.reason]).toEqual([at(300 + idleTimeoutMs), "idle"]);
});

test("a PING is due after silence in both directions", () => {
  const liveness = new Liveness(CONNECTION_DEFAULTS, at(10));
  expect(liveness.keepAliveAt(undefined)).toBe(at(10 + keepAliveMs));
  expect(liveness.keepAliveAt(at(50))).toBe(at(50 + keepAliveMs));
  liveness.onHeard(at(70));
  expect(liveness.keepAliveAt(at(50))).toBe(at(70 + keepAliveMs));
});
