import { FRAME } from "./frame_type.ts";
import { readU16, writeU16 } from "./integers.ts";
import { layout } from "./layout.ts";

/** ANSWER: a whole control message that is said once. Its packet is not acknowledged for its sake,
 * and it is not sent again: who has asked asks again. */
export const ANSWER_FRAME = layout({ type: "u8", length: "u16" });

/** Writes an ANSWER with all of `message`. @returns the offset behind it. */
export function encodeAnswer(message: Uint8Array, out: Uint8Array, at: number): number {
  out[at] = FRAME.answer;
  writeU16(message.length, out, at + ANSWER_FRAME.at.length);
  out.set(message, at + ANSWER_FRAME.bytes);
  return at + ANSWER_FRAME.bytes + message.length;
}

/** @returns the offset behind the ANSWER at `at`, whose message begins ANSWER_FRAME.bytes behind
 * `at`; undefined if it passes `end` or is empty. */
export function decodeAnswer(bytes: Uint8Array, at: number, end: number): number | undefined {
  const from = at + ANSWER_FRAME.bytes;
  if (from > end) return undefined;
  const length = readU16(bytes, at + ANSWER_FRAME.at.length);
  return length === 0 || from + length > end ? undefined : from + length;
}
