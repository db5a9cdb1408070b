import { FRAME } from "./frame_type.ts";
import { readU16, readU48, writeU16, writeU48 } from "./integers.ts";
import { layout } from "./layout.ts";
import { ACK_RANGES_MAX } from "./limits.ts";
import { readVarint, varintBytes, varintBytesAt, writeVarint } from "./varint.ts";

/** ACK, as RFC 9000 §19.3: the first range's length and `rangeCount` pairs (gap, length) follow
 * the head as varints. Not ack-eliciting. */
export const ACK_FRAME = layout({ type: "u8", largest: "u48", delay: "u16", rangeCount: "u8" });
/** One unit of the delay field. */
export const ACK_DELAY_UNIT_MS = 0.008;
/** The largest delay that can be told: longer ones are cut to it. */
export const ACK_DELAY_MS_MAX = 0xffff * ACK_DELAY_UNIT_MS;

/** The ranges of one ACK, newest first: [first[i], last[i]] inclusive, descending, with a gap of at
 * least one packet between neighbours. Reused, so that no ACK makes garbage. */
export class AckRanges {
  first: Float64Array;
  last: Float64Array;
  count = 0;
  delayMs = 0;

  /** @param capacity ranges that it has room for. */
  constructor(capacity: number = ACK_RANGES_MAX + 1) {
    this.first = new Float64Array(capacity);
    this.last = new Float64Array(capacity);
  }

  /** Makes room for `capacity` ranges, of which there are not more; none is lost. */
  resize(capacity: number): void {
    const { first, last, count } = this;
    this.first = new Float64Array(capacity);
    this.last = new Float64Array(capacity);
    this.first.set(first.subarray(0, count));
    this.last.set(last.subarray(0, count));
  }

  /** The largest packet number acknowledged. Only with count > 0. */
  get largest(): number {
    return this.last[0] ?? 0;
  }
}

/** Writes as many of the newest ranges as fit before `end`.
 * @returns the offset behind the frame, or `at` if not even the first range fits. */
export function encodeAck(ack: AckRanges, out: Uint8Array, at: number, end: number): number {
  const largest = ack.largest;
  const firstLength = largest - (ack.first[0] ?? 0);
  if (at + ACK_FRAME.bytes + varintBytes(firstLength) > end) return at;
  out[at] = FRAME.ack;
  writeU48(largest, out, at + ACK_FRAME.at.largest);
  const delay = Math.round(Math.min(ack.delayMs, ACK_DELAY_MS_MAX) / ACK_DELAY_UNIT_MS);
  writeU16(delay, out, at + ACK_FRAME.at.delay);
  let next = writeVarint(firstLength, out, at + ACK_FRAME.bytes);
  let written = 0;
  for (let i = 1; i < ack.count; i++) {
    const gap = (ack.first[i - 1] ?? 0) - (ack.last[i] ?? 0) - 2;
    const length = (ack.last[i] ?? 0) - (ack.first[i] ?? 0);
    if (next + varintBytes(gap) + varintBytes(length) > end) break;
    next = writeVarint(length, out, writeVarint(gap, out, next));
    written++;
  }
  out[at + ACK_FRAME.at.rangeCount] = written;
  return next;
}

/** Reads the ACK at `at` into `into`.
 * @returns the offset behind it; undefined if it passes `end`, has too many ranges or one below 0,
 * and then `into` holds nothing of use. */
export function decodeAck(
  bytes: Uint8Array,
  at: number,
  end: number,
  into: AckRanges,
): number | undefined {
  let next = at + ACK_FRAME.bytes;
  if (next > end) return undefined;
  const ranges = bytes[at + ACK_FRAME.at.rangeCount] ?? 0;
  if (ranges > ACK_RANGES_MAX) return undefined;
  into.delayMs = readU16(bytes, at + ACK_FRAME.at.delay) * ACK_DELAY_UNIT_MS;
  let last = readU48(bytes, at + ACK_FRAME.at.largest);
  for (let i = 0; i <= ranges; i++) {
    if (i > 0) {
      const gap = readVarint(bytes, next, end);
      if (gap === undefined) return undefined;
      next += varintBytesAt(bytes[next] ?? 0);
      last = (into.first[i - 1] ?? 0) - gap - 2;
    }
    const length = readVarint(bytes, next, end);
    if (length === undefined) return undefined;
    next += varintBytesAt(bytes[next] ?? 0);
    if (last - length < 0) return undefined;
    into.last[i] = last;
    into.first[i] = last - length;
  }
  into.count = ranges + 1;
  return next;
}
