import type { PublicKey } from "../../lib/mod.ts";

/** Values that a key's owner replaces: small signed records under a public key and a salt. */
export interface Values {
  /** Signs a value with this node's key, keeps it, and puts it at the nearest nodes now and again
   * until it is replaced or withdrawn. The same value as before keeps its seq.
   * @throws {SkerryError} INVALID_VALUE, SEQ_CONFLICT, REFUSED (too many values), BUSY, DRAINING,
   * DISK_FAILED, LOOKUP_TIMED_OUT, CANCELLED. */
  putValue(value: Uint8Array, options?: PutValueOptions): Promise<PutValue>;
  /** Stops repeating a value of this node's: it runs out where it lies.
   * @returns false if there was none. */
  withdrawValue(salt: Uint8Array): Promise<boolean>;
  /** The newest value of a key that can be found: this node's own, one that is still fresh, or the
   * one that three other nodes agree on.
   * @throws {SkerryError} VALUE_NOT_FOUND, VALUE_EXPIRED, LOOKUP_TIMED_OUT, NO_PEERS, NOT_LOCAL,
   * BUSY, DRAINING, CANCELLED. */
  getValue(
    publicKey: PublicKey,
    salt: Uint8Array,
    options?: GetValueOptions,
  ): Promise<NamedValue>;
}

export interface PutValueOptions {
  /** 0 … 64 bytes; default none. */
  readonly salt?: Uint8Array;
  /** For so long readers and caches may use it unasked: 0 … 86,400, default 300. */
  readonly ttlSeconds?: number;
  /** For so long after this node was last heard of it is believed: 10 … 604,800, default a day. */
  readonly lifetimeSeconds?: number;
  /** Default: one more than the newest known; 1 for the first. */
  readonly seq?: bigint;
  /** Put only if the newest value known has this seq. */
  readonly replaces?: bigint;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** What became of a putValue(). */
export interface PutValue {
  readonly publicKey: PublicKey;
  readonly seq: bigint;
  /** Unix ms, unless it is repeated meanwhile, which this node does. */
  readonly expiresMs: number;
  /** How many other nodes store it now. */
  readonly holders: number;
}

export interface GetValueOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Answer from what is known here or reject with NOT_LOCAL; no datagram is sent. */
  readonly localOnly?: boolean;
}

export interface NamedValue {
  readonly publicKey: PublicKey;
  readonly salt: Uint8Array;
  readonly seq: bigint;
  readonly value: Uint8Array;
  /** Unix ms: when it was signed, and from when on it may not be believed any more. */
  readonly signedAtMs: number;
  readonly expiresMs: number;
  /** What its owner allows, and what is left of that here: it may be used so long unasked. */
  readonly ttlSeconds: number;
  readonly freshSeconds: number;
  readonly source: "own" | "cache" | "network";
  /** How many nodes told of it when it was looked up. */
  readonly agreeing: number;
}
