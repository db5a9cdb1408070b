import { assert } from "./assert.ts";

/** Goes through items in order and begins what each takes before its turn comes, so that waits for
 * several overlap. What is begun may be a promise: whoever begins it answers for one that rejects
 * and is never looked at. @param begin called once for each item, in order.
 * @param ahead items that are begun at most when one is given out, itself included; ≥ 1. */
export function* lookAhead<Item, Begun>(
  items: readonly Item[],
  begin: (item: Item) => Begun,
  ahead: number,
): Generator<readonly [Item, Begun], void, undefined> {
  assert(Number.isInteger(ahead) && ahead >= 1, `${ahead} items ahead`);
  /** BOUNDED by `ahead`. */
  const begun: Begun[] = [];
  let next = 0;
  for (const item of items) {
    for (; next < items.length && begun.length < ahead; next++) {
      begun.push(begin(items[next] as Item));
    }
    yield [item, begun.shift() as Begun];
  }
}
