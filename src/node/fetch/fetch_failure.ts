import { counted, type SkerryErrorCode } from "../../lib/mod.ts";
import type { HolderSet } from "../peers/holder_set.ts";
import { beyondCredit } from "../trade/purse.ts";

/** Why a chunk cannot be had of anybody whom these sets know.
 * @param withoutCredit holders that give no credit, or ask more than this node pays.
 * @param ranksAsked what those ask for that refuse this node's rank. */
export function failureOf(
  sets: readonly Pick<HolderSet, "found" | "outcome">[],
  withoutCredit: number,
  ranksAsked: readonly number[] = [],
): { readonly code: SkerryErrorCode; readonly why: string } {
  const found = sets.reduce((sum, set) => sum + set.found, 0);
  if (found > 0 && withoutCredit > 0) {
    return { code: "CREDIT_LIMIT_REACHED", why: beyondCredit(found, withoutCredit, ranksAsked) };
  }
  if (found > 0) {
    return { code: "HOLDERS_FAILED", why: undelivered(found) };
  }
  const refusal = sets.find((set) => set.outcome?.refusal !== undefined)?.outcome?.refusal;
  if (refusal !== undefined) return { code: refusal.code, why: refusal.message };
  if (sets.some((set) => (set.outcome?.answered ?? 0) > 0)) {
    return { code: "CHUNK_NOT_FOUND", why: "the lookup converged and nobody has it" };
  }
  return { code: "NO_PEERS", why: "no other node answers" };
}

/** Those who have it, so many, did not send it. */
export const undelivered = (found: number): string =>
  `${counted(found, "holder")} found, none delivered it`;
