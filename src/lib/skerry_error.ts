/** Every way an operation can fail for its caller. Stable: scripts and tests match on them.
 * The gateway maps each to an HTTP status and the command line to an exit code, exhaustively. */
export const SKERRY_ERROR_CODES = [
  "INVALID_ID", // text that names no chunk, file or key
  "INVALID_PATH", // a file name or path that may not enter or leave the network
  "INVALID_MANIFEST", // a manifest object that breaks a rule of its format
  "INVALID_VALUE", // a value of a key, its salt or its times outside their bounds
  "INVALID_CONFIG", // a flag, environment variable or file key with a wrong value
  "CHUNK_NOT_FOUND", // the lookup converged and nobody has it
  "VALUE_NOT_FOUND", // the lookup converged and nobody has a value of this key
  "VALUE_EXPIRED", // the newest value known of this key may no longer be believed
  "SEQ_CONFLICT", // a value with this or a greater seq exists
  "HASH_COLLISION", // bytes that a SHA-1 names were made to share it with others
  "PATH_NOT_FOUND", // the directory manifest has no such entry
  "LOOKUP_TIMED_OUT", // the deadline passed while asking who has it
  "FETCH_TIMED_OUT", // holders are known, the deadline passed while they sent
  "HOLDERS_FAILED", // holders were found, all failed or sent wrong bytes
  "NO_PEERS", // this node knows nobody to ask
  "NOT_LOCAL", // asked to answer from local data only, and it is not here
  "BUSY", // a bound on concurrent work is reached
  "DRAINING", // the node is stopping
  "STORE_FULL", // the byte quota is reached and nothing may be evicted
  "DISK_FAILED", // the operating system refused a read or write
  "DATABASE_DAMAGED", // a database file fails its own checks
  "DATABASE_TOO_NEW", // written by a later version
  "DATABASE_IN_USE", // another process works on the same data directory
  "IDENTITY_DAMAGED", // identity.json cannot be used as it is
  "NETWORK_MISMATCH", // a data directory or peer of another network
  "ADDRESS_IN_USE", // the port is taken
  "FILE_UNREADABLE", // a path given by the user cannot be read or written
  "NO_RUNNING_NODE", // no node answers at the address in node.json
  "CREDIT_LIMIT_REACHED", // whoever has it gives us no credit, or asks more than we pay
  "BUDGET_EXHAUSTED", // the reader's own budget does not pay for the rest
  "REFUSED", // a peer or a limit said no (rank, credit, quota)
  "DENIED", // the operator's denylist names it
  "DENIED_BY_LAW", // the same, and says that a law demands it
  "CANCELLED", // the caller went away
] as const;

export type SkerryErrorCode = (typeof SKERRY_ERROR_CODES)[number];

/** An operation that failed for its caller: the deed, the rule and the value in one sentence. */
export class SkerryError extends Error {
  override readonly name = "SkerryError";
  readonly code: SkerryErrorCode;
  /** How long the same question is answered the same, seconds; undefined where nobody knows. */
  readonly holdsSeconds: number | undefined;

  constructor(
    code: SkerryErrorCode,
    message: string,
    options?: ErrorOptions & { readonly holdsSeconds?: number },
  ) {
    super(message, options);
    this.code = code;
    this.holdsSeconds = options?.holdsSeconds;
  }
}

/** `error` as a SkerryError; anything else becomes one of `code` with `error` as its cause. */
export function toSkerryError(
  error: unknown,
  code: SkerryErrorCode,
  deed: string,
): SkerryError {
  if (error instanceof SkerryError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new SkerryError(code, `${deed}: ${reason}`, { cause: error });
}
