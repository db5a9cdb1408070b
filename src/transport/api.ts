import type { Address, Instant, NodeId, PublicKey, Share } from "../lib/mod.ts";
import type { WorkClaim } from "../session/mod.ts";
import type { Earliness } from "../wire/mod.ts";

export type { WorkClaim } from "../session/mod.ts";

/** Names one connection of an endpoint for as long as it lives; never reused in a run. */
export type ConnectionHandle = number & { readonly unit: "connection" };

/** Status byte of FETCH_INFO (protocol.md §2.2). */
export const FETCH_STATUS = { ok: 0, unknown: 1, busy: 2, rank: 3, credit: 4 } as const;
export type FetchStatus = (typeof FETCH_STATUS)[keyof typeof FETCH_STATUS];

/** What a FETCH costs and how its asker stands with the server, by the server's word. */
export interface FetchStanding {
  /** Price of a byte, 0 … 255; with status rank the rank that it takes to be served. */
  readonly factor: number;
  /** What the asker owes, and how far it may, in credit bytes; each within an i64. */
  readonly balance: bigint;
  readonly line: bigint;
}

/** Where nothing is charged. */
export const NO_STANDING: FetchStanding = Object.freeze({ factor: 0, balance: 0n, line: 0n });

/** The server's first answer to a FETCH. */
export interface FetchAnswer {
  readonly status: FetchStatus;
  readonly chunkLength: number;
  readonly queueMs: number;
  /** NO_STANDING if absent. */
  readonly standing?: FetchStanding;
}

/** Core → world. `bytes` of an event are the receiver's to keep unless said otherwise. */
export type TransportEvent =
  | {
    readonly kind: "connected";
    readonly connection: ConnectionHandle;
    readonly publicKey: PublicKey;
    readonly work: WorkClaim;
    readonly address: Address;
    readonly initiatedByUs: boolean;
    /** Our address as the peer sees it; only the responder tells the initiator. */
    readonly observedAddress: Address | undefined;
    /** An `early_message` of this peer came before its address was proven, which it is now. */
    readonly askedUnproven: boolean;
  }
  | {
    readonly kind: "connect_failed";
    readonly connection: ConnectionHandle;
    readonly publicKey: PublicKey;
    readonly address: Address;
    readonly reason: "timed_out" | "refused";
  }
  | {
    readonly kind: "closed";
    readonly connection: ConnectionHandle;
    readonly publicKey: PublicKey;
    readonly reason: "idle" | "peer" | "local" | "protocol" | "replaced" | "lost";
    readonly code: number;
  }
  /** A whole MSG. */
  | {
    readonly kind: "message";
    readonly connection: ConnectionHandle;
    readonly bytes: Uint8Array;
  }
  /** A question that came in an INIT (0-RTT). Only what changes nothing may be carried out: anybody
   * who has seen the packet can send it from anywhere. `connection` names this question alone:
   * sendMessage() on it within this turn puts the answer into the RESP. What is not answered there
   * the peer asks again in its session. */
  | {
    readonly kind: "early_message";
    readonly connection: ConnectionHandle;
    readonly bytes: Uint8Array;
    /** A cookie or token has shown that the sender receives where it claims to be. */
    readonly isAddressProven: boolean;
  }
  /** The peer asks for slices of an object (server side). Answer with fetchInfo, then slices. */
  | {
    readonly kind: "fetch_requested";
    readonly connection: ConnectionHandle;
    readonly requestId: number;
    /** 20 bytes: SHA-1, or SHA-256[0..20) of a manifest object. */
    readonly id: Uint8Array;
    /** Bit i = slice i of 65,536 bytes; 0 asks for fetchInfo alone. */
    readonly bitmap: number;
    readonly maxPrice: number;
  }
  /** The peer no longer wants a fetch (server side). */
  | {
    readonly kind: "fetch_cancelled";
    readonly connection: ConnectionHandle;
    readonly requestId: number;
  }
  /** The connection has room to send: hand over the next slice of some open fetch. */
  | { readonly kind: "slices_wanted"; readonly connection: ConnectionHandle }
  /** What provideSlice() was given is the giver's again (server side): all of it is acknowledged,
   * or nobody wants it any more. */
  | {
    readonly kind: "slice_returned";
    readonly connection: ConnectionHandle;
    readonly requestId: number;
    readonly bytes: Uint8Array;
    /** How many of them the peer has acknowledged. */
    readonly ackedBytes: number;
  }
  /** The peer's first answer to a FETCH (client side). */
  | {
    readonly kind: "fetch_info";
    readonly connection: ConnectionHandle;
    readonly requestId: number;
    readonly status: FetchStatus;
    readonly chunkLength: number;
    readonly queueMs: number;
    readonly standing: FetchStanding;
  }
  /** Every byte of slice `slice` lies in the buffer given to startFetch(); not verified yet. */
  | {
    readonly kind: "slice_received";
    readonly connection: ConnectionHandle;
    readonly requestId: number;
    readonly slice: number;
    /** Bytes of slices called off that came meanwhile, if any: the peer counts them too. */
    readonly calledOffBytes?: number;
  }
  /** The peer will not send this slice (status ≠ 0). */
  | {
    readonly kind: "slice_refused";
    readonly connection: ConnectionHandle;
    readonly requestId: number;
    readonly slice: number;
    readonly status: number;
  };

/** Classes of bulk that we send, the first comes first, always (protocol.md §2.3). Which one a peer
 * is in the serving side decides alone: no frame says why somebody asks. */
export const SERVICE_TIER = { paid: 0, free: 1, background: 2 } as const;
export const SERVICE_TIERS = Object.keys(SERVICE_TIER).length;

