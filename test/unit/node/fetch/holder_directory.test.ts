import { toHex } from "../../../../src/lib/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { holder } from "../../../support/fake_transport.ts";
import { FetchFixture } from "../../../support/fetch_fixture.ts";

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

test("a set in use stays and hears its connections, however many keys come after it", async () => {
  const known = holder(1, "serve", new Map());
  const base = new FetchFixture([known], (hex) => hex === toHex(KEY) ? [known] : []);
  const set = base.holders.of(KEY);
  const counts: number[] = [];
  const leave = set.subscribe(() => void counts.push(set.connected.size));
  for (let i = 0; i < 3_000; i++) base.holders.of(keyOf(i));
  expect(base.holders.size).toBe(1_024);
  await base.settle();
  expect(counts.at(-1)).toBe(1);
  expect(base.holders.of(KEY)).toBe(set);
  base.transport.close(1 as never);
  await base.settle();
  expect(counts.at(-1)).toBe(0);
  leave();
  for (let i = 0; i < 1_024; i++) base.holders.of(keyOf(i));
  expect(base.holders.of(KEY)).not.toBe(set);
});

function keyOf(i: number): Uint8Array {
  const key = new Uint8Array(20).fill(0xee);
  new DataView(key.buffer).setUint32(0, i);
  return key;
}
