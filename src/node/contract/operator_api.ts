/** What a node sells, for those who ask it how it is. */
export interface OfferStatus {
  /** Ceiling on what is sent to buyers; absent without --sell-up. */
  readonly upBytesPerSecond?: number;
  /** Bytes on the wire that were counted against it. */
  readonly sentBytes: number;
  /** Disk that is not taken by content published here, and how much of it there may be. */
  readonly diskBytes: number;
  readonly diskQuotaBytes: number;
  /** The greatest distance, 0 … 160 bits, at which cached chunks are served. */
  readonly rangeBits: number;
  /** Reads a day below which no chunk is fetched to be sold; 0 while there is room. */
  readonly minReadsPerDay: number;
}

/** An object in the store. */
export interface StoreEntry {
  readonly id: string;
  readonly bytes: number;
  readonly pinned: boolean;
  readonly lastUsedMs: number;
}

/** What an object in the store earns (S2-09): its price by the mean time between two reads, as its
 * paid reads of late tell. Reads fade by half while the store is asked for ten times what it holds,
 * and no score is more than 16 times the least in a full store: the best earn at least so much. */
export interface StoreEarner extends StoreEntry {
  /** Kept for others, who pay for that. */
  readonly hosted: boolean;
  /** Between its id and this node's, 0 … 160. */
  readonly distanceBits: number;
  /** Of all its bytes, credit bytes. */
  readonly priceCb: number;
  readonly readIntervalSeconds: number;
  /** priceCb by readIntervalSeconds, a day. */
  readonly cbPerDay: number;
  /** What eviction goes by: log2 of what its reads were worth per byte of disk. */
  readonly score: number;
  /** False: it is stored and beyond the range at which cached chunks are served. */
  readonly served: boolean;
}

/** How this node stands with one peer. Credit bytes are decimal text, since they may be more than a
 * JSON number holds. */
export interface LedgerEntry {
  /** 64 hex. */
  readonly publicKey: string;
  /** As far as it was proven in this run. */
  readonly rank: number;
  /** What it had of us, and we of it; the credit bytes with those for places. */
  readonly sentBytes: number;
  readonly sentCb: string;
  readonly receivedBytes: number;
  readonly receivedCb: string;
  /** Agreed for places here, its receipt still to come; absent where there is nothing. */
  readonly unacknowledgedCb?: string;
  /** What it has paid us, and we it. */
  readonly paidCb: string;
  readonly spentCb: string;
  /** What it owes us; negative: we owe it. */
  readonly balanceBytes: number;
  readonly balanceCb: string;
  /** How far it may owe; absent where there are no limits (without --credit). */
  readonly limitCb?: string;
  /** Of sentBytes, what it has not signed for. */
  readonly unsignedBytes: number;
  /** When the last receipt was signed, by either; unix ms. */
  readonly lastReceiptMs?: number;
  /** Times it was caught within the last day that counts; 2 end trade for a day. */
  readonly faults: number;
}

/** What the disk, or a store without room, has refused since the start. */
export interface DiskStatus {
  /** Objects that were fetched and proven, and could not be kept. Their readers had them. */
  readonly unkept: number;
  /** The last of them, or of the store's own work: when (unix ms), and why. */
  readonly faultMs: number;
  readonly fault: string;
}

/** What the operator sees of his denylist. */
export interface DenylistStatus {
  readonly rules: number;
  readonly files: readonly DenyFileStatus[];
  /** Unix ms. */
  readonly loadedMs: number;
  /** Why the newest files are not in force; undefined if they are. */
  readonly fault: string | undefined;
}

export interface DenyFileStatus {
  readonly path: string;
  readonly rules: number;
  /** Of the file, hex. */
  readonly sha256: string;
}
