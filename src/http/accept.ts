/** What of several media types an Accept field asks for (RFC 9110 §12.5.1). */

/** How much a type is wanted. */
export interface Wanted {
  /** 0 = not acceptable, 1 = most. */
  readonly weight: number;
  /** By what it was named: 2 its own name, 1 its first half, 0 any type, or not at all. */
  readonly exactness: 0 | 1 | 2;
  /** Place of that in the field, from 0. */
  readonly place: number;
}

interface MediaRange {
  readonly type: string;
  readonly weight: number;
}

/** Browsers name about ten types; what is behind this many is not read. */
const RANGES_MAX = 32;
const UNNAMED: Wanted = { weight: 0, exactness: 0, place: RANGES_MAX };
const NO_FIELD: Wanted = { weight: 1, exactness: 0, place: 0 };

/** How much each type is wanted, by the most exact of the ranges that name it. A field that is
 * absent or empty wants all alike. Parameters besides q are left out of account: nothing here comes
 * in two kinds that differ by one.
 * @returns a function that takes a type in lower case. */
export function wantedBy(accept: string | undefined): (type: string) => Wanted {
  if ((accept ?? "").trim() === "") return () => NO_FIELD;
  const ranges = readRanges(accept ?? "");
  return (type) => {
    let found = UNNAMED;
    for (const [place, range] of ranges.entries()) {
      const exactness = exactnessOf(range.type, type);
      if (exactness === undefined) continue;
      if (found !== UNNAMED && exactness <= found.exactness) continue;
      found = { weight: range.weight, exactness, place };
    }
    return found;
  };
}

/** The one of `offers` that is wanted most: by weight, then by how exactly it is named, then by who
 * is named first. Among equals the first of the offers.
 * @returns undefined if none is acceptable. */
export function mostWanted<T extends string>(
  accept: string | undefined,
  offers: readonly T[],
): T | undefined {
  const wantedOf = wantedBy(accept);
  let best: { readonly offer: T; readonly wanted: Wanted } | undefined;
  for (const offer of offers) {
    const wanted = wantedOf(offer);
    const isBetter = wanted.weight > 0 && (best === undefined || compare(wanted, best.wanted) > 0);
    if (isBetter) best = { offer, wanted };
  }
  return best?.offer;
}

/** The type or range that the field itself puts first: by weight, then by who is named first.
 * @returns undefined if it names none that is acceptable. */
export function firstNamed(accept: string | undefined): string | undefined {
  let best: MediaRange | undefined;
  for (const range of readRanges(accept ?? "")) {
    if (range.weight > (best?.weight ?? 0)) best = range;
  }
  return best?.type;
}

function compare(a: Wanted, b: Wanted): number {
  return a.weight - b.weight || a.exactness - b.exactness || b.place - a.place;
}

function exactnessOf(range: string, type: string): Wanted["exactness"] | undefined {
  if (range === type) return 2;
  if (range === "*/*") return 0;
  return range.endsWith("/*") && type.startsWith(range.slice(0, -1)) ? 1 : undefined;
}

/** What is no range, or has a weight that is none, is passed over. */
function readRanges(accept: string): readonly MediaRange[] {
  const ranges: MediaRange[] = [];
  for (const item of accept.split(",", RANGES_MAX)) {
    const [type = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    const weight = weightOf(parameters.find((one) => one.startsWith("q="))?.slice(2) ?? "1");
    if (type !== "" && weight !== undefined) ranges.push({ type, weight });
  }
  return ranges;
}

/** RFC 9110 §12.4.2: at most three digits behind the point. */
function weightOf(text: string): number | undefined {
  return /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : undefined;
}
