/** One piece of memory that many readers share. */
const SHARED_PIECE_BYTES = 256 * 1024;

/** @throws {RangeError} unless [start, end) lies in a file of `size` bytes. */
export function checkRange(start: number, end: number, size: number): void {
  if (start >= 0 && start <= end && end <= size) return;
  throw new RangeError(`[${start}, ${end}) lies outside a file of ${size} bytes`);
}

/** Bytes [start, end) of what is in memory already, in pieces that are views of it: a thousand
 * readers share it. */
export async function* piecesOf(
  bytes: Uint8Array,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  checkRange(start, end, bytes.length);
  for (let at = start; at < end; at += SHARED_PIECE_BYTES) {
    yield await Promise.resolve(bytes.subarray(at, Math.min(at + SHARED_PIECE_BYTES, end)));
  }
}
