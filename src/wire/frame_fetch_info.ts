import { FRAME } from "./frame_type.ts";
import { readI64, readU16, readU24, writeI64, writeU16, writeU24 } from "./integers.ts";
import { layout } from "./layout.ts";
import { CHUNK_BYTES_MAX } from "./limits.ts";

/** FETCH_INFO: the first answer to every FETCH, also a refusal. */
export const FETCH_INFO_FRAME = layout({
  type: "u8",
  requestId: "u16",
  status: "u8",
  chunkLength: "u24",
  factor: "u8",
  queueMs: "u16",
  balance: "i64",
  line: "i64",
});

export interface FetchInfoFrame {
  readonly requestId: number;
  /** 0 = it will come; else why it will not. */
  readonly status: number;
  /** Bytes of the whole object, ≤ CHUNK_BYTES_MAX. */
  readonly chunkLength: number;
  /** Price factor of this object for this pair of nodes; 0 where nothing is charged. Where the
   * status is a refusal for want of rank: the rank that it takes. */
  readonly factor: number;
  /** How long the asker will wait for the first byte, the server's own guess. */
  readonly queueMs: number;
  /** What the asker owes, and the line up to which it may, in credit bytes. */
  readonly balance: bigint;
  readonly line: bigint;
}

/** @returns the offset behind it. */
export function encodeFetchInfo(frame: FetchInfoFrame, out: Uint8Array, at: number): number {
  out[at] = FRAME.fetchInfo;
  writeU16(frame.requestId, out, at + FETCH_INFO_FRAME.at.requestId);
  out[at + FETCH_INFO_FRAME.at.status] = frame.status;
  writeU24(frame.chunkLength, out, at + FETCH_INFO_FRAME.at.chunkLength);
  out[at + FETCH_INFO_FRAME.at.factor] = frame.factor;
  writeU16(frame.queueMs, out, at + FETCH_INFO_FRAME.at.queueMs);
  writeI64(frame.balance, out, at + FETCH_INFO_FRAME.at.balance);
  writeI64(frame.line, out, at + FETCH_INFO_FRAME.at.line);
  return at + FETCH_INFO_FRAME.bytes;
}

/** The FETCH_INFO at `at`. Undefined if it passes `end` or names an object that cannot be. */
export function decodeFetchInfo(
  bytes: Uint8Array,
  at: number,
  end: number,
): FetchInfoFrame | undefined {
  if (at + FETCH_INFO_FRAME.bytes > end) return undefined;
  const chunkLength = readU24(bytes, at + FETCH_INFO_FRAME.at.chunkLength);
  if (chunkLength > CHUNK_BYTES_MAX) return undefined;
  return {
    requestId: readU16(bytes, at + FETCH_INFO_FRAME.at.requestId),
    status: bytes[at + FETCH_INFO_FRAME.at.status] ?? 0,
    chunkLength,
    factor: bytes[at + FETCH_INFO_FRAME.at.factor] ?? 0,
    queueMs: readU16(bytes, at + FETCH_INFO_FRAME.at.queueMs),
    balance: readI64(bytes, at + FETCH_INFO_FRAME.at.balance),
    line: readI64(bytes, at + FETCH_INFO_FRAME.at.line),
  };
}
