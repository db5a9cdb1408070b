import { keyPlace, type PlaceWord } from "../../../src/dht/key_place.ts";
import type { KnownNode } from "../../../src/dht/mod.ts";
import { contactFrom, idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const KEY = idFrom("");
const NODES: readonly KnownNode[] = ["01", "02", "04", "08"].map((id) => contactFrom(id));
const first = ({ nodeId }: KnownNode) => nodeId[0] ?? 0;

function see(self: string | undefined, wanted: number, words: Record<number, PlaceWord> = {}) {
  const own = self === undefined ? undefined : idFrom(self);
  const place = keyPlace(KEY, own, NODES, wanted, (nodeId) => words[nodeId[0] ?? 0]);
  return { ...place, lacking: place.lacking.map(first) };
}

test("the nearest are to hold a key, this node among them if it is near enough", () => {
  const outside = { isInside: false, isShort: false, reach: 0x02000000 };
  expect(see("10", 2)).toEqual({ lacking: [1, 2], ...outside });
  expect(see(undefined, 2)).toEqual({ lacking: [1, 2], ...outside });
  expect(see("03", 3)).toEqual({
    lacking: [1, 2],
    isInside: true,
    isShort: false,
    reach: 0x03000000,
  });
});

test("who refuses or is silent does not count: the next one is to hold it", () => {
  const words = { 1: "out", 2: "has" } as const;
  expect(see("10", 2, words)).toEqual({
    lacking: [4],
    isInside: false,
    isShort: false,
    reach: 0x04000000,
  });
  expect(see("06", 3, words).lacking).toEqual([4]);
});

test("where there are too few, everybody is to hold it and any newcomer is welcome", () => {
  expect(see("10", 8)).toEqual({
    lacking: [1, 2, 4, 8],
    isInside: true,
    isShort: true,
    reach: 2 ** 32 - 1,
  });
  expect(see("10", 5)).toMatchObject({ isInside: true, isShort: false, reach: 0x10000000 });
  expect(see(undefined, 8)).toMatchObject({ isInside: false, isShort: true });
});
