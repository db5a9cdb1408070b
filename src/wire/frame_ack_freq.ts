import { FRAME } from "./frame_type.ts";
import { layout } from "./layout.ts";

/** ACK_FREQ: how often the receiver of this frame should acknowledge
 * (draft-ietf-quic-ack-frequency §4). */
export const ACK_FREQ_FRAME = layout({
  type: "u8",
  threshold: "u8",
  maxDelayMs: "u8",
  reorder: "u8",
});

export interface AckFreqFrame {
  /** Ack-eliciting packets after which an ACK is due. */
  readonly threshold: number;
  readonly maxDelayMs: number;
  /** How far a packet may be overtaken before the gap is told at once; 0 = never at once. */
  readonly reorder: number;
}

/** @returns the offset behind it. */
export function encodeAckFreq(frame: AckFreqFrame, out: Uint8Array, at: number): number {
  out[at] = FRAME.ackFreq;
  out[at + ACK_FREQ_FRAME.at.threshold] = frame.threshold;
  out[at + ACK_FREQ_FRAME.at.maxDelayMs] = frame.maxDelayMs;
  out[at + ACK_FREQ_FRAME.at.reorder] = frame.reorder;
  return at + ACK_FREQ_FRAME.bytes;
}

/** The ACK_FREQ at `at`; undefined if it passes `end`. */
export function decodeAckFreq(
  bytes: Uint8Array,
  at: number,
  end: number,
): AckFreqFrame | undefined {
  if (at + ACK_FREQ_FRAME.bytes > end) return undefined;
  return {
    threshold: bytes[at + ACK_FREQ_FRAME.at.threshold] ?? 0,
    maxDelayMs: bytes[at + ACK_FREQ_FRAME.at.maxDelayMs] ?? 0,
    reorder: bytes[at + ACK_FREQ_FRAME.at.reorder] ?? 0,
  };
}
