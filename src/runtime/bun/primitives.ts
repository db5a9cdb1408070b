import type { Primitives } from "../../crypto/mod.ts";
import { nativePrimitives } from "../shared/native_primitives.ts";
import { bunAead } from "./aead.ts";

/** Bun's takes any Uint8Array. */
const bufferCopy = Buffer.prototype.copy;

/** node:crypto, with packets sealed by the system's libcrypto where it is, and the short hashes of
 * every packet and handshake taken from Bun's own hashers:
 * measured on Bun 1.4.5, SHA-256 of 32 B 0.08 instead of 0.17 µs, HMAC 0.26 instead of 0.39 µs;
 * from 600 B up both are bound by SHA-NI and equal. */
export const bunPrimitives: Primitives = {
  ...nativePrimitives,
  sha1(data) {
    const out = new Uint8Array(20);
    Bun.SHA1.hash(data, out);
    return out;
  },
  sha256(data) {
    const out = new Uint8Array(32);
    Bun.SHA256.hash(data, out);
    return out;
  },
  sha512(data) {
    const out = new Uint8Array(64);
    Bun.SHA512.hash(data, out);
    return out;
  },
  aead: bunAead,
  /** Without a view, which would be all that a sealed packet leaves behind: 0.07 instead of
   * 0.11 µs for 1,436 B, and a tenth of a sender's time in collections and fresh pages. */
  copyBytes(source, from, to, target, at) {
    bufferCopy.call(source as Buffer, target, at, from, to);
  },
  hmacSha256: (key, data) => new Bun.CryptoHasher("sha256", key).update(data).digest(),
};
