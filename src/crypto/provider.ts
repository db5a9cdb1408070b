import type { CopyBytes } from "../lib/mod.ts";
import { noblePrimitives } from "./noble_primitives.ts";
import type { Aead, Primitives, X25519Key } from "./primitives.ts";

// The one piece of module state below the roof. Every implementation computes the same functions
// (held to the same vectors), so which one runs changes speed and nothing else; see ADR 0002.
let current: Primitives = noblePrimitives;

/** Chooses the implementation, once, at the roof or at the top of a worker or test. */
export function usePrimitives(primitives: Primitives): void {
  current = primitives;
}

export const sha1 = (data: Uint8Array): Uint8Array => current.sha1(data);
export const sha256 = (data: Uint8Array): Uint8Array => current.sha256(data);
export const sha512 = (data: Uint8Array): Uint8Array => current.sha512(data);
export const hmacSha256 = (key: Uint8Array, data: Uint8Array): Uint8Array =>
  current.hmacSha256(key, data);
/** scrypt with p = 1. @param n a power of two. @param r the block size factor. */
export const scrypt = (
  password: Uint8Array,
  salt: Uint8Array,
  n: number,
  r: number,
): Uint8Array => current.scrypt(password, salt, n, r);
export const aead = (key: Uint8Array): Aead => current.aead(key);
export const ed25519PublicKey = (seed: Uint8Array): Uint8Array => current.ed25519PublicKey(seed);
export const ed25519Sign = (seed: Uint8Array, message: Uint8Array): Uint8Array =>
  current.ed25519Sign(seed, message);
export const ed25519Verify = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean => current.ed25519Verify(publicKey, message, signature);
/** Copies source[from … to) to target[at …): two buffers, and room for all of it. */
export const copyBytes: CopyBytes = (source, from, to, target, at) =>
  current.copyBytes(source, from, to, target, at);
export const x25519 = (privateKey: Uint8Array): X25519Key => current.x25519(privateKey);
