import type { SliceProof } from "../../content/mod.ts";
import type {
  Address,
  ChunkId,
  Instant,
  MetaId,
  PublicKey,
  SkerryError,
  StrongId,
} from "../../lib/mod.ts";
import type { LedgerStatement, PlacementTerms, Spending } from "../../market/mod.ts";
import type { SlotAddress } from "../../ports/mod.ts";
import type { RankSearchStatus } from "../self/rank_miner.ts";
import type {
  DenylistStatus,
  DiskStatus,
  LedgerEntry,
  OfferStatus,
  StoreEarner,
  StoreEntry,
} from "./operator_api.ts";
import type { Payments } from "./payments_api.ts";
import type { PublicationsApi } from "./publications_api.ts";
import type { PlacementReport, PlacementsStatus, PlacementSummary } from "./placement_api.ts";
import type { Values } from "./value_api.ts";

/** The facade: all that the gateway, the admin API and an embedding program see of a node. */
export interface Node extends Values, Payments {
  readonly info: NodeInfo;
  /** Whether this node can answer for the network, and if not, why. */
  readiness(): Readiness;
  status(): Promise<NodeStatus>;
  peers(): readonly PeerInfo[];
  /** How this node stands with every peer that it has traded with, the greatest balance first. */
  ledger(): readonly LedgerEntry[];
  /** What signatures prove about this node's account with a peer, for a third party.
   * @throws {SkerryError} INVALID_ID if there is no account, DISK_FAILED. */
  proveLedger(peer: PublicKey): Promise<LedgerStatement>;
  /** What the store holds, newest use first, at most `limit` rows; what is used while they are
   * read may be missing. @throws {SkerryError} DRAINING. */
  storeEntries(limit: number): Promise<readonly StoreEntry[]>;
  /** What it holds, the highest revenue first, at most `limit` rows of the 1,024 that are most
   * worth keeping. @throws {SkerryError} REFUSED if this node sells nothing (without --credit). */
  storeEarners(limit: number): readonly StoreEarner[];

  /** Opens a raw chunk by id. All its bytes are proven (SHA-1) before it resolves.
   * @throws {SkerryError} CHUNK_NOT_FOUND, LOOKUP_TIMED_OUT, FETCH_TIMED_OUT, HOLDERS_FAILED,
   * NO_PEERS, NOT_LOCAL, BUSY, DRAINING, DISK_FAILED, CANCELLED. */
  openChunk(id: ChunkId, options?: ReadOptions): Promise<OpenChunk>;
  /** A chunk's size, moving no payload: from the index, or from the first answer of a holder
   * (FETCH_INFO of a FETCH for no slices), whose word for it is all there is.
   * @throws {SkerryError} as openChunk. */
  statChunk(id: ChunkId, options?: ReadOptions): Promise<ChunkStat>;

  /** Begins a purchase, for ReadOptions: counts what its calls cost and keeps them within a budget.
   * Who has time buys of the cheaper holders.
   * @param budgetCb in credit bytes; left out: any price that this node pays. A call that it does
   * not pay for rejects with BUDGET_EXHAUSTED.
   * @param deadlineMs by when all of it should be here; whom to ask follows from it, no call ends
   * by it. */
  openPurchase(budgetCb?: number, deadlineMs?: number): Purchase;

  /** Finds what `path` (decoded segments; empty = the object itself) names below `meta`.
   * @throws {SkerryError} as openChunk, and PATH_NOT_FOUND, INVALID_MANIFEST. */
  resolve(meta: MetaId, path: readonly string[], options?: ReadOptions): Promise<Resolved>;

  /** The object itself that `path` names below `meta`, as it is stored: a manifest, or by its own
   * id a page of one. @throws {SkerryError} as resolve. */
  readManifest(
    meta: MetaId,
    path: readonly string[],
    options?: ReadOptions,
  ): Promise<FoundManifest>;

  /** True if this node published the object itself (its record is pinned), not merely cached it.
   * Answers from the index: no datagram, no disk. */
  isOwn(meta: MetaId): boolean;

