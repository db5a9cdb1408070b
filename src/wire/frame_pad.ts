import { FRAME } from "./frame_type.ts";

/** PAD: one zero byte, as often as wanted. Not ack-eliciting. @returns the offset behind it. */
export function encodePad(count: number, out: Uint8Array, at: number): number {
  out.fill(FRAME.pad, at, at + count);
  return at + count;
}

/** The offset of the first byte at or after `at` that is not PAD. */
export function skipPad(bytes: Uint8Array, at: number, end: number): number {
  let next = at;
  while (next < end && bytes[next] === FRAME.pad) next++;
  return next;
}
