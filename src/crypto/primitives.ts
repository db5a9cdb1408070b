import type { CopyBytes } from "../lib/mod.ts";

/** The primitives that a runtime can bring natively. All are synchronous and deterministic, so the
 * pure rooms may call them; which implementation runs is chosen once, at the roof. What they return
 * may be a Buffer, whose slice() shares memory: copy with `new Uint8Array(bytes)`. */
export interface Primitives {
  /** 20 bytes. */
  sha1(data: Uint8Array): Uint8Array;
  /** 32 bytes. */
  sha256(data: Uint8Array): Uint8Array;
  /** 64 bytes. */
  sha512(data: Uint8Array): Uint8Array;
  /** HMAC-SHA-256 (RFC 2104), 32 bytes. */
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** scrypt (RFC 7914) with p = 1, 32 bytes out. */
  scrypt(password: Uint8Array, salt: Uint8Array, n: number, r: number): Uint8Array;
  /** AES-256-GCM bound to one 32-byte key. */
  aead(key: Uint8Array): Aead;
  /** ed25519 public key of a 32-byte seed (RFC 8032). */
  ed25519PublicKey(seed: Uint8Array): Uint8Array;
  /** 64-byte signature. */
  ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  /** Strict verification (RFC 8032 §5.1.7, no ZIP 215, no cofactor): false, never a throw, on bad
   * input, on non-canonical encodings and on small-order keys. All implementations agree. */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** A private scalar imported once, so that hot-path DH stays native. */
  x25519(privateKey: Uint8Array): X25519Key;
  /** For every packet of a slice. */
  readonly copyBytes: CopyBytes;
}

/** AES-256-GCM under one key. A nonce is used at most once per key: the caller's duty. Places are
 * told by offset, so that a packet costs no view of its own. */
export interface Aead {
  /** Encrypts the `bytes` bytes of `buffer` at `at` where they lie and writes the tag behind them.
   * @throws {RangeError} if the tag would pass the end of `buffer`. */
  seal(nonce: Uint8Array, aad: Uint8Array, buffer: Uint8Array, at: number, bytes: number): void;
  /** Opens sealed[at … at + bytes), ciphertext | tag, and writes the plaintext to the start of
   * `out`, which is another buffer. False, and nothing usable in `out`, if it does not authenticate
   * or is shorter than a tag.
   * @throws {RangeError} if it passes the end of `sealed`, or the plaintext that of `out`. */
  open(
    nonce: Uint8Array,
    aad: Uint8Array,
    sealed: Uint8Array,
    at: number,
    bytes: number,
    out: Uint8Array,
  ): boolean;
}

export interface X25519Key {
  readonly publicKey: Uint8Array;
  /** 32-byte shared secret; undefined for a small-order peer key (all-zero result). */
  agree(peerPublicKey: Uint8Array): Uint8Array | undefined;
}

export const AEAD_TAG_BYTES = 16;
export const AEAD_NONCE_BYTES = 12;
