import { FRAME } from "./frame_type.ts";
import { readU16, writeU16 } from "./integers.ts";
import { layout } from "./layout.ts";

/** CANCEL: the asker wants no more bytes of this FETCH. */
export const CANCEL_FRAME = layout({ type: "u8", requestId: "u16" });

/** @returns the offset behind it. */
export function encodeCancel(requestId: number, out: Uint8Array, at: number): number {
  out[at] = FRAME.cancel;
  writeU16(requestId, out, at + CANCEL_FRAME.at.requestId);
  return at + CANCEL_FRAME.bytes;
}

/** The request id of the CANCEL at `at`; undefined if it passes `end`. */
export function decodeCancel(bytes: Uint8Array, at: number, end: number): number | undefined {
  if (at + CANCEL_FRAME.bytes > end) return undefined;
  return readU16(bytes, at + CANCEL_FRAME.at.requestId);
}
