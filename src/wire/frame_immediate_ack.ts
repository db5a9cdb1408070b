import { FRAME } from "./frame_type.ts";
import { layout } from "./layout.ts";

/** IMMEDIATE_ACK: the receiver acknowledges at once (draft-ietf-quic-ack-frequency §5). */
export const IMMEDIATE_ACK_FRAME = layout({ type: "u8" });

/** @returns the offset behind it. */
export function encodeImmediateAck(out: Uint8Array, at: number): number {
  out[at] = FRAME.immediateAck;
  return at + IMMEDIATE_ACK_FRAME.bytes;
}