  /** What the operator's denylist says of content, as far as the id and the path tell before
   * anything is fetched: DENIED or DENIED_BY_LAW; undefined if it says nothing. */
  denialOf(what: DenySubject): SkerryError | undefined;
  /** Cache tags of answers about `what`: those that are purged when a rule about it comes or goes.
   * None where there is no denylist. */
  denyTagsOf(what: DenySubject): readonly string[];
  /** Calls `listener` with the tags to purge, at most 1,000 at once, when the list has changed. */
  watchDenyTags(listener: (tags: readonly string[]) => void): void;
  /** Reads the denylist's files now, also if they look as they did. What is wrong with them is in
   * the log and in status(). */
  reloadDenylist(): Promise<void>;

  /** Publishes one local file or directory tree; its content is pinned.
   * @throws {SkerryError} FILE_UNREADABLE, INVALID_PATH, STORE_FULL, DISK_FAILED, CANCELLED. */
  publishPath(path: string, options?: PublishOptions): Promise<Published>;
  /** Publishes a byte stream as one file. */
  publishStream(
    name: string,
    bytes: AsyncIterable<Uint8Array>,
    options?: PublishOptions,
  ): Promise<Published>;

  /** What this node publishes, and taking it back. */
  readonly publications: PublicationsApi;

  /** Where a publication of this node lies, if hosts were ordered for it. */
  placementReport(meta: MetaId): PlacementReport | undefined;

  /** The story of one lookup, told step by step. */
  trace(id: ChunkId | StrongId, options?: ReadOptions): Promise<Trace>;

  /** Prometheus text of every metric. */
  metricsText(): Promise<string>;
  /** Refuses new work, finishes what runs, closes everything. Safe to call twice. */
  stop(): Promise<void>;
}

export interface NodeInfo {
  readonly network: string;
  readonly publicKeyText: string;
  readonly nodeIdHex: string;
  /** When it started; see NodeStatus. */
  readonly rank: number;
  readonly udpAddress: Address;
  /** `skerry://<key>@host:port`. */
  readonly uri: string;
  readonly version: string;
}

export type Readiness = { readonly ready: true } | {
  readonly ready: false;
  readonly reason: "not_bootstrapped" | "draining" | "disk_failed";
};

/** The copies that this node has others keep, and keeps for others. */
export interface CopyStatus {
  /** As set: 0 = it offers and takes none. */
  readonly replicas: number;
  /** Keys that are looked after: published here, or lying near this node. */
  readonly keys: number;
  /** Bytes of others among them. */
  readonly guardedBytes: number;
  /** Keys offered to other nodes since the start; most are questions whether they still have it. */
  readonly offered: number;
  /** Bytes since the start: what others wanted of it; what was fetched because it was offered. */
  readonly givenBytes: number;
  readonly takenBytes: number;
}

export interface NodeStatus {
  readonly role: "super" | "user";
  readonly reachability: "unknown" | "public" | "nated";
  readonly peers: number;
  readonly routingTable: { readonly contacts: number };
  readonly store: {
    readonly chunks: number;
    readonly bytes: number;
    readonly quotaBytes: number;
    readonly pinnedBytes: number;
  };
  /** Absent while the disk has taken all that it was given. */
  readonly disk?: DiskStatus;
  readonly selling: OfferStatus;
  readonly traffic: { readonly sentBytes: number; readonly receivedBytes: number };
  readonly announce: { readonly keys: number; readonly pending: number };
  /** This node's own, as it is by now. */
  readonly rank: number;
  /** Absent where it searches for none. */
  readonly rankSearch?: RankSearchStatus;
  readonly copies: CopyStatus;
  readonly uptimeSeconds: number;
  /** What this node is paid to keep for others; absent if nothing. */
  readonly hosting?: {
    /** Chunks, each for each of its publishers. */
    readonly contracts: number;
    /** On disk. */
    readonly bytes: number;
  };
  /** What others are paid to keep for this node; absent if nothing was ordered. */
  readonly placements?: PlacementsStatus;
  /** True if no bootstrap was given and nobody has called: the first node of a network. */
  readonly firstNode: boolean;
  /** Absent where none is configured. */
  readonly denylist?: DenylistStatus;
}

