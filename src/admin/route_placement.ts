import { parseMetaId, SkerryError } from "../lib/mod.ts";
import type { Node, PlacementReport } from "../node/mod.ts";
import type { PublishRequest } from "./api.ts";
import { BadQuery } from "./query.ts";

/** As the node has them (market/placement_order.ts, hosting_terms.ts), of which this room sees the
 * types alone. */
const HOSTS_MAX = 16;
const WEEKS_MAX = 52;
const BUDGET_DIGITS_MAX = 18; // below 2^63

/** GET /v1/placement/<meta>. @throws {SkerryError} INVALID_ID if it is no id, CHUNK_NOT_FOUND if
 * nothing was ordered for it. */
export function placementOf(node: Node, text: string): PlacementReport {
  const meta = parseMetaId(text);
  const report = meta && node.placementReport(meta);
  if (report !== undefined) return report;
  const deed = `Cannot tell where ${JSON.stringify(text.slice(0, 60))} lies`;
  if (meta === undefined) {
    const rule = "it is no id: give 40 hex digits or a link of 52 characters";
    throw new SkerryError("INVALID_ID", `${deed}: ${rule}`);
  }
  const why = "no hosts were ordered for it here; skerry publish PATH --hosts N --budget B does";
  throw new SkerryError("CHUNK_NOT_FOUND", `${deed}: ${why}`);
}

/** Which hosts a publication orders, by the body of POST /v1/publish.
 * @throws {BadQuery} naming member, value and rule. */
export function hostingOf(value: unknown): PublishRequest["hosting"] {
  if (value === undefined) return undefined;
  const given = (typeof value === "object" ? value ?? {} : {}) as Record<string, unknown>;
  const { hosts, weeks, budgetCb } = given;
  const isBudget = typeof budgetCb === "string" && budgetCb.length <= BUDGET_DIGITS_MAX &&
    /^[1-9][0-9]*$/.test(budgetCb);
  if (isBetween(hosts, HOSTS_MAX) && isBetween(weeks, WEEKS_MAX) && isBudget) {
    return { hosts, weeks, budgetCb };
  }
  throw new BadQuery(
    `"hosting" must have hosts from 1 to ${HOSTS_MAX}, weeks from 1 to ${WEEKS_MAX} and budgetCb ` +
      `as text of 1 to ${BUDGET_DIGITS_MAX} digits, not ${JSON.stringify(value)}`,
  );
}

const isBetween = (value: unknown, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;
