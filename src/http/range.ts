/** Bytes [start, end) of something. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export type RangeAnswer =
  /** No Range, or one that this server ignores: answer 200. */
  | { readonly kind: "whole" }
  /** Well-formed, but none of it lies inside: answer 416. */
  | { readonly kind: "unsatisfiable" }
  /** Answer 206; more than one as multipart/byteranges. In the order asked for, none touching. */
  | { readonly kind: "ranges"; readonly ranges: readonly [ByteRange, ...ByteRange[]] };

/** A header with more ranges than this is ignored (gateway.md §3): reading it is all the work that
 * a stranger gets for such a line. */
export const RANGES_ASKED_MAX = 64;
/** More parts than this, after joining those that touch, are answered with the whole. */
export const RANGES_SENT_MAX = 8;

const WHOLE: RangeAnswer = { kind: "whole" };

/** Both are anchored at the start: to look for spaces before an end anywhere takes the square of
 * their number, a tenth of a second for a field as long as a head may be. */
const EMPTY = /^[ \t]*$/;
const SPEC = /^[ \t]*([0-9]*)-([0-9]*)[ \t]*$/;

/** Reads a Range header (RFC 9110 §14.2) for a representation of `size` bytes. Any unit but `bytes`
 * and any malformed list is ignored as a whole, as the RFC asks. */
export function parseRange(header: string | undefined, size: number): RangeAnswer {
  const list = /^bytes=(.*)$/i.exec(header ?? "")?.[1];
  if (list === undefined) return WHOLE;
  const items = list.split(",", RANGES_ASKED_MAX + 1);
  if (items.length > RANGES_ASKED_MAX) return WHOLE;
  const ranges: ByteRange[] = [];
  let specs = 0;
  for (const item of items) {
    if (EMPTY.test(item)) continue; // RFC 9110 §5.6.1: a list may hold empty elements
    const range = parseSpec(item, size);
    if (range === "malformed") return WHOLE;
    specs++;
    if (range !== undefined) ranges.push(range);
  }
  if (specs === 0) return WHOLE;
  // Content-Range has no words for a part of nothing, and a cache that fetches in slices asks for
  // the first of every file: a 416 would become its answer to the reader.
  if (size === 0) return WHOLE;
  const [first, ...rest] = joinTouching(ranges);
  if (first === undefined) return { kind: "unsatisfiable" };
  if (rest.length >= RANGES_SENT_MAX) return WHOLE;
  return { kind: "ranges", ranges: [first, ...rest] };
}

/** One `a-b`, `a-` or `-n`; undefined if it lies outside. */
function parseSpec(text: string, size: number): ByteRange | undefined | "malformed" {
  const match = SPEC.exec(text);
  const from = match?.[1] ?? "";
  const to = match?.[2] ?? "";
  if (match === null || (from === "" && to === "")) return "malformed";
  if (from === "") {
    const start = Math.max(0, size - Number(to));
    return start < size ? { start, end: size } : undefined;
  }
  const start = Number(from);
  if (to !== "" && Number(to) < start) return "malformed";
  const end = to === "" ? size : Math.min(size, Number(to) + 1);
  return start < size ? { start, end } : undefined;
}

/** Joins ranges that overlap or touch; each group stands where its first member stood. */
function joinTouching(ranges: readonly ByteRange[]): ByteRange[] {
  const byStart = ranges.map((range, order) => ({ ...range, order }))
    .sort((a, b) => a.start - b.start);
  const groups: { start: number; end: number; order: number }[] = [];
  for (const range of byStart) {
    const last = groups.at(-1);
    if (last !== undefined && range.start <= last.end) {
      last.end = Math.max(last.end, range.end);
      last.order = Math.min(last.order, range.order);
    } else {
      groups.push({ ...range });
    }
  }
  return groups.sort((a, b) => a.order - b.order).map(({ start, end }) => ({ start, end }));
}

/** Content-Range of a 206: `bytes 6-16/31`. */
export function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.start}-${range.end - 1}/${size}`;
}

/** Content-Range of a 416. */
export function unsatisfiedRange(size: number): string {
  return `bytes */${size}`;
}
