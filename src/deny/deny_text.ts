import { sha256 } from "../crypto/mod.ts";
import { type ChunkId, type PublicKey, toBase32, toHex, utf8 } from "../lib/mod.ts";

/** How a denial looks over HTTP: gone, or barred by law (RFC 7725). */
export type DenyStatus = 410 | 451;

/** Bytes of a digest that a list keeps. Who could find two texts with one beginning would have done
 * 2^64 work to have his own content denied. */
export const DIGEST_BYTES = 16;

/** What a rule about an object is the digest of: the 20 bytes it is found by (its SHA-1, or the
 * first of its SHA-256), and the path below it, decoded. */
export function objectText(key: ChunkId, path: readonly string[]): string {
  return path.length === 0 ? toHex(key) : `${toHex(key)}/${path.join("/")}`;
}

/** What a rule about a name is the digest of. */
export function nameText(publicKey: PublicKey): string {
  return `/name/${toBase32(publicKey)}`;
}

/** The digest by which a list knows a text. */
export function denyDigest(text: string): Uint8Array {
  return sha256(utf8(text)).subarray(0, DIGEST_BYTES);
}

/** The cache tag of answers that a rule about `digest` concerns. */
export function denyTag(digest: Uint8Array): string {
  return `h-${toHex(digest)}`;
}
