import type {
  InvoiceEntry,
  LedgerEntry,
  NodeStatus,
  PeerInfo,
  PlacementReport,
  PublicationList,
  Published,
  PublishProgress,
  StoreEarner,
  StoreEntry,
  Unpublished,
} from "../node/mod.ts";

/** Bodies of the admin API (cli.md), for those who write and those who read them. Every request
 * bears `Authorization: Bearer <token>`; a write also bears `X-Skerry-Admin: 1`. A failure is a
 * problem body (RFC 9457) whose `code` is a SkerryErrorCode and whose `detail` is the sentence.
 * GET /v1/trace/:id answers a Trace as node/api.ts has it. */

/** GET /v1/status */
export type AdminStatus = NodeStatus;

/** GET /v1/live: what the page at / polls. */
export interface AdminLive {
  /** By the node's own clock, so that rates come out right however late an answer is. */
  readonly uptimeSeconds: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly storeBytes: number;
  readonly quotaBytes: number;
  /** What the store has left for published content, cached content making way. */
  readonly roomBytes: number;
  /** HTML of the page's two parts: drawn in one place, with script and without. */
  readonly now: string;
  readonly tables: string;
}

/** GET /v1/peers */
export interface AdminPeers {
  readonly peers: readonly PeerInfo[];
}

/** GET /v1/purchases/:name: what `?purchase=` of /v1/get has cost, all in credit bytes. */
export interface AdminPurchase {
  /** Absent where none was named. */
  readonly budgetCb?: number;
  readonly spentCb: number;
  /** For what is on its way. */
  readonly reservedCb: number;
  /** Who was paid most first, up to 64. */
  readonly holders: readonly {
    readonly publicKey: string;
    readonly bytes: number;
    readonly cb: number;
    readonly factorMin: number;
    readonly factorMax: number;
  }[];
}

/** GET /v1/ledger */
export interface AdminLedger {
  readonly entries: readonly LedgerEntry[];
}

/** GET /v1/ledger/<public key> answers a LedgerStatement as market/statement.ts has it. */

/** GET /v1/ledger/invoices. /v1/ledger/invoices/<invoice> answers one entry that this node is to
 * pay, and has its seller asked how it stands. */
export interface AdminInvoices {
  readonly entries: readonly InvoiceEntry[];
}

/** POST /v1/ledger/pay: answers an InvoiceEntry. */
export interface PayRequest {
  /** 64 hex digits or 52 characters of base32. */
  readonly peer: string;
  /** Credit bytes, as decimal text; default: what this node owes. */
  readonly cb?: string;
}

/** POST /v1/ledger/settle: an invoice of this node's is paid. Answers its InvoiceEntry. */
export interface SettleRequest {
  /** 32 hex digits. */
  readonly invoice: string;
  /** What showed it, for the operator's own books. */
  readonly proof?: string;
}

/** GET /v1/store?limit=N */
export interface AdminStore {
  readonly entries: readonly StoreEntry[];
}

/** GET /v1/store?by=revenue&limit=N; at most 1,024. */
export interface AdminEarners {
  readonly entries: readonly StoreEarner[];
}

/** POST /v1/publish with Content-Type application/json: publish from the node's own disk. Any other
 * content type is the file itself, named by `?name=`, with `?wait=` and `?mime=` besides. */
export interface PublishRequest {
  /** Absolute. */
  readonly path: string;
  readonly wait?: number;
  /** Others are to be paid to keep it. The budget is decimal text, above 0 and below 2^63. */
  readonly hosting?: { readonly hosts: number; readonly weeks: number; readonly budgetCb: string };
}

/** One line of the answer to POST /v1/publish, application/x-ndjson: progress, then one of the
 * others as the last line. An answer without such a last line was cut off. */
export type PublishLine =
  | ({ readonly kind: "progress" } & PublishProgress)
  | ({ readonly kind: "done" } & Published & PublishWarnings)
  | { readonly kind: "error"; readonly code: string; readonly detail: string };

/** What in a publication will not do what its writer meant. It is published all the same. */
export interface PublishWarnings {
  /** At most 20; absent if there are none. */
  readonly warnings?: readonly PublishWarning[];
  /** How many there are besides. */
  readonly moreWarnings?: number;
}

export interface PublishWarning {
  /** Of the file, in the published directory. */
  readonly path: string;
  /** From 1; absent where it is the file as a whole. */
  readonly line?: number;
  readonly found: string;
  readonly advice: string;
}

/** GET /v1/placement/<meta>: where a publication lies that hosts were ordered for. */
export type AdminPlacement = PlacementReport;

/** GET /v1/publications?limit=N: what this node publishes, newest first. */
export type AdminPublications = PublicationList;

/** POST /v1/unpublish: take a publication back. Answers when all of it is let go of. */
export interface UnpublishRequest {
  /** 40 hex digits or a link. */
  readonly meta: string;
}

export type UnpublishAnswer = Unpublished;

/** POST /v1/value: put a value of this node's key. Bytes are base64 (RFC 4648 §4), a seq is a
 * decimal text, since it may be greater than a JSON number holds. */
export interface PutValueRequest {
  readonly value: string;
  readonly salt?: string;
  readonly ttlSeconds?: number;
  readonly lifetimeSeconds?: number;
  readonly seq?: string;
  readonly replaces?: string;
}

/** Its answer. `publicKey` is 52 characters of base32. */
export interface PutValueAnswer {
  readonly publicKey: string;
  readonly seq: string;
  readonly expiresMs: number;
  readonly holders: number;
}

/** POST /v1/value/withdraw: repeat the value under this salt no more. */
export interface WithdrawValueRequest {
  readonly salt?: string;
}

export interface WithdrawValueAnswer {
  readonly withdrawn: boolean;
}

/** GET /v1/value/<public key>?salt=<hex> */
export interface ValueAnswer {
  readonly publicKey: string;
  /** Base64, as value. */
  readonly salt: string;
  readonly seq: string;
  readonly value: string;
  readonly signedAtMs: number;
  readonly expiresMs: number;
  readonly ttlSeconds: number;
  readonly freshSeconds: number;
  readonly source: "own" | "cache" | "network";
  readonly agreeing: number;
}

/** GET /v1/get/<meta>[/path]?format=info. Without a format the answer is the file's bytes, with
 * ranges as the gateway has them. */
export type ContentInfo = {
  readonly kind: "file";
  /** 52 characters: what /v1/get takes as <meta>. */
  readonly strongId: string;
  readonly size: number;
  /** May be empty, as mime. */
  readonly name: string;
  readonly mime: string;
  /** 64 hex. */
  readonly fileRoot?: string;
} | {
  readonly kind: "directory";
  readonly strongId: string;
  /** The sum over its files. */
  readonly size: number;
  readonly entryCount: number;
};

/** GET /v1/get/<meta>[/path]?format=entries&start=N&limit=N, in byte order of the names. */
export interface DirectoryEntries {
  readonly entries: readonly {
    readonly name: string;
    readonly kind: "file" | "directory";
    readonly strongId: string;
    readonly size: number;
    readonly mime: string;
  }[];
}
