/** Big-endian integers in place: no DataView is made per packet. Readers do not check bounds; the
 * caller has compared the frame's size with what is left. */

export function readU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function readU24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (readU16(bytes, at) * 0x1_0000) + readU16(bytes, at + 2);
}

/** Exact: 48 bits fit a double. */
export function readU48(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at) * 0x1_0000_0000 + readU32(bytes, at + 2);
}

const scratch = new DataView(new ArrayBuffer(8));

/** Read through one view for all: a view of each array would be dearer than the numbers. */
export function readU64(bytes: Uint8Array, at: number): bigint {
  scratch.setUint32(0, readU32(bytes, at));
  scratch.setUint32(4, readU32(bytes, at + 4));
  return scratch.getBigUint64(0);
}

export function readI64(bytes: Uint8Array, at: number): bigint {
  return BigInt.asIntN(64, readU64(bytes, at));
}

/** @param value 0 … 2^16 - 1; higher bits are lost, as in every writer here. */
export function writeU16(value: number, out: Uint8Array, at: number): void {
  out[at] = value >>> 8;
  out[at + 1] = value;
}

export function writeU24(value: number, out: Uint8Array, at: number): void {
  out[at] = value >>> 16;
  out[at + 1] = value >>> 8;
  out[at + 2] = value;
}

export function writeU32(value: number, out: Uint8Array, at: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

/** @param value an integer in 0 … 2^48 - 1. */
export function writeU48(value: number, out: Uint8Array, at: number): void {
  writeU16(Math.floor(value / 0x1_0000_0000), out, at);
  writeU32(value % 0x1_0000_0000, out, at + 2);
}

/** @param value -2^63 … 2^63 - 1. */
export function writeI64(value: bigint, out: Uint8Array, at: number): void {
  const unsigned = BigInt.asUintN(64, value);
  writeU32(Number(unsigned >> 32n), out, at);
  writeU32(Number(unsigned & 0xffff_ffffn), out, at + 4);
}
