import type { Address, NodeId, PublicKey } from "../lib/mod.ts";
import type { Verified } from "../records/mod.ts";
import type { Message, PUT_CODE } from "../wire/mod.ts";
import type { Claim } from "./identities.ts";
import type { LookupReason, LookupRound } from "./lookup.ts";

/** Names one lookup, announce or put; never reused in a run. */
export type LookupId = number & { readonly unit: "lookup" };
export type AnnounceId = number & { readonly unit: "announce" };
export type PutId = number & { readonly unit: "put" };

/** Why a node is not listened to: its own claim of place is false; it passed false claims on, or a
 * record that it should have checked. */
export type BlameReason = "false_claim" | "false_contacts" | "false_record";

/** The node at the other end of an authenticated session, as the shell sees it. Effects that answer
 * a message carry the very object that came in, so the shell may hang more on it. */
export interface DhtPeer {
  readonly publicKey: PublicKey;
  /** Where its packets come from; proven by the handshake. */
  readonly address: Address;
  /** The id puzzle's nonce it claimed in the handshake; not verified yet. */
  readonly idNonce: bigint;
  /** Its verified rank; 0 as long as none is verified. */
  readonly rank: number;
}

/** Whom to dial: enough for a handshake. */
export interface DhtTarget {
  readonly publicKey: PublicKey;
  readonly address: Address;
}

/** A node whose place is verified. What is stored for the next start. */
export interface KnownNode extends DhtTarget {
  readonly nodeId: NodeId;
  readonly idNonce: bigint;
}

/** World → core. */
export type DhtInput =
  /** A decoded message of a session that is up; or, `isUnproven`, a question that came in a
   * handshake before its sender's address was proven: it is answered, and nothing else is done. */
  | {
    readonly kind: "message";
    readonly from: DhtPeer;
    readonly message: Message;
    readonly isUnproven?: boolean;
  }
  /** The address of somebody whose question was `isUnproven` has been proven. */
  | { readonly kind: "asker_proven"; readonly from: DhtPeer }
  /** No session could be had with this node: what it was asked has failed. */
  | { readonly kind: "unreachable"; readonly publicKey: PublicKey }
  /** The outcome of verify_work; undefined = the claim is false. Also welcome unasked, to preload
   * what a former run has checked. */
  | ({ readonly kind: "work_verified"; readonly nodeId: NodeId | undefined } & Claim)
  /** What the wall clock says now: at the start, and whenever it was set. */
  | { readonly kind: "wall_clock"; readonly unixMs: number };

/** Somebody who has the bytes of a key, as told by others: nothing of it is proven. */
export interface FoundProvider {
  readonly publicKey: PublicKey;
  /** Undefined if it is listed by its key alone and its address is not known here. */
  readonly address: Address | undefined;
  readonly flags: number;
  readonly factor: number;
  /** Unix seconds. */
  readonly expiresAt: number;
}

export interface LookupOutcome {
  /** converged, exhausted (fewer than k nodes exist): the network has been asked. timed_out: its
   * deadline, or a cap on hops, questions or checks. enough: providersWanted are found. */
  readonly reason: LookupReason;
  /** Verified nodes that answered, nearest first: ≤ k, or ≤ 4 k in a crowd around the target. */
  readonly closest: readonly KnownNode[];
  /** Hops from us outwards. */
  readonly rounds: readonly LookupRound[];
  readonly asked: number;
  /** 0 = there is nobody to ask: an empty answer then means nothing. */
  readonly answered: number;
}

/** What became of the keys of one announce(). */
export interface AnnounceOutcome {
  readonly covered: readonly AnnouncedKey[];
  /** Keys of other regions of the keyspace than the first one's: to be announced on their own. */
  readonly uncovered: readonly Uint8Array[];
  /** Nodes that were found to choose from. */
  readonly nodes: readonly NodeId[];
}

export interface AnnouncedKey {
  readonly key: Uint8Array;
  /** How many other nodes confirmed that they hold the record. */
  readonly holders: number;
  /** Distance of the k-th nearest node, its first 32 bits; 2^32 - 1 if fewer than k nodes exist.
   * A node nearer than this should have the record. */
  readonly reach: number;
}

/** What became of one put(). */
export interface PutOutcome {
  /** How many other nodes store the record now. */
  readonly holders: number;
  /** How many refused it, by reason; "silent" = did not answer. */
  readonly refused: Readonly<Partial<Record<PutRefusal, number>>>;
  /** Nodes that were found to choose from; 0 = there is nobody to store it. */
  readonly nodes: number;
  /** What stands in the way: a record with a greater seq, or with the same and another value. */
  readonly newer: Verified | undefined;
}

export type PutRefusal = Exclude<keyof typeof PUT_CODE, "stored"> | "busy" | "silent";

/** Core → world. */
export type DhtEffect =
  /** Send over the session with this key, opening one at that address if there is none. */
  | { readonly kind: "send"; readonly to: DhtTarget; readonly message: Message }
  /** Answer over the session the question came by; never dial for it. */
  | { readonly kind: "reply"; readonly to: DhtPeer; readonly message: Message }
  /** Check the id puzzle off the event loop and answer with work_verified. */
  | ({ readonly kind: "verify_work"; readonly purpose: "lookup" | "table" } & Claim)
  | { readonly kind: "contact_added"; readonly contact: KnownNode }
  | { readonly kind: "contact_removed"; readonly contact: KnownNode }
  /** Not listened to for 24 h. */
  | {
    readonly kind: "peer_blamed";
    readonly publicKey: PublicKey;
    readonly reason: BlameReason;
  }
  /** An attempt to join is over; 0 contacts = nobody answered, another attempt follows. */
  | { readonly kind: "joined"; readonly contacts: number }
  /** Another node tells where it sees us. */
  | { readonly kind: "address_observed"; readonly address: Address; readonly by: PublicKey }
  /** Providers not reported before by this lookup (or now with an address). */
  | {
    readonly kind: "providers_found";
    readonly lookupId: LookupId;
    readonly providers: readonly FoundProvider[];
  }
  | {
    readonly kind: "lookup_finished";
    readonly lookupId: LookupId;
    readonly outcome: LookupOutcome;
  }
  /** A lookup for a record is over. */
  | {
    readonly kind: "record_finished";
    readonly lookupId: LookupId;
    readonly outcome: LookupOutcome;
    /** The newest one known, be it what the caller knew; undefined = nobody has any. */
    readonly record: Verified | undefined;
    /** How many nodes told of it. */
    readonly agreeing: number;
  }
  | { readonly kind: "put_finished"; readonly putId: PutId; readonly outcome: PutOutcome }
  | {
    readonly kind: "announce_finished";
    readonly announceId: AnnounceId;
    readonly outcome: AnnounceOutcome;
  };
