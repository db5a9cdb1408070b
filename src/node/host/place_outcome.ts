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
export function reasonOf({ candidates, refusals, rankWanted, priceWanted }: PlaceOutcome): string {
  if (candidates === 0) return "the network named no other node";
  const counts = [...refusals].map(([why, count]) => `${count} ${WHY[why]}`);
  const named = `of ${candidates} nodes near ${
    counts.length > 0 ? counts.join(", ") : "all hold it"
  }`;
  const hints = [
    ...(rankWanted === undefined ? [] : [`rank ${rankWanted} (skerry id --target-rank)`]),
    ...(priceWanted === undefined ? [] : [`${priceWanted} cb for a place`]),
  ];
  return hints.length === 0 ? named : `${named}; it takes ${hints.join(" or ")}`;
}

function leastOf<T extends number | bigint>(a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}
