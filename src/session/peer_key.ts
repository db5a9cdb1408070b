import {
  ed25519PublicKey,
  x25519,
  type X25519Key,
  x25519PrivateKeyOf,
  x25519PublicKeyOf,
} from "../crypto/mod.ts";
import { asPublicKey, type PublicKey } from "../lib/mod.ts";
import { ReceiverMask } from "./masking.ts";
import type { NoiseSuite, StaticKey } from "./noise_ik.ts";

/** sk/1's own Noise name: static keys travel and are hashed as ed25519 keys, DH maps them. */
export const SK1_SUITE: NoiseSuite = {
  protocolName: "Noise_IK_Ed25519as25519_AESGCM_SHA256",
  decodeStatic: x25519PublicKeyOf,
};

/** A proof-of-work claim as it travels in a handshake. Rank 0 with nonce 0 = no claim. */
export interface WorkClaim {
  readonly idNonce: bigint;
  readonly rankNonce: bigint;
  readonly rank: number;
}

/** Our own key in the forms a session needs. */
export interface LocalKey extends StaticKey {
  readonly publicKey: PublicKey;
  /** Hides what is sent to us. */
  readonly mask: ReceiverMask;
}

/** @param seed 32 secret bytes. The scalar is imported once, so that every DH is native. */
export function localKeyOf(seed: Uint8Array): LocalKey {
  const publicKey = asPublicKey(new Uint8Array(ed25519PublicKey(seed)));
  const key: X25519Key = x25519(x25519PrivateKeyOf(seed));
  return { publicKey, encoded: publicKey, key, mask: new ReceiverMask(publicKey) };
}

/** A peer's key in the forms a session needs; ~26 µs to make, so it is kept with the contact. */
export interface RemoteKey {
  readonly publicKey: PublicKey;
  readonly encoded: Uint8Array;
  /** Its x25519 image. */
  readonly dh: Uint8Array;
  readonly mask: ReceiverMask;
}

/** Undefined if these bytes may not be anybody's key. The bytes are copied. */
export function remoteKeyOf(publicKey: Uint8Array): RemoteKey | undefined {
  const dh = x25519PublicKeyOf(publicKey);
  if (dh === undefined) return undefined;
  const own = asPublicKey(new Uint8Array(publicKey));
  return { publicKey: own, encoded: own, dh, mask: new ReceiverMask(own) };
}
