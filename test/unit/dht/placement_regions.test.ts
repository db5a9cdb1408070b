import { compareDistance } from "../../../src/dht/mod.ts";
import { PlacementRegions } from "../../../src/dht/placement_regions.ts";
import { SeededRandom } from "../../../src/lib/mod.ts";
import { at, contactFrom, idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const random = new SeededRandom(3);
const WORLD = Array.from({ length: 400 }, () => {
  return contactFrom(random.u32().toString(16).padStart(8, "0"));
});
const nearest = (key: Uint8Array, count: number) =>
  WORLD.toSorted((a, b) => compareDistance(key, a.nodeId, b.nodeId)).slice(0, count);

test("a lookup serves the keys around its target, and tells their true neighbours", () => {
  const regions = new PlacementRegions();
  const target = idFrom("40");
  regions.add(target, nearest(target, 16), at(0));
  let served = 0;
  for (let i = 0; i < 2_000; i++) {
    const key = idFrom(random.u32().toString(16).padStart(8, "0"));
    const found = regions.nearest(key, at(1));
    if (found === undefined) continue;
    served++;
    expect(found.slice(0, 2)).toEqual(nearest(key, 2));
  }
  expect(served > 10 && served < 200).toBe(true); // some 1 / 32 of them
  expect(regions.nearest(idFrom("c0"), at(1))).toBeUndefined();
});

test("fewer than sixteen nodes are all there are; what was found is not believed for ever", () => {
  const regions = new PlacementRegions();
  regions.add(idFrom("40"), nearest(idFrom("40"), 3), at(0));
  expect(regions.nearest(idFrom("c0"), at(599_999))).toHaveLength(3);
  expect(regions.nearest(idFrom("c0"), at(600_000))).toBeUndefined();
});
