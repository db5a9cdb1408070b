import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hash,
  type KeyObject,
  scryptSync,
  sign,
  verify,
} from "node:crypto";
import {
  type Aead,
  AEAD_TAG_BYTES,
  isStrictPublicKey,
  type Primitives,
  type X25519Key,
} from "../../crypto/mod.ts";
import { concatBytes, copyByView, equalSecrets, fromHex, requireRoom } from "../../lib/mod.ts";
import { releaseMemory } from "./release_memory.ts";

// DER headers that make a raw 32-byte key a PKCS #8 or SPKI document (RFC 8410).
const PKCS8_ED25519 = hexBytes("302e020100300506032b657004220420");
const PKCS8_X25519 = hexBytes("302e020100300506032b656e04220420");
const SPKI_ED25519 = hexBytes("302a300506032b6570032100");
const SPKI_X25519 = hexBytes("302a300506032b656e032100");
const SCRYPT_MEMORY_BYTES_MAX = 64 * 2 ** 20; // twice what the larger puzzle takes, with margin

function hexBytes(text: string): Uint8Array {
  return fromHex(text) ?? new Uint8Array();
}

function privateKeyObject(header: Uint8Array, raw: Uint8Array): KeyObject {
  const key = Buffer.from(concatBytes(header, raw));
  return createPrivateKey({ key, format: "der", type: "pkcs8" });
}

function publicKeyObject(header: Uint8Array, raw: Uint8Array): KeyObject {
  const key = Buffer.from(concatBytes(header, raw));
  return createPublicKey({ key, format: "der", type: "spki" });
}

function rawPublicKey(privateKey: KeyObject): Uint8Array {
  const der = createPublicKey(privateKey as never).export({ format: "der", type: "spki" });
  return Uint8Array.from(der.subarray(der.length - 32));
}

/** AES-256-GCM of node:crypto. */
export function nativeAead(key: Uint8Array): Aead {
  return {
    seal(nonce, aad, buffer, at, bytes) {
      requireRoom(buffer, at, bytes + AEAD_TAG_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      cipher.setAAD(aad);
      const ciphertext = cipher.update(buffer.subarray(at, at + bytes));
      buffer.set(ciphertext, at);
      releaseMemory(ciphertext);
      cipher.final();
      buffer.set(cipher.getAuthTag(), at + bytes);
    },
    open(nonce, aad, sealed, at, bytes, out) {
      requireRoom(sealed, at, bytes);
      const tagAt = at + bytes - AEAD_TAG_BYTES;
      if (tagAt < at) return false;
      requireRoom(out, 0, tagAt - at);
      const decipher = createDecipheriv("aes-256-gcm", key, nonce);
      decipher.setAAD(aad);
      decipher.setAuthTag(sealed.subarray(tagAt, at + bytes));
      const plaintext = decipher.update(sealed.subarray(at, tagAt));
      try {
        decipher.final();
      } catch {
        return false;
      }
      out.set(plaintext);
      releaseMemory(plaintext);
      return true;
    },
  };
}

function nativeX25519(privateKey: Uint8Array): X25519Key {
  const own = privateKeyObject(PKCS8_X25519, privateKey);
  return {
    publicKey: rawPublicKey(own),
    agree(peerPublicKey) {
      try {
        const secret = diffieHellman({
          privateKey: own,
          publicKey: publicKeyObject(SPKI_X25519, peerPublicKey),
        });
        return secret.every((byte) => byte === 0) ? undefined : Uint8Array.from(secret);
      } catch {
        return undefined; // OpenSSL refuses small-order points itself
      }
    },
  };
}

/** Signs, and remembers the key that signed last: a node has one, and to make its object anew takes
 * as long as to sign (10 and 20 µs on Bun 1.4.5). */
function nativeSigner(): Primitives["ed25519Sign"] {
  let last: { readonly seed: Uint8Array; readonly key: KeyObject } | undefined;
  return (seed, message) => {
    if (last === undefined || !equalSecrets(last.seed, seed)) {
      last = { seed: seed.slice(), key: privateKeyObject(PKCS8_ED25519, seed) };
    }
    return sign(null, message, last.key);
  };
}

const digest = (algorithm: string, data: Uint8Array): Uint8Array => hash(algorithm, data, "buffer");

/** node:crypto, which Bun and Deno both bring: synchronous and the fastest they have. */
export const nativePrimitives: Primitives = {
  sha1: (data) => digest("sha1", data),
  sha256: (data) => digest("sha256", data),
  sha512: (data) => digest("sha512", data),
  hmacSha256: (key, data) => createHmac("sha256", key).update(data).digest(),
  scrypt: (password, salt, n, r) =>
    scryptSync(password, salt, 32, { N: n, r, p: 1, maxmem: SCRYPT_MEMORY_BYTES_MAX }),
  aead: nativeAead,
  ed25519PublicKey: (seed) => rawPublicKey(privateKeyObject(PKCS8_ED25519, seed)),
  ed25519Sign: nativeSigner(),
  ed25519Verify(publicKey, message, signature) {
    // BoringSSL and OpenSSL accept y ≥ p and small-order keys; everything else they do strictly
    if (!isStrictPublicKey(publicKey) || signature.length !== 64) return false;
    try {
      return verify(null, message, publicKeyObject(SPKI_ED25519, publicKey), signature);
    } catch {
      return false;
    }
  },
  x25519: nativeX25519,
  copyBytes: copyByView,
};
