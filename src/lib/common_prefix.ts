import { ID_BYTES } from "./ids.ts";

/** Bits of an id. */
export const ID_BITS = 8 * ID_BYTES;

/** How many leading bits two ids share, 0 … 160 (Kademlia §2.1: the greater, the nearer). */
export function commonPrefixLength(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < ID_BYTES; i++) {
    const difference = (a[i] ?? 0) ^ (b[i] ?? 0);
    if (difference !== 0) return 8 * i + Math.clz32(difference) - 24;
  }
  return ID_BITS;
}
