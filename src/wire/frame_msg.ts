import { FRAME } from "./frame_type.ts";
import { readU16, writeU16 } from "./integers.ts";
import { layout } from "./layout.ts";

/** MSG: bytes [offset, offset + length) of control message `id`, which is `total` long. */
export const MSG_FRAME = layout({
  type: "u8",
  id: "u16",
  offset: "u16",
  total: "u16",
  length: "u16",
});

/** The head of one MSG. Reused by the reader: borrowed until the handler returns. */
export class MsgFrame {
  id = 0;
  offset = 0;
  total = 0;
  /** Where the bytes lie in the packet. */
  bytesAt = 0;
  length = 0;
}

/** Writes a MSG with message.subarray(offset, offset + length). @returns the offset behind it. */
export function encodeMsg(
  id: number,
  message: Uint8Array,
  offset: number,
  length: number,
  out: Uint8Array,
  at: number,
): number {
  out[at] = FRAME.msg;
  writeU16(id, out, at + MSG_FRAME.at.id);
  writeU16(offset, out, at + MSG_FRAME.at.offset);
  writeU16(message.length, out, at + MSG_FRAME.at.total);
  writeU16(length, out, at + MSG_FRAME.at.length);
  // a view costs more than to copy the few bytes of most messages, which go in one piece
  const piece = length === message.length ? message : message.subarray(offset, offset + length);
  out.set(piece, at + MSG_FRAME.bytes);
  return at + MSG_FRAME.bytes + length;
}

/** @returns the offset behind the MSG at `at`; undefined if it passes `end`, is empty or its
 * bytes pass its own total. */
export function decodeMsg(
  bytes: Uint8Array,
  at: number,
  end: number,
  into: MsgFrame,
): number | undefined {
  if (at + MSG_FRAME.bytes > end) return undefined;
  into.id = readU16(bytes, at + MSG_FRAME.at.id);
  into.offset = readU16(bytes, at + MSG_FRAME.at.offset);
  into.total = readU16(bytes, at + MSG_FRAME.at.total);
  into.length = readU16(bytes, at + MSG_FRAME.at.length);
  into.bytesAt = at + MSG_FRAME.bytes;
  const next = into.bytesAt + into.length;
  if (next > end || into.length === 0 || into.offset + into.length > into.total) return undefined;
  return next;
}
