import { lookAhead } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("items come in order, each begun once and so many ahead of its turn", () => {
  const begun: number[] = [];
  const turns: [number, string, number][] = [];
  const begin = (item: number) => {
    begun.push(item);
    return `work ${item}`;
  };
  for (const [item, work] of lookAhead([1, 2, 3, 4, 5], begin, 3)) {
    turns.push([item, work, begun.length]);
  }
  expect(turns).toEqual([
    [1, "work 1", 3],
    [2, "work 2", 4],
    [3, "work 3", 5],
    [4, "work 4", 5],
    [5, "work 5", 5],
  ]);
  expect(begun).toEqual([1, 2, 3, 4, 5]);
});

test("one ahead is one after the other; whoever stops begins no more; nothing is nothing", () => {
  const begun: number[] = [];
  for (const [item] of lookAhead([1, 2, 3], (item) => begun.push(item), 1)) {
    expect(begun.length).toBe(item);
    if (item === 2) break;
  }
  expect(begun).toEqual([1, 2]);
  expect([...lookAhead([], () => 0, 8)]).toEqual([]);
});