/** What a peer is entitled to until somebody says otherwise. */
export const DEFAULT_SHARE: Share = Object.freeze({ tier: SERVICE_TIER.free, weight: 1 });

/** Packets on their way out: consecutive ones of `segmentBytes`, the last perhaps shorter. */
export interface Train {
  readonly to: Address;
  readonly bytes: number;
  readonly segmentBytes: number;
}

/** Where to reach a node and which key it must prove. */
export interface DialTarget {
  readonly publicKey: PublicKey;
  readonly address: Address;
}

export interface FetchRequest {
  readonly id: Uint8Array;
  readonly bitmap: number;
  readonly maxPrice: number;
  /** The object's buffer, up to 1 MiB: DATA is written at its offset, into asked-for and not yet
   * whole slices only. Shared by fetches from several peers as long as their bitmaps differ. */
  readonly into: Uint8Array;
  /** What offset of the object `into` begins at, a multiple of 65,536; 0 if absent. */
  readonly intoAt?: number;
}

/** How the answers to all our FETCHes of one peer come in. */
export interface FetchProgress {
  /** Bytes asked for, and neither here nor refused yet. */
  readonly outstandingBytes: number;
  /** When something was asked for last while nothing else was outstanding. */
  readonly busySince: Instant | undefined;
  /** DATA that was asked for, each byte counted once, since the connection began. */
  readonly arrivedBytes: number;
  /** When the last of it came. */
  readonly arrivedAt: Instant | undefined;
}

/** What node/ sees of the transport. Sans-I/O: every deed takes `now`, nothing is sent before
 * pollTransmit is called. */
export interface Transport {
  // commands
  /** The connection to this key, opening one if there is none. Messages queue until it is up. */
  connect(target: DialTarget, now: Instant): ConnectionHandle;
  /** @param earliness whether it may ride in the INIT of a connection that is not up yet; never if
   * absent. @returns false if the connection is gone or its queue is full. `bytes` ≤ 65,535,
   * copied. */
  sendMessage(
    connection: ConnectionHandle,
    bytes: Uint8Array,
    now: Instant,
    earliness?: Earliness,
  ): boolean;
  /** An answer to a question that will be asked again if none comes: it is sent once and may be
   * lost, so that nothing has to be kept or acknowledged for it. `bytes` are kept.
   * @returns false if the connection is gone or its queue is full. */
  sendAnswer(connection: ConnectionHandle, bytes: Uint8Array, now: Instant): boolean;
  /** @returns the request id, or undefined if the connection is gone or at its limits
   * (256 open fetches, outstanding-bytes budget). */
  startFetch(connection: ConnectionHandle, request: FetchRequest, now: Instant): number | undefined;
  /** Nothing of it is written, and no event of it follows. @param slice only this one; the peer is
   * told when it was the last one wanted. @returns how many bytes of what is called off have come,
   * at a price that FETCH_INFO named; what still comes is told by `slice_received`. */
  cancelFetch(
    connection: ConnectionHandle,
    requestId: number,
    now: Instant,
    slice?: number,
  ): number;
  /** Server side: the first answer to fetch_requested. */
  fetchInfo(
    connection: ConnectionHandle,
    requestId: number,
    info: FetchAnswer,
    now: Instant,
  ): void;
  /** Server side: bytes of one asked-for slice. The connection keeps `bytes` until an event
   * slice_returned. @returns false if the fetch is gone; then it keeps nothing. */
  provideSlice(
    connection: ConnectionHandle,
    requestId: number,
    slice: number,
    bytes: Uint8Array,
    now: Instant,
  ): boolean;
  /** Server side: the fetch gets no answer, and is forgotten. */
  ignoreFetch(connection: ConnectionHandle, requestId: number, now: Instant): void;
  /** Server side: we cannot send this slice after all. */
  refuseSlice(
    connection: ConnectionHandle,
    requestId: number,
    slice: number,
    status: number,
    now: Instant,
  ): void;
  /** Server side: the peer's share of what we send, from now on: a tier of SERVICE_TIER and a
   * weight of 1 … SHARE_WEIGHT_MAX. */
  setShare(connection: ConnectionHandle, share: Share, now: Instant): void;
  close(connection: ConnectionHandle, code: number, now: Instant): void;

  // world → core
  handleDatagram(bytes: Uint8Array, from: Address, now: Instant): void;
  handleTimeout(now: Instant): void;
  nextTimeout(): Instant | undefined;

  // core → world
  pollEvent(): TransportEvent | undefined;
  /** Writes the next train of packets to `out`, all to one address. */
  pollTransmit(now: Instant, out: Uint8Array): Train | undefined;

  // getters
  /** How many slices the connection would take right now (server side). */
  sliceRoom(connection: ConnectionHandle): number;
  shareOf(connection: ConnectionHandle): Share;
  /** FETCH bytes that may still be asked of this peer (flow control, §2.3). */
  fetchRoom(connection: ConnectionHandle): number;
  /** Undefined if the connection is gone. */
  fetchProgress(connection: ConnectionHandle): FetchProgress | undefined;
  info(connection: ConnectionHandle): ConnectionInfo | undefined;
  connections(): Iterable<ConnectionHandle>;
  /** What handshakes claim of our work from now on. */
  setWork(work: WorkClaim): void;
  stats(): Readonly<Record<string, number>>;
}

export interface ConnectionInfo {
  readonly publicKey: PublicKey;
  readonly nodeId: NodeId | undefined;
  readonly address: Address;
  readonly work: WorkClaim;
  readonly isEstablished: boolean;
  readonly smoothedRttMs: number | undefined;
  readonly bandwidthBytesPerSecond: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly connectedAt: Instant | undefined;
}
