const WIDTH = 8;

/** A u64 as SQLite can compare it: its own integers are signed. */
export function u64Bytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(WIDTH);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

/** The u64 at `at`; 0 where the column ends before it. */
export function u64Of(bytes: Uint8Array, at: number): bigint {
  const isThere = at + WIDTH <= bytes.length;
  return isThere ? new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at) : 0n;
}
