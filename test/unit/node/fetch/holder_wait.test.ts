import { HolderWait } from "../../../../src/node/fetch/holder_wait.ts";
import type { ConnectionHandle } from "../../../../src/transport/mod.ts";
import { holder } from "../../../support/fake_transport.ts";
import { FetchFixture } from "../../../support/fetch_fixture.ts";
import { describe, expect, test } from "../../../support/harness.ts";

const KEY = new Uint8Array(20).fill(1);
const NONE = new Map<string, Uint8Array>();

describe("HolderWait", () => {
  test("gives every holder once, as they are reached, and then none", async () => {
    const base = new FetchFixture([1, 2, 3].map((name) => holder(name, "serve", NONE)));
    const tried = new Set([2 as ConnectionHandle]);
    const wait = new HolderWait(base.holders.of(KEY), new AbortController().signal, tried);
    const taken: (number | undefined)[] = [];
    expect(wait.hasMore).toBe(true);
    for (let i = 0; i < 3; i++) {
      const next = wait.next();
      await base.settle();
      taken.push(await next);
    }
    expect(taken).toEqual([1, 3, undefined]);
    expect(wait.hasMore).toBe(false);
    wait.close();
    expect(base.holders.of(KEY).isInUse).toBe(false);
  });

  test("who was put off comes again, one at a time, once nobody else is reached", async () => {
    const base = new FetchFixture([1, 2, 3].map((name) => holder(name, "serve", NONE)));
    const tried = new Set<ConnectionHandle>();
    const wait = new HolderWait(base.holders.of(KEY), new AbortController().signal, tried);
    await base.settle();
    const taken: (number | undefined)[] = [];
    for (let i = 0; i < 5; i++) {
      const next = await wait.next();
      taken.push(next);
      if (next === 1 && i === 0 || next === 2 && i === 1) wait.putOff(next);
      if (i === 3) expect([wait.hasReached, wait.hasMore]).toEqual([false, false]);
    }
    expect(taken).toEqual([1, 2, 3, 1, 2]);
    expect(await wait.next()).toBeUndefined();
    wait.putOff(3 as ConnectionHandle);
    wait.close();
    expect(tried.has(3 as ConnectionHandle)).toBe(false); // another set may give it again
  });

  test("an abort ends the wait with its reason", async () => {
    const base = new FetchFixture([holder(1, "serve", NONE)]);
    const stop = new AbortController();
    const set = base.holders.of(KEY);
    const wait = new HolderWait(set, stop.signal, new Set());
    const next = wait.next();
    stop.abort(new Error("left"));
    await expect(next).rejects.toThrow("left");
    expect(set.isInUse).toBe(true);
    wait.close();
    expect(set.isInUse).toBe(false);
  });
});
