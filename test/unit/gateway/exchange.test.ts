import { createExchange } from "../../../src/gateway/exchange.ts";
import { DEFAULT_OPTIONS } from "../../../src/gateway/options.ts";
import { expect, test } from "../../support/harness.ts";

const make = (headers: Record<string, string> = {}, isSpent = false, firstByteMs = 1000) =>
  createExchange(
    new Request("http://h/file/a%20b?x=1", { headers }),
    "h",
    "client",
    { ...DEFAULT_OPTIONS, firstByteMs },
    isSpent,
  );

test("path and query stay as they came", () => {
  const exchange = make();
  expect([exchange.path, exchange.search]).toEqual(["/file/a%20b", "?x=1"]);
  expect(exchange.header("x-none")).toBeUndefined();
});

test("a lookup gets what is left of the time, a stream the whole for each piece", () => {
  const exchange = make();
  expect(exchange.lookup().timeoutMs).toBeLessThanOrEqual(1000);
  expect(exchange.lookup().timeoutMs).toBeGreaterThan(500);
  expect(exchange.stream(new AbortController().signal).timeoutMs).toBe(1000);
  expect(make({}, false, 0).leftMs()).toBe(1);
});

test("what was tried in vain before takes from the time of a request", () => {
  const request = new Request("http://h/");
  const startedAt = performance.now() - 600;
  const options = { ...DEFAULT_OPTIONS, firstByteMs: 1000 };
  const exchange = createExchange(request, "h", "client", options, false, { startedAt });
  expect(exchange.leftMs()).toBeLessThanOrEqual(400);
});

test("only-if-cached and a spent budget keep a request at home", () => {
  expect(make().lookup().localOnly).toBe(false);
  expect(make({ "cache-control": "no-cache, only-if-cached" }).isLocalOnly).toBe(true);
  expect(make({ "cache-control": "only-if-cached-not" }).isLocalOnly).toBe(false);
  const spent = make({}, true);
  expect([spent.isLocalOnly, spent.lookup().localOnly]).toEqual([false, true]);
});