/** What a denylist may have a rule about. */
export type DenySubject =
  | { readonly kind: "path"; readonly meta: MetaId; readonly path: readonly string[] }
  | { readonly kind: "name"; readonly publicKey: PublicKey };

export interface PeerInfo {
  readonly nodeId: string;
  readonly publicKey: string;
  readonly address: string;
  readonly rttMs: number | undefined;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly connectedSeconds: number;
  readonly rank: number;
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds until LOOKUP_TIMED_OUT or FETCH_TIMED_OUT, counted from the call; in
   * ByteSource.read(), which may run for hours, anew for each piece. Default 30,000. */
  readonly timeoutMs?: number;
  /** Answer from this node's own store or reject with NOT_LOCAL; no datagram is sent. */
  readonly localOnly?: boolean;
  /** On whose money it is bought, and by when all of it should be here: Node.openPurchase(). Left
   * out: nobody counts it. */
  readonly purchase?: Purchase;
  /** Bytes that the same purchase will buy after these: budget and time are for them too. */
  readonly laterBytes?: number;
  /** The reader is done with each piece when it asks for the next or leaves: the memory of a piece
   * is then used again. Default: a piece is the reader's to keep. */
  readonly reusePieces?: boolean;
}

/** What one reader buys, over any number of calls. */
export interface Purchase {
  readonly spending: Spending;
  /** By the node's own clock. */
  readonly deadlineAt: Instant | undefined;
}

/** Verified bytes of known size, readable at any place. */
export interface ByteSource {
  readonly size: number;
  /** Memory that it keeps alive beyond what any source needs, bytes, roughly: all that is read from
   * memory, and what lists the pieces of a long file. */
  readonly heldBytes: number;
  /** Yields the bytes of [start, end) in order, as pieces of up to 1 MiB, each proven before it is
   * yielded; touches only the slices that hold them. Works ahead of the reader within a bound; the
   * iterator's `return` (or the signal) stops the work. A piece is the reader's to keep, unless it
   * asked for `reusePieces`, and to be left as it is.
   * Rejects mid-way with a SkerryError if the rest cannot be had. */
  read(start: number, end: number, options?: ReadOptions): AsyncIterable<Uint8Array>;
  /** The proven bytes around `offset`, for another process that reads this node's store. Absent
   * where nothing of it can lie in a slot. @returns undefined if they have to be asked for by
   * `read`: they are not here, or not proven yet. Never rejects. */
  lend?(offset: number): Promise<LentBytes | undefined>;
}

/** Bytes [start, end) of a source: the beginning of a slot, as lent for SLOT_LOAN_MS from the call,
 * or a copy of what lies in none. */
export interface LentBytes {
  readonly start: number;
  readonly end: number;
  readonly in: SlotAddress | Uint8Array;
}

/** Where the time of one answer went, ms; for Server-Timing and trace. */
export interface Timings {
  readonly source: "local" | "peer";
  readonly lookupMs?: number;
  readonly lookupRounds?: number;
  readonly holders?: number;
  /** Proving the objects that were fetched whole: manifests, raw chunks. */
  readonly verifyMs?: number;
}

export interface ChunkStat {
  /** Bytes, at most 1 MiB. */
  readonly size: number;
  readonly timings: Timings;
}

export interface OpenChunk extends ByteSource {
  readonly id: ChunkId;
  readonly timings: Timings;
}

export interface FoundManifest extends Omit<ResolvedBase, "size"> {
  /** What strongId is the SHA-256 of; at most 1 MiB. */
  readonly bytes: Uint8Array;
}

export type Resolved = ResolvedFile | ResolvedDirectory;

interface ResolvedBase {
  /** The strong id of the object that the path names. */
  readonly strongId: StrongId;
  /** Strong ids, one for `meta` itself and one per path segment (X-Skerry-Roots). */
  readonly roots: readonly StrongId[];
  /** Logical bytes: the file's length, or the sum over a directory's files. */
  readonly size: number;
  readonly timings: Timings;
}

