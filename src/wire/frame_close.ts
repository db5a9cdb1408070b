import { FRAME } from "./frame_type.ts";
import { layout } from "./layout.ts";
import { CLOSE_REASON_BYTES_MAX } from "./limits.ts";

/** Codes of CLOSE. */
export const CLOSE_CODE = { done: 0, protocol: 1, limit: 2, draining: 3, rank: 4 } as const;

/** CLOSE: the connection ends now. The reason's bytes (UTF-8, for a log) follow the head. */
export const CLOSE_FRAME = layout({ type: "u8", code: "u8", reasonLength: "u8" });

export interface CloseFrame {
  readonly code: number;
  /** A view into the packet. */
  readonly reason: Uint8Array;
}

/** @param reason ≤ CLOSE_REASON_BYTES_MAX bytes. @returns the offset behind it. */
export function encodeClose(
  code: number,
  reason: Uint8Array,
  out: Uint8Array,
  at: number,
): number {
  if (reason.length > CLOSE_REASON_BYTES_MAX) {
    throw new RangeError(`a CLOSE reason of ${reason.length} bytes > ${CLOSE_REASON_BYTES_MAX}`);
  }
  out[at] = FRAME.close;
  out[at + CLOSE_FRAME.at.code] = code;
  out[at + CLOSE_FRAME.at.reasonLength] = reason.length;
  out.set(reason, at + CLOSE_FRAME.bytes);
  return at + CLOSE_FRAME.bytes + reason.length;
}

/** It ends at `at + CLOSE_FRAME.bytes + reason.length`. Undefined if it passes `end` or the
 * reason is too long. */
export function decodeClose(bytes: Uint8Array, at: number, end: number): CloseFrame | undefined {
  const reasonAt = at + CLOSE_FRAME.bytes;
  if (reasonAt > end) return undefined;
  const length = bytes[at + CLOSE_FRAME.at.reasonLength] ?? 0;
  if (length > CLOSE_REASON_BYTES_MAX || reasonAt + length > end) return undefined;
  return {
    code: bytes[at + CLOSE_FRAME.at.code] ?? 0,
    reason: bytes.subarray(reasonAt, reasonAt + length),
  };
}
