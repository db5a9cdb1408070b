import { ed25519 } from "@noble/curves/ed25519.js";
import { isStrictPublicKey } from "./ed25519_rules.ts";
import { sha512 } from "./provider.ts";

/** The x25519 public key that an ed25519 one maps to, u = (1 + y) / (1 - y) (RFC 7748 §4.1);
 * ~25 µs, so callers keep it with the contact. The keys of +A and -A map to the same one.
 * Undefined if the bytes are not canonical, not on the curve or of small order. */
export function x25519PublicKeyOf(ed25519PublicKey: Uint8Array): Uint8Array | undefined {
  if (!isStrictPublicKey(ed25519PublicKey)) return undefined;
  try {
    return ed25519.utils.toMontgomery(ed25519PublicKey);
  } catch {
    return undefined; // no point of the curve has this y
  }
}

/** The x25519 private scalar of an ed25519 seed: SHA-512(seed)[0..32), clamped (RFC 8032 §5.1.5).
 * One key for signing and DH: Thormarker, ePrint 2021/509. @param seed 32 bytes. */
export function x25519PrivateKeyOf(seed: Uint8Array): Uint8Array {
  const scalar = new Uint8Array(sha512(seed).subarray(0, 32));
  scalar[0] = (scalar[0] ?? 0) & 0xf8;
  scalar[31] = ((scalar[31] ?? 0) & 0x7f) | 0x40;
  return scalar;
}