export interface ResolvedFile extends ResolvedBase, ByteSource {
  readonly kind: "file";
  /** BitTorrent v2 pieces root; undefined for a zero-byte file. */
  readonly fileRoot: Uint8Array | undefined;
  /** From the manifest; may be empty. */
  readonly mime: string;
  /** From the directory entry or else the manifest; may be empty. */
  readonly name: string;
  /** Present files answer at once; opening may need the network when false. */
  readonly isLocal: boolean;
  /** SHA-256 of the whole contents, where the manifest tells it (a file of at most 64 KiB): hashed
   * anew at each call. */
  sha256(): Uint8Array | undefined;
  /** What proves slices [first, last] (64 KiB each) against fileRoot; nothing for a file of one
   * slice, whose bytes do. Fetches manifest pages, no contents.
   * @throws {SkerryError} as read, and INVALID_MANIFEST, REFUSED for a file above 64 GiB. */
  prove(first: number, last: number, options?: ReadOptions): Promise<SliceProof>;
}

export interface ResolvedDirectory extends ResolvedBase {
  readonly kind: "directory";
  readonly entryCount: number;
  /** Entries [start, start + limit) in byte order of their names; fetches only their pages. */
  list(start: number, limit: number, options?: ReadOptions): Promise<readonly DirectoryItem[]>;
}

export interface DirectoryItem {
  readonly name: string;
  readonly kind: "file" | "directory";
  readonly strongId: StrongId;
  readonly size: number;
  readonly mime: string;
}

export interface PublishOptions {
  readonly signal?: AbortSignal;
  /** Return when this many other nodes hold the record. Default: 1 when a peer is known, else 0. */
  readonly waitHolders?: number;
  readonly onProgress?: (progress: PublishProgress) => void;
  readonly mime?: string;
  /** How long a stream will be, where its sender has said so: for progress alone. */
  readonly announcedBytes?: number;
  /** Have others keep it too, for pay. */
  readonly hosting?: PlacementTerms;
}

export interface PublishProgress {
  readonly phase: "hashing" | "announcing" | "placing";
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly path: string;
  /** What the store has left for published content, told where that is less than all that is read:
   * it fits only as far as it repeats, or is published here already. */
  readonly roomBytes?: number;
}

export interface Published {
  /** 40 hex: SHA-1 of the manifest. */
  readonly meta: string;
  /** 52 characters of base32: SHA-256 of the manifest. */
  readonly link: string;
  /** 64 hex; absent for a directory and a zero-byte file. */
  readonly fileRoot?: string;
  readonly size: number;
  /** Number of chunks, manifests not counted. */
  readonly chunks: number;
  readonly chunkIds: readonly string[];
  /** How many other nodes confirmed that they hold the manifest's record. */
  readonly holders: number;
  /** What others are paid to keep of it, if that was ordered. */
  readonly placement?: PlacementSummary;
}

export interface Trace {
  readonly id: string;
  readonly found: boolean;
  readonly rounds: readonly {
    readonly asked: number;
    readonly answered: number;
    /** Since the lookup's first question. */
    readonly startedMs: number;
    readonly ms: number;
  }[];
  readonly holders: readonly {
    readonly nodeId: string;
    readonly address: string;
    readonly rttMs: number | undefined;
    readonly result: string;
    /** What it asks for a byte of this object, in credit bytes; absent while its place is not
     * proven. */
    readonly priceFactor?: number;
    /** What this trace has cost there, in credit bytes. */
    readonly paidCb?: number;
  }[];
  /** From the trace's beginning to the first slice of content that was asked for. */
  readonly firstByteMs: number | undefined;
  /** Until the lookup was over and each holder had been reached or given up: longer than finding it
   * took where holders are dead. */
  readonly totalMs: number;
  /** This node holds it too: readers here are served without the network. */
  readonly heldHere: boolean;
}
