import { expect } from "./harness.ts";

/** Laws of a frame decoder: it reads the whole, also at an odd place among other bytes, and gives
 * undefined for every proper prefix, however much memory lies behind the end it was told. */
export function expectCodec<T>(
  encoded: Uint8Array,
  decode: (bytes: Uint8Array, at: number, end: number) => T | undefined,
  value: T,
): void {
  const within = new Uint8Array(encoded.length + 20).fill(0xff);
  within.set(encoded, 7);
  expect(decode(within, 7, 7 + encoded.length)).toEqual(value);
  expect(decode(within, 7, within.length)).toEqual(value);
  for (let cut = 0; cut < encoded.length; cut++) {
    expect(decode(within, 7, 7 + cut)).toBeUndefined();
    expect(decode(encoded.subarray(0, cut), 0, cut)).toBeUndefined();
  }
}

/** What `write` puts into a buffer at `at`, after checking that it says where it ended and touched
 * nothing else. */
export function written(write: (out: Uint8Array, at: number) => number, at = 3): Uint8Array {
  const out = new Uint8Array(2_000).fill(0xa5);
  const end = write(out, at);
  expect(out.subarray(0, at).every((byte) => byte === 0xa5)).toBe(true);
  expect(out.subarray(end).every((byte) => byte === 0xa5)).toBe(true);
  return out.slice(at, end);
}
