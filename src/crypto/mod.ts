/** Cryptographic primitives behind one face. The runtime's native ones are installed at the roof
 * with usePrimitives(); @noble serves where there are none, and as the cross-check in tests. This
 * room knows algorithms, not protocols: domain prefixes and key schedules live where they are
 * used. */
export type * from "./primitives.ts";
export { AEAD_NONCE_BYTES, AEAD_TAG_BYTES } from "./primitives.ts";
export { isStrictPublicKey } from "./ed25519_rules.ts";
export * from "./hkdf.ts";
export * from "./key_exchange.ts";
export { noblePrimitives } from "./noble_primitives.ts";
export * from "./provider.ts";
export { Sha1CollisionDetector } from "./sha1_collision.ts";
