import { readU16, readU32, writeU16, writeU32 } from "./integers.ts";

/** The largest value handled: what a double holds exactly. RFC 9000 allows 2^62 - 1, but no field
 * of ours is wider than 48 bits. */
export const VARINT_MAX = Number.MAX_SAFE_INTEGER;

/** How many bytes the varint that starts with `firstByte` takes: 1, 2, 4 or 8 (RFC 9000 §16). */
export function varintBytesAt(firstByte: number): number {
  return 1 << (firstByte >>> 6);
}

/** How many bytes writeVarint() needs. @param value an integer in 0 … VARINT_MAX. */
export function varintBytes(value: number): number {
  if (value < 0x40) return 1;
  if (value < 0x4000) return 2;
  return value < 0x4000_0000 ? 4 : 8;
}

/** Writes `value` in its shortest form. @returns the offset behind it. */
export function writeVarint(value: number, out: Uint8Array, at: number): number {
  if (value < 0x40) {
    out[at] = value;
    return at + 1;
  }
  if (value < 0x4000) {
    writeU16(value | 0x4000, out, at);
    return at + 2;
  }
  if (value < 0x4000_0000) {
    writeU32(value + 0x8000_0000, out, at);
    return at + 4;
  }
  writeU32(Math.floor(value / 0x1_0000_0000) + 0xc000_0000, out, at);
  writeU32(value % 0x1_0000_0000, out, at + 4);
  return at + 8;
}

/** The varint at `at`; it ends at `at + varintBytesAt(bytes[at])`. Longer forms than needed are
 * accepted, as RFC 9000 does.
 * @returns undefined if it passes `end` or VARINT_MAX. */
export function readVarint(bytes: Uint8Array, at: number, end: number): number | undefined {
  if (at >= end) return undefined;
  const first = bytes[at] ?? 0;
  if (first < 0x40) return first;
  if (at + varintBytesAt(first) > end) return undefined;
  if (first < 0x80) return readU16(bytes, at) & 0x3fff;
  if (first < 0xc0) return readU32(bytes, at) - 0x8000_0000;
  const value = (readU32(bytes, at) - 0xc000_0000) * 0x1_0000_0000 + readU32(bytes, at + 4);
  return value <= VARINT_MAX ? value : undefined;
}
