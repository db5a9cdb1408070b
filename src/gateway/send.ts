import {
  type ByteRange,
  contentRange,
  ifRangeAllows,
  layOutMultipart,
  multipartPieces,
  openBody,
  parseRange,
  readWhole,
  unsatisfiedRange,
} from "../http/mod.ts";
import { toBase64 } from "../lib/mod.ts";
import type { ReadOptions, Timings } from "../node/mod.ts";
import { checkConditions } from "./conditions.ts";
import { NO_STORE } from "./error_map.ts";
import type { Exchange, ReadableBytes } from "./exchange.ts";
import { ProblemError } from "./problem.ts";
import { serverTiming } from "./server_timing.ts";

/** A body up to this length, a slice, is read before its answer begins: it leaves in one piece, and
 * what fails still has a status. */
export const WHOLE_BYTES_MAX = 64 * 1024;

/** Bytes with everything that HTTP says about them. */
export interface Representation {
  readonly source: ReadableBytes;
  /** All of it is here, as far as is known. */
  readonly isLocal: boolean;
  /** A strong ETag, quotes included. */
  readonly etag: string;
  /** A hash of the content, for a multipart boundary. */
  readonly contentHash: string;
  readonly cacheControl: string;
  /** Undefined where only the bytes, which are not here, could tell. */
  readonly contentType: string | undefined;
  readonly timings: Timings;
  /** SHA-256 of the whole, where it is known before the bytes are. */
  readonly sha256?: () => Uint8Array | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** Answers GET and HEAD: conditions first, then ranges, then the whole (RFC 9110 §13.2.2).
 * @throws what reading the first piece throws, and ProblemError 412, 416 and 501. */
export async function send(
  exchange: Exchange,
  what: Representation,
  rangeFileBytesMax: number,
): Promise<Response> {
  const conditional = checkConditions(exchange, what.etag, what.cacheControl);
  if (conditional !== undefined) return conditional;
  if (what.isLocal) exchange.noteSource(what.source);
  const { size } = what.source;
  const range = exchange.isHead || !ifRangeAllows(exchange.header("if-range"), what.etag)
    ? undefined
    : exchange.header("range");
  const answer = parseRange(range, size);
  if (answer.kind === "whole") return await sendRange(exchange, what, { start: 0, end: size }, 200);
  if (size > rangeFileBytesMax) throw guarded(size, rangeFileBytesMax);
  if (answer.kind === "unsatisfiable") throw unsatisfiable(what);
  const [first, ...rest] = answer.ranges;
  if (rest.length === 0) return await sendRange(exchange, what, first, 206);
  return await sendParts(exchange, what, answer.ranges);
}

async function sendRange(
  exchange: Exchange,
  what: Representation,
  range: ByteRange,
  status: 200 | 206,
): Promise<Response> {
  const length = range.end - range.start;
  const headers = baseHeaders(what, length);
  if (what.contentType !== undefined) headers.set("content-type", what.contentType);
  if (status === 206) headers.set("content-range", contentRange(range, what.source.size));
  const read = (signal: AbortSignal) =>
    what.source.read(range.start, range.end, bodyOptions(exchange, signal));
  return await withBody(exchange, what, { status, headers, length, read });
}

async function sendParts(
  exchange: Exchange,
  what: Representation,
  ranges: readonly ByteRange[],
): Promise<Response> {
  const { source, contentType, contentHash } = what;
  const { size } = source;
  const layout = layOutMultipart(ranges, { size, contentType, tag: contentHash });
  // Parts that cost more than the whole are no service to anyone.
  if (layout.length > size) return await sendRange(exchange, what, { start: 0, end: size }, 200);
  const headers = baseHeaders(what, layout.length);
  headers.set("content-type", layout.contentType);
  const read = (signal: AbortSignal) => {
    const options = bodyOptions(exchange, signal);
    return multipartPieces(layout, ({ start, end }) => source.read(start, end, options));
  };
  return await withBody(exchange, what, { status: 206, headers, length: layout.length, read });
}

/** The server is done with a piece of a body before it asks for the next (ports/http_server.ts). */
function bodyOptions(exchange: Exchange, signal: AbortSignal): ReadOptions {
  return { ...exchange.stream(signal), reusePieces: true };
}

function baseHeaders(what: Representation, length: number): Headers {
  const headers = new Headers({
    ...what.headers,
    etag: what.etag,
    "cache-control": what.cacheControl,
    "accept-ranges": "bytes",
    "content-length": String(length),
    "x-skerry-source": what.timings.source,
  });
  const sha256 = what.sha256?.();
  // RFC 9530 §3: of the whole, also where only a part of it is sent.
  if (sha256 !== undefined) headers.set("repr-digest", `sha-256=:${toBase64(sha256)}:`);
  return headers;
}

async function withBody(
  exchange: Exchange,
  what: Representation,
  answer: {
    readonly status: number;
    readonly headers: Headers;
    readonly length: number;
    readonly read: (signal: AbortSignal) => AsyncIterable<Uint8Array>;
  },
): Promise<Response> {
  const { status, headers, length } = answer;
  const startedAt = performance.now();
  const options = { length, signal: exchange.request.signal, firstPieceMs: exchange.leftMs() };
  const body = exchange.isHead || length === 0
    ? null
    : length <= WHOLE_BYTES_MAX
    ? await readWhole(answer.read, options)
    : await openBody(answer.read, {
      ...options,
      onLateFailure: exchange.bodyLimits.bookFailure,
    });
  const fetchMs = body === null ? undefined : performance.now() - startedAt;
  headers.set("server-timing", serverTiming(what.timings, fetchMs));
  return new Response(body, { status, headers });
}

function unsatisfiable(what: Representation): ProblemError {
  const { size } = what.source;
  return new ProblemError({
    status: 416,
    title: "No such range",
    detail: `The file has ${size} bytes; the Range header asks for none of them.`,
    headers: {
      "content-range": unsatisfiedRange(size),
      "cache-control": NO_STORE,
      "accept-ranges": "bytes",
    },
  });
}

function guarded(size: number, max: number): ProblemError {
  return new ProblemError({
    status: 501,
    title: "Range of a very large file",
    detail:
      `This node answers ranges of files up to ${max} bytes, this one has ${size}. Fetch it ` +
      "whole, or with skerry get.",
    headers: { "cache-control": NO_STORE },
  });
}
