import {
  bitsOutsideRegion,
  isInRegion,
  regionBits,
  storersOf,
  surroundings,
} from "../../../src/dht/region.ts";
import { contactFrom, contextFor, idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

/** 32 neighbours that share 14 bits with us and more: of 2^16 nodes, about. */
function crowded() {
  const context = contextFor();
  for (let i = 0; i < 16; i++) {
    context.table.offer(contactFrom(`000${(0x10 + i).toString(16)}`.padEnd(6, "8")));
    context.table.offer(contactFrom(`0002${i.toString(16)}`));
  }
  return context;
}

test("with few nodes everybody is near everything", () => {
  const context = contextFor();
  expect(regionBits(context)).toBe(0);
  expect(isInRegion(context, idFrom("ff"))).toBe(true);
});

test("with many nodes only keys that share our first bits are ours", () => {
  const context = crowded();
  const bits = regionBits(context);
  expect(bits).toBeGreaterThanOrEqual(10);
  const sharing = (count: number) => {
    const id = new Uint8Array(20);
    id[count >> 3] = 0x80 >> (count & 7);
    return id;
  };
  expect(isInRegion(context, sharing(bits))).toBe(true);
  expect(isInRegion(context, sharing(bits - 2))).toBe(true);
  expect(isInRegion(context, sharing(bits - 3))).toBe(false);
  expect([0, -2, -3, -7].map((more) => bitsOutsideRegion(context, sharing(bits + more))))
    .toEqual([0, 0, 1, 5]);
});

test("the last of so many nodes is expected at most twice as far as if spread evenly", () => {
  const context = crowded();
  const { estimate } = context.size;
  expect(surroundings(context, 16).reach / 2 ** 32).toBeCloseTo(2 * 16 / estimate);
  expect(surroundings(context, 32).reach / 2 ** 32).toBeCloseTo(2 * 32 / estimate);
});

test("a key is stored at its k nearest nodes, and in a crowd at honest ones too", () => {
  const context = crowded();
  const key = idFrom("8000");
  const bits = surroundings(context, 16).coreBits;
  const node = (shared: number) => {
    const nodeId = new Uint8Array(key);
    nodeId[shared >> 3] = (nodeId[shared >> 3] ?? 0) ^ 0x80 >> (shared & 7);
    return { nodeId };
  };
  const spread = Array.from({ length: 40 }, () => node(bits - 1));
  expect(storersOf(context, key, spread)).toHaveLength(16);
  const crowd = Array.from({ length: 16 }, () => node(bits + 5));
  expect(storersOf(context, key, [...crowd, ...spread])).toHaveLength(16 + 4);
  expect(storersOf(context, key, Array.from({ length: 90 }, () => node(bits)))).toHaveLength(64);
  expect(storersOf(context, key, spread.slice(0, 3))).toHaveLength(3);
});
