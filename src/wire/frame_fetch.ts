import { ID_BYTES } from "../lib/mod.ts";
import { FRAME } from "./frame_type.ts";
import { readU16, writeU16 } from "./integers.ts";
import { layout } from "./layout.ts";

/** FETCH: asks for slices of an object; it is the credit for their bytes. */
export const FETCH_FRAME = layout({
  type: "u8",
  requestId: "u16",
  id: "id20",
  bitmap: "u16",
  maxPrice: "u8",
});

/** maxPrice of who pulls what it was offered, and pays nothing: no price is as high. Who buys names
 * a price factor. */
export const MAX_PRICE_PULL = 255;

export interface FetchFrame {
  readonly requestId: number;
  /** 20 bytes: SHA-1 of the object, or SHA-256[0..20) of a manifest object. */
  readonly id: Uint8Array;
  /** Bit i = slice i of 65,536 bytes; never 0. */
  readonly bitmap: number;
  /** The greatest price factor that is agreed to, 0 … 160, or MAX_PRICE_PULL. */
  readonly maxPrice: number;
}

/** @returns the offset behind it. */
export function encodeFetch(frame: FetchFrame, out: Uint8Array, at: number): number {
  if (frame.id.length !== ID_BYTES) {
    throw new RangeError(`an object id must be ${ID_BYTES} bytes, not ${frame.id.length}`);
  }
  out[at] = FRAME.fetch;
  writeU16(frame.requestId, out, at + FETCH_FRAME.at.requestId);
  out.set(frame.id, at + FETCH_FRAME.at.id);
  writeU16(frame.bitmap, out, at + FETCH_FRAME.at.bitmap);
  out[at + FETCH_FRAME.at.maxPrice] = frame.maxPrice;
  return at + FETCH_FRAME.bytes;
}

/** The FETCH at `at`, its id copied. An empty bitmap asks for FETCH_INFO alone: the object's length
 * without a byte of it. Undefined if it passes `end`. */
export function decodeFetch(bytes: Uint8Array, at: number, end: number): FetchFrame | undefined {
  if (at + FETCH_FRAME.bytes > end) return undefined;
  return {
    requestId: readU16(bytes, at + FETCH_FRAME.at.requestId),
    id: bytes.slice(at + FETCH_FRAME.at.id, at + FETCH_FRAME.at.id + ID_BYTES),
    bitmap: readU16(bytes, at + FETCH_FRAME.at.bitmap),
    maxPrice: bytes[at + FETCH_FRAME.at.maxPrice] ?? 0,
  };
}
