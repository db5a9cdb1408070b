import fc from "fast-check";
import { RecentMax } from "../../../src/transport/recent_max.ts";
import { expect, test } from "../../support/harness.ts";

test("RecentMax is the largest of the values since the last `spans` advances", () => {
  const step = fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.constant("advance"));
  fc.assert(fc.property(fc.integer({ min: 1, max: 12 }), fc.array(step), (spans, steps) => {
    const recent = new RecentMax(spans);
    let model: number[][] = [[]];
    for (const each of steps) {
      if (typeof each === "number") {
        recent.update(each);
        model.at(-1)?.push(each);
      } else {
        recent.advance();
        model = [...model, []].slice(-spans);
      }
      expect(recent.value).toBe(Math.max(0, ...model.flat()));
    }
    recent.clear();
    expect(recent.value).toBe(0);
  }));
});
