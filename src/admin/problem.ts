import { SkerryError, type SkerryErrorCode, utf8 } from "../lib/mod.ts";

/** HTTP status of each failure; exhaustive by type. The code in the body says more. */
export const STATUS: Readonly<Record<SkerryErrorCode, number>> = {
  INVALID_ID: 400,
  INVALID_PATH: 400,
  INVALID_MANIFEST: 404,
  INVALID_VALUE: 400,
  INVALID_CONFIG: 500,
  CHUNK_NOT_FOUND: 404,
  VALUE_NOT_FOUND: 404,
  VALUE_EXPIRED: 503,
  SEQ_CONFLICT: 409,
  PATH_NOT_FOUND: 404,
  LOOKUP_TIMED_OUT: 504,
  FETCH_TIMED_OUT: 504,
  HOLDERS_FAILED: 502,
  NO_PEERS: 503,
  NOT_LOCAL: 412,
  BUSY: 503,
  DRAINING: 503,
  STORE_FULL: 507,
  DISK_FAILED: 503,
  DATABASE_DAMAGED: 503,
  DATABASE_TOO_NEW: 500,
  DATABASE_IN_USE: 500,
  IDENTITY_DAMAGED: 500,
  NETWORK_MISMATCH: 500,
  ADDRESS_IN_USE: 500,
  FILE_UNREADABLE: 400,
  NO_RUNNING_NODE: 500,
  CREDIT_LIMIT_REACHED: 503,
  BUDGET_EXHAUSTED: 402,
  REFUSED: 503,
  HASH_COLLISION: 404,
  DENIED: 410,
  DENIED_BY_LAW: 451,
  CANCELLED: 503,
};

/** A failure as JSON (RFC 9457): `code` is a SkerryErrorCode, `detail` its sentence. */
export function problemResponse(
  status: number,
  detail: string,
  code?: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = `${JSON.stringify({ status, code, detail })}\n`;
  return new Response(body, {
    status,
    headers: {
      "content-type": "application/problem+json",
      "content-length": String(utf8(body).length),
      ...headers,
    },
  });
}

/** What the operator is told about any error: all of it, for it is their node. */
export function problemOf(error: unknown): Response {
  if (error instanceof SkerryError) {
    return problemResponse(STATUS[error.code], error.message, error.code);
  }
  const why = error instanceof Error ? error.message : String(error);
  return problemResponse(500, `The node made a mistake: ${why}`);
}

/** A document. */
export function jsonResponse(value: unknown): Response {
  const body = `${JSON.stringify(value)}\n`;
  return new Response(body, {
    headers: { "content-type": "application/json", "content-length": String(utf8(body).length) },
  });
}
