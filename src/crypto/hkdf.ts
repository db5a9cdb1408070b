import { concatBytes } from "../lib/mod.ts";
import { hmacSha256 } from "./provider.ts";

/** HKDF as Noise defines it (rev. 34 §4.3): RFC 5869 with SHA-256, salt = the chaining key, empty
 * info, cut into 32-byte outputs. */
export function hkdf2(chainingKey: Uint8Array, ikm: Uint8Array): [Uint8Array, Uint8Array] {
  const prk = hmacSha256(chainingKey, ikm);
  const first = expand(prk, undefined, 1);
  return [first, expand(prk, first, 2)];
}

/** Like hkdf2, with one output more. The first two are the same. */
export function hkdf3(
  chainingKey: Uint8Array,
  ikm: Uint8Array,
): [Uint8Array, Uint8Array, Uint8Array] {
  const prk = hmacSha256(chainingKey, ikm);
  const first = expand(prk, undefined, 1);
  const second = expand(prk, first, 2);
  return [first, second, expand(prk, second, 3)];
}

function expand(prk: Uint8Array, before: Uint8Array | undefined, counter: number): Uint8Array {
  const last = Uint8Array.of(counter);
  return hmacSha256(prk, before === undefined ? last : concatBytes(before, last));
}
