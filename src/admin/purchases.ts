import { BoundedMap } from "../lib/mod.ts";
import type { Node, Purchase } from "../node/mod.ts";
import type { AdminPurchase } from "./api.ts";
import { BadQuery, integerOf } from "./query.ts";

/** Purchases at hand, each of one command; the one that rested longest gives way. */
const PURCHASES_MAX = 256;
const DEADLINE_MS_MAX = 30 * 86_400_000;
const NAME = /^[0-9a-z-]{8,64}$/;

/** Purchases that go on over several requests, by the names that their buyers gave them. */
export class Purchases {
  /** BOUNDED by PURCHASES_MAX. */
  readonly #byName = new BoundedMap<string, Purchase>(PURCHASES_MAX);

  /** What ?purchase= names; the first request with a name begins it, with ?budget= (credit bytes)
   * and ?deadlineMs=. Without a name these two are for the one request.
   * @returns undefined where the query has none of the three. @throws {BadQuery} */
  of(query: URLSearchParams, node: Pick<Node, "openPurchase">): Purchase | undefined {
    const name = query.get("purchase") ?? undefined;
    if (name !== undefined && !NAME.test(name)) {
      const rule = "8 to 64 lower-case letters, digits and -";
      throw new BadQuery(`?purchase= takes ${rule}, not ${JSON.stringify(name.slice(0, 80))}`);
    }
    const known = name === undefined ? undefined : this.#byName.touch(name);
    if (known !== undefined) return known;
    const budgetCb = numberOf(query, "budget", Number.MAX_SAFE_INTEGER);
    const deadlineMs = numberOf(query, "deadlineMs", DEADLINE_MS_MAX);
    if (name === undefined && budgetCb === undefined && deadlineMs === undefined) return undefined;
    const purchase = node.openPurchase(budgetCb, deadlineMs);
    if (name !== undefined) this.#byName.set(name, purchase);
    return purchase;
  }

  /** What it has cost so far; undefined if there is none of that name. */
  report(name: string): AdminPurchase | undefined {
    const spending = this.#byName.get(name)?.spending;
    if (spending === undefined) return undefined;
    const { budgetCb, hasBudget, spentCb, reservedCb } = spending;
    const holders = spending.holders().map((holder) => ({ ...holder }));
    return { ...(hasBudget && { budgetCb }), spentCb, reservedCb, holders };
  }
}

function numberOf(query: URLSearchParams, name: string, max: number): number | undefined {
  const value = integerOf(query, name, { min: 0, max, otherwise: -1 });
  return value < 0 ? undefined : value;
}
