import { expect, test } from "../../support/harness.ts";
import { holder } from "../../support/fake_transport.ts";
import { FetchFixture } from "../../support/fetch_fixture.ts";

const KEY = new Uint8Array(20).fill(1);

test("readers of one key share a lookup while its answer is fresh", async () => {
  const base = new FetchFixture([holder(1, "serve", new Map())]);
  const set = base.holders.of(KEY);
  expect(base.holders.of(KEY.slice())).toBe(set);
  await base.settle();
  base.clock.advance(59_000);
  base.holders.of(KEY);
  expect(base.lookups.length).toBe(1);
  base.clock.advance(2_000);
  base.holders.of(KEY);
  expect(base.lookups.length).toBe(2);
});

test("an answer that held nobody is asked again after two seconds", async () => {
  const base = new FetchFixture([]);
  base.holders.of(KEY);
  await base.settle();
  base.clock.advance(1_900);
  base.holders.of(KEY);
  expect(base.holders.lookups).toBe(1);
  base.clock.advance(200);
  base.holders.of(KEY);
  expect(base.holders.lookups).toBe(2);
});
