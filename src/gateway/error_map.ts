import type { SkerryErrorCode } from "../lib/mod.ts";

/** How a failure looks over HTTP (gateway.md §2, §5). */
export interface ErrorStatus {
  readonly status: number;
  readonly title: string;
  readonly cacheControl: string;
  /** Seconds. */
  readonly retryAfter?: number;
  /** The error's own sentence is for the client; otherwise it may name what is ours alone. */
  readonly isPublic: boolean;
  /** To be told in its place: the error speaks to who typed a command. */
  readonly detail?: string;
}

/** Held by caches for a day: the same URL can never become right. */
export const FOREVER_WRONG = "public, max-age=86400";
/** A proven absence: the directory's manifest says so, and it cannot change. */
export const PROVEN_ABSENT = "public, max-age=60";
/** Nobody had it a moment ago; somebody may publish it in the next. */
export const NOT_SEEN = "public, max-age=10";
/** The operator's or the law's word, which may change: caches are told to purge it then. */
export const WITHDRAWN = "public, max-age=3600";
export const NO_STORE = "no-store";

function failure(
  status: number,
  title: string,
  more: Partial<Omit<ErrorStatus, "status" | "title">> = {},
): ErrorStatus {
  return { status, title, cacheControl: NO_STORE, isPublic: true, ...more };
}

const OUR_FAULT = failure(500, "Internal error", { isPublic: false });

/** Every code, by type: a new one does not compile until it has its status. */
export const ERROR_STATUS: Readonly<Record<SkerryErrorCode, ErrorStatus>> = {
  INVALID_ID: failure(400, "Not an id", { cacheControl: FOREVER_WRONG }),
  INVALID_PATH: failure(400, "Not a path"),
  INVALID_MANIFEST: failure(404, "Not a file or directory", { cacheControl: PROVEN_ABSENT }),
  CHUNK_NOT_FOUND: failure(404, "Not found", { cacheControl: NOT_SEEN }),
  VALUE_NOT_FOUND: failure(404, "No such name", { cacheControl: NOT_SEEN }),
  // Its owner is late: the next repetition, or the next value, may be on its way.
  VALUE_EXPIRED: failure(503, "Name has run out", { retryAfter: 60 }),
  PATH_NOT_FOUND: failure(404, "Not in this directory", { cacheControl: PROVEN_ABSENT }),
  LOOKUP_TIMED_OUT: failure(504, "Looking took too long", { retryAfter: 30 }),
  FETCH_TIMED_OUT: failure(504, "Fetching took too long", { retryAfter: 30 }),
  HOLDERS_FAILED: failure(502, "The nodes that have it failed", { retryAfter: 5 }),
  NO_PEERS: failure(503, "Not connected", { retryAfter: 10 }),
  NOT_LOCAL: failure(412, "Not held here"),
  BUSY: failure(503, "Busy", { retryAfter: 10 }),
  DRAINING: failure(503, "Shutting down", { retryAfter: 10 }),
  STORE_FULL: failure(503, "No room", { retryAfter: 10, isPublic: false }),
  DISK_FAILED: failure(503, "Disk trouble", { retryAfter: 10, isPublic: false }),
  DATABASE_DAMAGED: failure(503, "Disk trouble", { retryAfter: 10, isPublic: false }),
  // Peers refuse this node, not its client: another try may find others.
  CREDIT_LIMIT_REACHED: failure(503, "No credit with the nodes that have it", { retryAfter: 60 }),
  // Nobody here has shown who they are, so nobody is asked to pay (402).
  BUDGET_EXHAUSTED: failure(503, "It costs more than this gateway pays", {
    retryAfter: 60,
    detail: "Those who have it ask more than this gateway pays for one request. A range may ask " +
      "for less, and what was paid for is kept; others may ask less in a while.",
  }),
  REFUSED: failure(503, "Refused by the nodes that have it", { retryAfter: 30 }),
  HASH_COLLISION: failure(404, "Two contents have this id", { cacheControl: PROVEN_ABSENT }),
  DENIED: failure(410, "Not served any more", { cacheControl: WITHDRAWN }),
  DENIED_BY_LAW: failure(451, "Unavailable for legal reasons", { cacheControl: WITHDRAWN }),
  CANCELLED: failure(503, "Cancelled", { retryAfter: 10 }),
  // What follows belongs to starting up, publishing or the command line.
  SEQ_CONFLICT: OUR_FAULT,
  INVALID_VALUE: OUR_FAULT,
  INVALID_CONFIG: OUR_FAULT,
  DATABASE_TOO_NEW: OUR_FAULT,
  DATABASE_IN_USE: OUR_FAULT,
  IDENTITY_DAMAGED: OUR_FAULT,
  NETWORK_MISMATCH: OUR_FAULT,
  ADDRESS_IN_USE: OUR_FAULT,
  FILE_UNREADABLE: OUR_FAULT,
  NO_RUNNING_NODE: OUR_FAULT,
};
