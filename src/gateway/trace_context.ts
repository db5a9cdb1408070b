import { toHex } from "../lib/mod.ts";

/** Where a request stands in its client's trace (W3C Trace Context). */
export interface TraceSpan {
  readonly traceId: string;
  /** The client's span. */
  readonly parentId: string;
  /** This gateway's. */
  readonly spanId: string;
  /** The client records this trace, so it is worth a line in the log. */
  readonly isSampled: boolean;
}

/** A request whose client traces it, for the log. */
export interface TracedRequest extends TraceSpan {
  readonly client: string;
  readonly route: string;
  readonly status: number;
  /** To the first byte, ms. */
  readonly firstByteMs: number;
  /** Until it had left, ms, and the bytes of its body that had. */
  readonly totalMs: number;
  readonly sentBytes: number;
}

/** Reads a `traceparent`; undefined for none, and for what a reader must ignore: another version's
 * with more behind it is read as far as this one goes. @param spanBytes 8 random bytes. */
export function spanOf(header: string | undefined, spanBytes: Uint8Array): TraceSpan | undefined {
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(
    header ?? "",
  );
  const [, version = "", traceId = "", parentId = "", flags = "", more] = match ?? [];
  if (match === null || version === "ff" || (version === "00" && more !== undefined)) {
    return undefined;
  }
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  const isSampled = (parseInt(flags, 16) & 1) === 1;
  return { traceId, parentId, spanId: toHex(spanBytes), isSampled };
}

/** The `traceparent` of an answer: the client's trace, and this gateway's span in it. */
export function traceparentOf({ traceId, spanId, isSampled }: TraceSpan): string {
  return `00-${traceId}-${spanId}-0${isSampled ? 1 : 0}`;
}
