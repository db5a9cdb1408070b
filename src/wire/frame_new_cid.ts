import { FRAME } from "./frame_type.ts";
import { readU32, writeU32 } from "./integers.ts";
import { layout } from "./layout.ts";

/** NEW_CID: one more connection id under which the sender of this frame can be reached. */
export const NEW_CID_FRAME = layout({ type: "u8", sequence: "u8", connectionId: "u32" });
/** Smaller ones mark packets of a handshake (protocol.md §1). */
export const CONNECTION_ID_MIN = 16;

export interface NewCidFrame {
  readonly sequence: number;
  readonly connectionId: number;
}

/** @returns the offset behind it. */
export function encodeNewCid(frame: NewCidFrame, out: Uint8Array, at: number): number {
  out[at] = FRAME.newCid;
  out[at + NEW_CID_FRAME.at.sequence] = frame.sequence;
  writeU32(frame.connectionId, out, at + NEW_CID_FRAME.at.connectionId);
  return at + NEW_CID_FRAME.bytes;
}

/** The NEW_CID at `at`. Undefined if it passes `end` or the id is one of those never given out. */
export function decodeNewCid(
  bytes: Uint8Array,
  at: number,
  end: number,
): NewCidFrame | undefined {
  if (at + NEW_CID_FRAME.bytes > end) return undefined;
  const connectionId = readU32(bytes, at + NEW_CID_FRAME.at.connectionId);
  if (connectionId < CONNECTION_ID_MIN) return undefined;
  return { sequence: bytes[at + NEW_CID_FRAME.at.sequence] ?? 0, connectionId };
}
