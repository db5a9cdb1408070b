import { x25519 } from "@noble/curves/ed25519.js";
import * as ed25519 from "@noble/ed25519";
import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { scrypt } from "@noble/hashes/scrypt.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { copyByView } from "../lib/mod.ts";
import { strictVerify } from "./ed25519_rules.ts";
import type { Primitives } from "./primitives.ts";

ed25519.hashes.sha512 = sha512;

/** The portable implementation (browsers, cross-checks, fallback): all but AES-GCM, which noble's
 * hash and curve packages do not hold. Slower than the native one by 10 to 50 times. */
export const noblePrimitives: Primitives = {
  sha1,
  sha256,
  sha512,
  hmacSha256: (key, data) => hmac(sha256, key, data),
  scrypt: (password, salt, n, r) => scrypt(password, salt, { N: n, r, p: 1, dkLen: 32 }),
  aead() {
    throw new Error("AES-256-GCM needs a native implementation: call usePrimitives() first");
  },
  ed25519PublicKey: (seed) => ed25519.getPublicKey(seed),
  ed25519Sign: (seed, message) => ed25519.sign(message, seed),
  ed25519Verify: strictVerify,
  x25519(privateKey) {
    const publicKey = x25519.getPublicKey(privateKey);
    return {
      publicKey,
      agree(peerPublicKey) {
        try {
          return x25519.getSharedSecret(privateKey, peerPublicKey);
        } catch {
          return undefined; // noble throws on an all-zero result
        }
      },
    };
  },
  copyBytes: copyByView,
};
