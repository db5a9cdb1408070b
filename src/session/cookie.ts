import { hmacSha256 } from "../crypto/mod.ts";
import {
  type Address,
  after,
  equalSecrets,
  type Instant,
  type Random,
  randomBytes,
} from "../lib/mod.ts";
import { ADDRESS_FIELD, encodeAddress } from "../wire/mod.ts";

export const COOKIE_BYTES = 16;
const SECRET_BYTES = 32;
/** A cookie lives for one to two of these: longer than a handshake, shorter than a replay ring. */
export const COOKIE_ROTATION_MS = 120_000;
/** A token spares a returning node the cookie's round trip for a day or two. */
export const TOKEN_ROTATION_MS = 24 * 3_600_000;

/** What a proof in an INIT has shown. Both prove that the sender reads mail at its address; a
 * cookie also that it did so within the last four minutes. */
export type ProofKind = "cookie" | "token" | "none";

/** A secret that is drawn anew every period; the one before stays valid for one period more. */
class RotatingSecret {
  readonly #random: Random;
  readonly #periodMs: number;
  #secrets: Uint8Array[] = [];
  #rotateAt: Instant;

  constructor(random: Random, periodMs: number, now: Instant) {
    this.#random = random;
    this.#periodMs = periodMs;
    this.#secrets = [randomBytes(random, SECRET_BYTES)];
    this.#rotateAt = after(now, periodMs);
  }

  /** The current secret first. */
  valid(now: Instant): readonly Uint8Array[] {
    if (now >= this.#rotateAt) {
      const isMissed = now >= after(this.#rotateAt, this.#periodMs);
      const kept = isMissed ? [] : this.#secrets.slice(0, 1);
      this.#secrets = [randomBytes(this.#random, SECRET_BYTES), ...kept];
      this.#rotateAt = after(isMissed ? now : this.#rotateAt, this.#periodMs);
    }
    return this.#secrets;
  }
}

/** ip 16 | port 2, as the wire writes an address. */
function addressBytes(address: Address): Uint8Array {
  const field = new Uint8Array(ADDRESS_FIELD.bytes);
  encodeAddress(address, field, 0);
  return field.subarray(ADDRESS_FIELD.at.ip);
}

/** The proof in an INIT: HMAC-SHA256 under a cookie or token of all before it, cut to 16 bytes. */
export function initProof(secret: Uint8Array, authenticated: Uint8Array): Uint8Array {
  return hmacSha256(secret, authenticated).subarray(0, COOKIE_BYTES);
}

/** Proves that an address receives what is sent there, without keeping a byte for it: cookies
 * (bound to ip and port) and tokens (bound to the ip) are recomputed when they come back. */
export class CookieJar {
  readonly #cookies: RotatingSecret;
  readonly #tokens: RotatingSecret;

  constructor(random: Random, now: Instant) {
    this.#cookies = new RotatingSecret(random, COOKIE_ROTATION_MS, now);
    this.#tokens = new RotatingSecret(random, TOKEN_ROTATION_MS, now);
  }

  /** 16 bytes for a COOKIE to this address. */
  cookie(address: Address, now: Instant): Uint8Array {
    return this.#derive(this.#cookies, addressBytes(address), now)[0] ?? new Uint8Array();
  }

  /** 16 bytes for a RESP to this address. */
  token(address: Address, now: Instant): Uint8Array {
    return this.#derive(this.#tokens, addressBytes(address).subarray(0, 16), now)[0] ??
      new Uint8Array();
  }

  /** What an INIT's proof shows about the address it came from.
   * @param authenticated all that the proof covers. */
  proofKind(
    address: Address,
    proof: Uint8Array,
    authenticated: Uint8Array,
    now: Instant,
  ): ProofKind {
    const bytes = addressBytes(address);
    const isProvenBy = (secret: Uint8Array): boolean =>
      equalSecrets(initProof(secret, authenticated), proof);
    if (this.#derive(this.#cookies, bytes, now).some(isProvenBy)) return "cookie";
    if (this.#derive(this.#tokens, bytes.subarray(0, 16), now).some(isProvenBy)) return "token";
    return "none";
  }

  #derive(secret: RotatingSecret, bytes: Uint8Array, now: Instant): Uint8Array[] {
    return secret.valid(now).map((key) => hmacSha256(key, bytes).subarray(0, COOKIE_BYTES));
  }
}
