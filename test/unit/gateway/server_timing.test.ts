import { serverTiming } from "../../../src/gateway/server_timing.ts";
import { expect, test } from "../../support/harness.ts";

test("only what was measured is told", () => {
  expect(serverTiming({ source: "local" }, undefined)).toBe('cache;desc="hit"');
  expect(serverTiming({ source: "local" }, 2)).toBe('fetch;dur=2.0, cache;desc="hit"');
  expect(serverTiming({ source: "peer", verifyMs: 0.72 }, 2)).toBe(
    'fetch;dur=2.0, verify;dur=0.7, cache;desc="miss"',
  );
  const peer = { source: "peer", lookupMs: 12.34, lookupRounds: 3, holders: 2 } as const;
  expect(serverTiming(peer, 5)).toBe(
    'lookup;dur=12.3;desc="3 rounds", fetch;dur=5.0;desc="2 holders", cache;desc="miss"',
  );
});
