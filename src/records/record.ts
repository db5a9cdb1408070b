import type { Address, PublicKey } from "../lib/mod.ts";

/** 20 bytes: where a record lies. It follows from the record's own content, so nobody can put a
 * record under somebody else's key. */
export type RecordKey = Uint8Array & { readonly id: "RecordKey" };

/** The first fields of a record's canonical array. */
export const RECORD_VERSION = 1;
export const RECORD_KIND = { mutable: 1, immutable: 2, host: 3 } as const;

export const SALT_BYTES_MAX = 64;
/** As BEP 44 has it: a value is a pointer, not the content. */
export const VALUE_BYTES_MAX = 1000;
/** How long a reader may keep a value without asking again: a day at most. */
export const TTL_SECONDS_MAX = 86_400;
/** How long a statement may hold that its owner does not repeat: a week. Longer would let anyone
 * show a reader who knows nothing newer a value that was replaced long ago. */
export const LIFETIME_SECONDS_MAX = 7 * 86_400;
/** How far the owner's clock may be ahead of the reader's: twice what a handshake allows. */
export const CLOCK_SKEW_MS = 10 * 60_000;
/** As many parents as a node behind NAT keeps: two may die before it looks for another. */
export const PARENTS_MAX = 3;

/** One value of one owner under one salt, replaced by the owner's next one. Byte fields are copies.
 * BEP 44's mutable item with two times of its own. */
export interface MutableRecord {
  readonly kind: "mutable";
  readonly key: RecordKey;
  /** The canonical bytes, signature and all: what is stored and sent. */
  readonly bytes: Uint8Array;
  readonly publicKey: PublicKey;
  /** 0 … 64 bytes: tells several values of one owner apart. */
  readonly salt: Uint8Array;
  /** u64. The greatest wins. */
  readonly seq: bigint;
  /** 0 … 1,000 bytes. */
  readonly value: Uint8Array;
  /** Unix ms by the owner's clock. */
  readonly signedAtMs: number;
  /** For so long a reader may use it without looking for a newer one, 0 … a day. */
  readonly ttlSeconds: number;
  /** For so long after signedAtMs it may be believed at all, 1 s … a week. */
  readonly lifetimeSeconds: number;
}

/** A small value under its own hash. */
export interface ImmutableRecord {
  readonly kind: "immutable";
  readonly key: RecordKey;
  readonly bytes: Uint8Array;
  readonly value: Uint8Array;
}

/** Who passes messages on to a node that cannot be dialled. */
export interface HostParent {
  readonly publicKey: PublicKey;
  readonly address: Address;
  /** When the parent lets go of it, Unix seconds. */
  readonly leaseUntil: number;
}

/** Where a node behind NAT is reached. Believed until the last of its leases has run out. */
export interface HostRecord {
  readonly kind: "host";
  readonly key: RecordKey;
  readonly bytes: Uint8Array;
  readonly publicKey: PublicKey;
  readonly seq: bigint;
  /** 1 … 3. */
  readonly parents: readonly HostParent[];
  /** Bits that later versions give a meaning, u32. */
  readonly capabilities: number;
}

export type AnyRecord = MutableRecord | ImmutableRecord | HostRecord;
export type RecordKind = AnyRecord["kind"];

/** A record whose key and signature were checked: only these are stored, sent or shown. */
export type Verified<R extends AnyRecord = AnyRecord> = R & { readonly isVerified: true };

/** Until when a record may be believed, Unix ms; undefined = for ever. */
export function expiresMs(record: AnyRecord): number | undefined {
  switch (record.kind) {
    case "mutable":
      return record.signedAtMs + 1000 * record.lifetimeSeconds;
    case "immutable":
      return undefined;
    case "host":
      return 1000 * Math.max(...record.parents.map(({ leaseUntil }) => leaseUntil));
  }
}

/** True if it claims to come from a time that is not yet: it would outlive its lifetime. */
export function isSignedAhead(record: AnyRecord, unixMs: number): boolean {
  return record.kind === "mutable" && record.signedAtMs > unixMs + CLOCK_SKEW_MS;
}

/** Its place in the order of one key's records; an immutable one has no successor. */
export function seqOf(record: AnyRecord): bigint {
  return record.kind === "immutable" ? 0n : record.seq;
}
