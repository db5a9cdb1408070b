import { CachePurger } from "../../../src/cli/cache_purger.ts";
import type { LogFields } from "../../../src/ports/mod.ts";
import { VirtualClock } from "../../sim/virtual_clock.ts";
import { expect, test } from "../../support/harness.ts";
import { MemoryFiles } from "../../support/memory_files.ts";

interface Asked {
  readonly url: string;
  readonly headers: Headers;
  readonly tags: string[];
}

/** A cache that answers what `answers` says, 200 when there is no more. */
function setUp(answers: (number | Error | "never")[] = [], tokenFile?: string) {
  const clock = new VirtualClock();
  const asked: Asked[] = [];
  const log: [string, LogFields | undefined][] = [];
  const fetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
    await Promise.resolve();
    const { tags } = JSON.parse(String(init.body));
    asked.push({ url, headers: new Headers(init.headers), tags });
    const answer = answers.shift() ?? 200;
    if (answer === "never") {
      await new Promise((_, gone) => init.signal?.addEventListener("abort", gone));
    }
    if (answer instanceof Error) throw answer;
    return new Response("done", { status: Number(answer) });
  };
  const localFiles = new MemoryFiles({ "/token": "s3cret\n", "/bad": "a b" });
  const logger = {
    log: (_: string, event: string, fields?: LogFields) => void log.push([event, fields]),
  };
  const target = { url: "http://cache/purge", tokenFile };
  const purger = new CachePurger(target, { fetch, clock, localFiles }, logger);
  const settle = (ms = 0): Promise<unknown> => clock.advanceSettled(ms);
  return { purger, asked, log, settle };
}

test("tags go out once each, thirty to a request, as body and as header", async () => {
  const { purger, asked, log, settle } = setUp();
  const tags = Array.from({ length: 31 }, (_, i) => `h-${i}`);
  purger.purge([...tags, "h-0"]);
  await settle();
  expect(asked.map((one) => one.tags.length)).toEqual([30, 1]);
  expect(asked.flatMap((one) => one.tags)).toEqual(tags);
  expect(asked[1]?.headers.get("cache-tag")).toBe("h-30");
  expect(asked[0]?.headers.has("authorization")).toBe(false);
  expect(log.map(([event]) => event)).toEqual(["purged", "purged"]);
  purger.purge(["h-0"]);
  await settle();
  expect(asked.length).toBe(3);
});

test("a token is read for each request, and what is none is never sent", async () => {
  const good = setUp([], "/token");
  good.purger.purge(["a"]);
  await good.settle();
  expect(good.asked[0]?.headers.get("authorization")).toBe("Bearer s3cret");
  const bad = setUp([], "/bad");
  bad.purger.purge(["a"]);
  await bad.settle();
  expect(bad.asked).toEqual([]);
  expect(String(bad.log[0]?.[1]?.["reason"])).toContain("/bad holds no token");
  await bad.purger.stop();
});

test("a cache that does not answer is asked again, later each time, then given up", async () => {
  const { purger, asked, log, settle } = setUp([503, new Error("refused"), 302]);
  purger.purge(["a"]);
  await settle(999);
  expect(asked.length).toBe(1);
  await settle(1);
  expect(asked.length).toBe(2);
  await settle(4_000 + 16_000);
  expect([asked.length, log.at(-1)?.[0]]).toEqual([4, "purged"]);

  const dead = setUp(Array(7).fill(500));
  dead.purger.purge(["a"]);
  await dead.settle(400_000);
  expect([dead.asked.length, dead.log.at(-1)?.[0]]).toEqual([7, "purge_lost"]);
});

test("too many tags that wait are told, and the end gives up what waits", async () => {
  const { purger, asked, log, settle } = setUp(Array(7).fill(500));
  purger.purge(Array.from({ length: 100_001 }, (_, i) => `h-${i}`));
  expect(log[0]).toEqual(["purge_lost", { tags: 1, reason: "too many wait" }]);
  await settle();
  await purger.stop();
  await settle(400_000);
  expect(asked.length).toBe(1);
});

test("the end does not wait for a cache that is being told, nor for the next try", async () => {
  const { purger, asked, log, settle } = setUp(["never"]);
  purger.purge(["a"]);
  await settle();
  expect(asked.length).toBe(1);
  let isStopped = false;
  void purger.stop().then(() => isStopped = true);
  await settle();
  expect([isStopped, log]).toEqual([true, []]);
});
