import { describe, expect, test } from "../../../support/harness.ts";
import { holder } from "../../../support/fake_transport.ts";
import { FetchFixture } from "../../../support/fetch_fixture.ts";

const KEY = new Uint8Array(20).fill(1);
const NONE = new Map<string, Uint8Array>();

describe("HolderSet", () => {
  test("dials at most eight at once and replaces those that fail", async () => {
    const known = Array.from(
      { length: 12 },
      (_, i) => holder(i + 1, i < 4 ? "unreachable" : "serve", NONE),
    );
    const base = new FetchFixture(known);
    const set = base.holders.of(KEY);
    await base.settle();
    expect(set.found).toBe(12);
    expect([...set.connected].map(Number).sort((a, b) => a - b)).toEqual([
      5,
      6,
      7,
      8,
      9,
      10,
      11,
      12,
    ]);
    expect(set.isSettled).toBe(true);
    expect(set.reports().filter(({ result }) => result === "failed").length).toBe(4);
  });

  test("dials that stay unanswered do not keep others from being tried", async () => {
    const known = Array.from({ length: 40 }, (_, i) => holder(i + 1, "mute", NONE));
    const base = new FetchFixture([...known, holder(41, "serve", NONE)]);
    const set = base.holders.of(KEY);
    const stop = set.subscribe(() => {});
    await base.settle();
    const dialled = (): number => set.reports().filter(({ connection }) => connection).length;
    const seen = [dialled()];
    for (let i = 0; i < 4; i++) {
      base.clock.advance(600);
      seen.push(dialled());
    }
    expect(seen).toEqual([8, 16, 24, 24, 24]);
    expect(set.isSettled).toBe(false);
    stop();
  });

  test("one that answers late after all is a holder; nobody is dialled for nobody", async () => {
    const known = Array.from({ length: 9 }, (_, i) => holder(i + 1, "mute", NONE));
    const base = new FetchFixture(known);
    const set = base.holders.of(KEY);
    await base.settle();
    base.clock.advance(600);
    expect(set.reports().filter(({ connection }) => connection).length).toBe(8);
    base.transport.letMuteOnesAnswer();
    await base.settle();
    expect(set.connected.size).toBe(8);
  });

  test("a dropped holder makes room for a candidate and does not come back", async () => {
    const known = Array.from({ length: 9 }, (_, i) => holder(i + 1, "serve", NONE));
    const base = new FetchFixture(known);
    const set = base.holders.of(KEY);
    await base.settle();
    const first = [...set.connected][0];
    if (first !== undefined) set.drop(first);
    set.add(known[0] ?? holder(1, "serve", NONE));
    await base.settle();
    expect(set.connected.size).toBe(8);
    expect(set.connected.has(1 as never)).toBe(false);
  });

  test("a new lookup gives a dropped holder another chance", async () => {
    const base = new FetchFixture([holder(1, "serve", NONE)]);
    const set = base.holders.of(KEY);
    await base.settle();
    for (const connection of set.connected) set.drop(connection);
    expect(set.connected.size).toBe(0);
    base.clock.advance(2_000);
    base.holders.of(KEY);
    await base.settle();
    expect(set.found).toBe(1);
    expect(set.reports().map(({ result }) => result)).not.toContain("dropped");
  });

  test("a holder put beside stays connected and makes room for a candidate", async () => {
    const known = Array.from({ length: 9 }, (_, i) => holder(i + 1, "serve", NONE));
    const base = new FetchFixture(known);
    const set = base.holders.of(KEY);
    await base.settle();
    expect(set.connected.size).toBe(8);
    set.putBeside(1 as never);
    set.putBeside(1 as never);
    await base.settle();
    expect(set.connected.size).toBe(9);
    base.transport.close(1 as never);
    await base.settle();
    expect(set.connected.size).toBe(8);
  });

  test("not settled while the lookup runs, and a failing lookup settles empty", async () => {
    const base = new FetchFixture([]);
    const set = base.holders.of(KEY);
    expect(set.isSettled).toBe(false);
    await base.settle();
    expect(set.isSettled).toBe(true);
    await set.look(() => Promise.reject(new Error("boom")));
    expect(set.isSettled).toBe(true);
    expect(set.outcome?.isConverged).toBe(false);
  });
});
