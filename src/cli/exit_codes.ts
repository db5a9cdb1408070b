import { SkerryError, type SkerryErrorCode } from "../lib/mod.ts";

/** Every exit code with its meaning. Scripts rely on them: a change needs an entry in CHANGELOG. */
export const EXIT = {
  done: 0,
  failed: 1, // the message says why and what to try
  wrongUsage: 2,
  notFound: 3, // not in the network
  noRunningNode: 4,
  refused: 5, // credit, rank, quota, denylist
  timedOut: 6,
  interrupted: 130, // 128 + SIGINT, as shells count
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_ERROR = {
  INVALID_ID: EXIT.wrongUsage,
  INVALID_PATH: EXIT.failed,
  INVALID_MANIFEST: EXIT.failed,
  INVALID_VALUE: EXIT.wrongUsage,
  INVALID_CONFIG: EXIT.wrongUsage,
  CHUNK_NOT_FOUND: EXIT.notFound,
  VALUE_NOT_FOUND: EXIT.notFound,
  VALUE_EXPIRED: EXIT.notFound,
  SEQ_CONFLICT: EXIT.refused,
  PATH_NOT_FOUND: EXIT.notFound,
  LOOKUP_TIMED_OUT: EXIT.timedOut,
  FETCH_TIMED_OUT: EXIT.timedOut,
  HOLDERS_FAILED: EXIT.failed,
  NO_PEERS: EXIT.failed,
  NOT_LOCAL: EXIT.notFound,
  BUSY: EXIT.failed,
  DRAINING: EXIT.failed,
  STORE_FULL: EXIT.refused,
  DISK_FAILED: EXIT.failed,
  DATABASE_DAMAGED: EXIT.failed,
  DATABASE_TOO_NEW: EXIT.failed,
  DATABASE_IN_USE: EXIT.failed,
  IDENTITY_DAMAGED: EXIT.failed,
  NETWORK_MISMATCH: EXIT.failed,
  ADDRESS_IN_USE: EXIT.failed,
  FILE_UNREADABLE: EXIT.failed,
  NO_RUNNING_NODE: EXIT.noRunningNode,
  CREDIT_LIMIT_REACHED: EXIT.refused,
  BUDGET_EXHAUSTED: EXIT.refused,
  REFUSED: EXIT.refused,
  HASH_COLLISION: EXIT.failed,
  DENIED: EXIT.refused,
  DENIED_BY_LAW: EXIT.refused,
  CANCELLED: EXIT.interrupted,
} as const satisfies Record<SkerryErrorCode, ExitCode>;

/** The exit code of a failed command. Anything but a SkerryError is a fault of ours: 1. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof SkerryError ? BY_ERROR[error.code] : EXIT.failed;
}
