import { FRAME } from "./frame_type.ts";
import { readU16, writeU16 } from "./integers.ts";
import { layout } from "./layout.ts";
import { SLICES_PER_CHUNK } from "./limits.ts";

/** SLICE_END: nothing more of this slice will be sent for the first time. */
export const SLICE_END_FRAME = layout({
  type: "u8",
  requestId: "u16",
  slice: "u8",
  status: "u8",
});

export interface SliceEndFrame {
  readonly requestId: number;
  /** 0 … 15. */
  readonly slice: number;
  /** 0 = every byte was sent; else the slice is refused. */
  readonly status: number;
}

/** @returns the offset behind it. */
export function encodeSliceEnd(frame: SliceEndFrame, out: Uint8Array, at: number): number {
  out[at] = FRAME.sliceEnd;
  writeU16(frame.requestId, out, at + SLICE_END_FRAME.at.requestId);
  out[at + SLICE_END_FRAME.at.slice] = frame.slice;
  out[at + SLICE_END_FRAME.at.status] = frame.status;
  return at + SLICE_END_FRAME.bytes;
}

/** The SLICE_END at `at`. Undefined if it passes `end` or names no slice of a chunk. */
export function decodeSliceEnd(
  bytes: Uint8Array,
  at: number,
  end: number,
): SliceEndFrame | undefined {
  if (at + SLICE_END_FRAME.bytes > end) return undefined;
  const slice = bytes[at + SLICE_END_FRAME.at.slice] ?? 0;
  if (slice >= SLICES_PER_CHUNK) return undefined;
  return {
    requestId: readU16(bytes, at + SLICE_END_FRAME.at.requestId),
    slice,
    status: bytes[at + SLICE_END_FRAME.at.status] ?? 0,
  };
}
