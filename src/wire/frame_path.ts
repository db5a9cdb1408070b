import { FRAME } from "./frame_type.ts";
import { layout } from "./layout.ts";

/** PATH_CHALLENGE and PATH_RESPONSE: 8 random bytes and their echo (RFC 9000 §19.17, §19.18). */
export const PATH_FRAME = layout({ type: "u8", data: "u64" });
/** Bytes of a challenge. */
export const PATH_DATA_BYTES = PATH_FRAME.bytes - PATH_FRAME.at.data;

/** @param data 8 bytes. @returns the offset behind it. */
export function encodePathChallenge(data: Uint8Array, out: Uint8Array, at: number): number {
  return encodePath(FRAME.pathChallenge, data, out, at);
}

/** @param data the 8 bytes of the challenge. @returns the offset behind it. */
export function encodePathResponse(data: Uint8Array, out: Uint8Array, at: number): number {
  return encodePath(FRAME.pathResponse, data, out, at);
}

function encodePath(type: number, data: Uint8Array, out: Uint8Array, at: number): number {
  if (data.length !== PATH_DATA_BYTES) {
    throw new RangeError(`path data must be ${PATH_DATA_BYTES} bytes, not ${data.length}`);
  }
  out[at] = type;
  out.set(data, at + PATH_FRAME.at.data);
  return at + PATH_FRAME.bytes;
}

/** A copy of the 8 bytes; undefined if the frame at `at` passes `end`. */
export function decodePathData(
  bytes: Uint8Array,
  at: number,
  end: number,
): Uint8Array | undefined {
  if (at + PATH_FRAME.bytes > end) return undefined;
  return bytes.slice(at + PATH_FRAME.at.data, at + PATH_FRAME.bytes);
}
