import { ed25519PublicKey, ed25519Sign, ed25519Verify } from "../crypto/mod.ts";
import { asPublicKey, concatBytes, type PublicKey, utf8 } from "../lib/mod.ts";

export const SEED_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** What a signature may be about. Each has a domain prefix of its own, so that no statement can be
 * passed off as one of another kind (protocol.md §9d). */
export type SignedType =
  | "node"
  | "host"
  | "mutable"
  | "provider"
  | "receipt"
  | "credit"
  | "share"
  | "release";

/** A node's ed25519 key (RFC 8032). The seed is the secret: it never leaves identity.json. */
export interface KeyPair {
  readonly seed: Uint8Array;
  readonly publicKey: PublicKey;
}

/** @param seed 32 random bytes. @throws {RangeError} on any other length. */
export function keyPairFromSeed(seed: Uint8Array): KeyPair {
  if (seed.length !== SEED_BYTES) {
    throw new RangeError(`a key seed must be ${SEED_BYTES} bytes, not ${seed.length}`);
  }
  const own = new Uint8Array(seed);
  return { seed: own, publicKey: asPublicKey(ed25519PublicKey(own)) };
}

/** `"sk1 " + type + 0x00 | networkId 4 | bytes`: what is really signed. */
function signedMessage(type: SignedType, networkId: Uint8Array, bytes: Uint8Array): Uint8Array {
  return concatBytes(utf8(`sk1 ${type}\0`), networkId, bytes);
}

/** A 64-byte signature of canonical `bytes` (without the signature field) as a `type` statement on
 * one network. @param networkId 4 bytes. */
export function signAs(
  key: KeyPair,
  type: SignedType,
  networkId: Uint8Array,
  bytes: Uint8Array,
): Uint8Array {
  return ed25519Sign(key.seed, signedMessage(type, networkId, bytes));
}

/** True if `publicKey` signed exactly these bytes as a `type` statement on this network. Strict;
 * false, never a throw, whatever a stranger sends. */
export function verifyAs(
  publicKey: Uint8Array,
  type: SignedType,
  networkId: Uint8Array,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  return ed25519Verify(publicKey, signedMessage(type, networkId, bytes), signature);
}
