import { type CopyBytes, copyByView } from "../lib/mod.ts";
import { FRAME } from "./frame_type.ts";
import { readU16, readU24, writeU16, writeU24 } from "./integers.ts";
import { layout } from "./layout.ts";
import { CHUNK_BYTES_MAX } from "./limits.ts";

/** DATA: bytes of the object that FETCH `requestId` asked for, from `offset` of the object on. */
export const DATA_FRAME = layout({ type: "u8", requestId: "u16", offset: "u24", length: "u16" });

/** The head of one DATA. Reused by the reader: borrowed until the handler returns. */
export class DataFrame {
  requestId = 0;
  offset = 0;
  /** Where the bytes lie in the packet. */
  bytesAt = 0;
  length = 0;
}

/** Writes a DATA with source.subarray(from, from + length), which lie at `offset` of the object.
 * @param copy how its bytes get there. @returns the offset behind it. */
export function encodeData(
  requestId: number,
  offset: number,
  source: Uint8Array,
  from: number,
  length: number,
  out: Uint8Array,
  at: number,
  copy: CopyBytes = copyByView,
): number {
  out[at] = FRAME.data;
  writeU16(requestId, out, at + DATA_FRAME.at.requestId);
  writeU24(offset, out, at + DATA_FRAME.at.offset);
  writeU16(length, out, at + DATA_FRAME.at.length);
  copy(source, from, from + length, out, at + DATA_FRAME.bytes);
  return at + DATA_FRAME.bytes + length;
}

/** @returns the offset behind the DATA at `at`; undefined if it passes `end`, is empty or passes
 * the largest object. */
export function decodeData(
  bytes: Uint8Array,
  at: number,
  end: number,
  into: DataFrame,
): number | undefined {
  if (at + DATA_FRAME.bytes > end) return undefined;
  into.requestId = readU16(bytes, at + DATA_FRAME.at.requestId);
  into.offset = readU24(bytes, at + DATA_FRAME.at.offset);
  into.length = readU16(bytes, at + DATA_FRAME.at.length);
  into.bytesAt = at + DATA_FRAME.bytes;
  const next = into.bytesAt + into.length;
  if (next > end || into.length === 0) return undefined;
  return into.offset + into.length <= CHUNK_BYTES_MAX ? next : undefined;
}
