import { assert } from "../../src/lib/mod.ts";

/** The first `size` bytes of the stream that test/vectors/make_bep52_roots.py hashes: 32-bit words,
 * little-endian, x(0) = 1, x(i + 1) = 1664525 x(i) + 1013904223. */
export function vectorStream(size: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(size / 4));
  let x = 1;
  for (let i = 0; i < words.length; i++) {
    words[i] = x;
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
  }
  const bytes = new Uint8Array(words.buffer, 0, size);
  assert(size === 0 || bytes[0] === 1, "a little-endian machine");
  return bytes;
}
