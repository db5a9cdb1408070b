import { counted } from "../../lib/mod.ts";

/** Why a host was not taken. */
export type PlaceRefusal =
  | "rank"
  | "budget"
  | "credit"
  | "full"
  | "refused"
  | "failed"
  | "silent";

/** What came of looking for hosts: how many were refused for which reason. */
export interface PlaceOutcome {
  placed: number;
  readonly refusals: Map<PlaceRefusal, number>;
  /** The least rank that would have been enough for the easiest of those who refused for it. */
  rankWanted: number | undefined;
  /** The least price that was beyond the budget. */
  priceWanted: bigint | undefined;
  /** Nodes that the network named. */
  candidates: number;
}

/** What an order has still to pay, beside what it has for that. */
export interface PlacesToPay {
  /** Places that are lacking or due. */
  readonly places: number;
  /** All that were ordered: so many objects at so many hosts each. */
  readonly objects: number;
  readonly hosts: number;
  readonly leftCb: bigint;
  /** The most that one of these places may cost. */
  readonly shareCb: bigint;
}

/** Nothing has been looked for yet. */
export function noOutcome(): PlaceOutcome {
  const none = { rankWanted: undefined, priceWanted: undefined };
  return { placed: 0, refusals: new Map(), candidates: 0, ...none };
}

const WHY: Readonly<Record<PlaceRefusal, string>> = {
  rank: "their rank is not below this node's",
  budget: "beyond the budget",
  credit: "beyond this node's credit there",
  full: "have no room",
  refused: "refuse it",
  failed: "could not pull it",
  silent: "do not answer",
};

/** Adds what came of one object to what came of others. */
export function addOutcome(to: PlaceOutcome, from: PlaceOutcome): void {
  to.placed += from.placed;
  to.candidates = Math.max(to.candidates, from.candidates);
  for (const [why, count] of from.refusals) {
    to.refusals.set(why, Math.max(count, to.refusals.get(why) ?? 0));
  }
  to.rankWanted = leastOf(to.rankWanted, from.rankWanted);
  to.priceWanted = leastOf(to.priceWanted, from.priceWanted);
}

/** Why not enough hosts were found, and what helps: one sentence without an end. */
export function reasonOf(
  { candidates, refusals, rankWanted, priceWanted }: PlaceOutcome,
  toPay: PlacesToPay,
): string {
  if (candidates === 0) return "the network named no other node";
  const counts = [...refusals].map(([why, count]) => `${count} ${WHY[why]}`);
  const named = `of ${candidates} nodes near ${
    counts.length > 0 ? counts.join(", ") : "all hold it"
  }`;
  const hints = [
    ...(rankWanted === undefined ? [] : [`rank ${rankWanted} (skerry id --target-rank)`]),
    ...(priceWanted === undefined ? [] : [priceHint(priceWanted, toPay)]),
  ];
  return hints.length === 0 ? named : `${named}; it takes ${hints.join(" or ")}`;
}

/** A price may well be within the budget and beyond what each of many places may have of it. */
function priceHint(
  priceCb: bigint,
  { places, objects, hosts, leftCb, shareCb }: PlacesToPay,
): string {
  const price = `${priceCb} cb for a place`;
  if (places <= 1) return `${price}, of ${leftCb} cb left`;
  const all = `${priceCb * BigInt(places)} cb for all ${places}`;
  const each = `of ${counted(objects, "object")} at ${counted(hosts, "host")} each`;
  return `${price}, ${all} still to pay (${each}), of ${leftCb} cb left, ${shareCb} cb for each`;
}

function leastOf<T extends number | bigint>(a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}
