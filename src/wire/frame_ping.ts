import { FRAME } from "./frame_type.ts";
import { layout } from "./layout.ts";

/** PING: asks for nothing but an ACK. */
export const PING_FRAME = layout({ type: "u8" });

/** @returns the offset behind it. */
export function encodePing(out: Uint8Array, at: number): number {
  out[at] = FRAME.ping;
  return at + PING_FRAME.bytes;
}
