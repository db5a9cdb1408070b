import {
  contentRange,
  declaredType,
  ifRangeAllows,
  openBody,
  parseContentPath,
  parseRange,
  UNKNOWN_TYPE,
  unsatisfiedRange,
} from "../http/mod.ts";
import { toBase32, toHex } from "../lib/mod.ts";
import type { Node, ReadOptions, Resolved, ResolvedDirectory, ResolvedFile } from "../node/mod.ts";
import type { ContentInfo, DirectoryEntries } from "./api.ts";
import { jsonResponse, problemResponse } from "./problem.ts";
import type { Purchases } from "./purchases.ts";
import { BadQuery, integerOf, timeoutOf } from "./query.ts";

const ENTRIES_MAX = 1000;
/** As long as 16 names of 255 bytes, which can be published: a tree is got by the way to each of
 * its entries. */
const PATH_BYTES_MAX = 4_096;

/** GET /v1/get/<meta>[/path]: a file's bytes with single ranges, or with ?format= what is there.
 * ?purchase=, ?budget= and ?deadlineMs= as Purchases.of(); ?leftBytes= is all that is still to be
 * read of the purchase, this included. */
export async function getRoute(
  node: Node,
  request: Request,
  purchases: Purchases,
): Promise<Response> {
  const url = new URL(request.url);
  const path = parseContentPath(url.pathname.slice("/v1/get/".length), PATH_BYTES_MAX);
  const purchase = purchases.of(url.searchParams, node);
  const options = {
    signal: request.signal,
    timeoutMs: timeoutOf(url.searchParams),
    ...(purchase && { purchase }),
  };
  const found = await node.resolve(path.meta, path.segments, options);
  const format = url.searchParams.get("format");
  if (format === "info") return jsonResponse(infoOf(found));
  if (format === "entries") return await entries(found, url.searchParams, options);
  if (format !== null) throw new BadQuery(`?format= takes info or entries, not ${format}`);
  if (found.kind === "directory") {
    throw new BadQuery("this is a directory: ask for its ?format=entries, or for a file in it");
  }
  const bounds = { min: 0, max: Number.MAX_SAFE_INTEGER, otherwise: 0 };
  const leftBytes = integerOf(url.searchParams, "leftBytes", bounds);
  return await sendBytes(request, found, options, leftBytes);
}

/** What the purchase has cost until now, and what is asked for. */
function priceOf({ purchase }: ReadOptions): Record<string, string> {
  if (purchase === undefined) return {};
  const { spentCb, reservedCb } = purchase.spending;
  return { "x-skerry-price": String(spentCb + reservedCb) };
}

function infoOf(found: Resolved): ContentInfo {
  const { size } = found;
  const strongId = toBase32(found.strongId);
  if (found.kind === "directory") {
    return { kind: "directory", strongId, size, entryCount: found.entryCount };
  }
  const { name, mime, fileRoot } = found;
  const root = fileRoot === undefined ? {} : { fileRoot: toHex(fileRoot) };
  return { kind: "file", strongId, size, name, mime, ...root };
}

async function entries(
  found: Resolved,
  query: URLSearchParams,
  options: ReadOptions,
): Promise<Response> {
  if (found.kind === "file") throw new BadQuery("this is a file: it has no entries");
  const start = integerOf(query, "start", { min: 0, max: 2 ** 48, otherwise: 0 });
  const bounds = { min: 1, max: ENTRIES_MAX, otherwise: ENTRIES_MAX };
  return jsonResponse(await page(found, start, integerOf(query, "limit", bounds), options));
}

async function page(
  directory: ResolvedDirectory,
  start: number,
  limit: number,
  options: ReadOptions,
): Promise<DirectoryEntries> {
  const items = await directory.list(start, limit, options);
  return { entries: items.map((item) => ({ ...item, strongId: toBase32(item.strongId) })) };
}

async function sendBytes(
  request: Request,
  file: ResolvedFile,
  options: ReadOptions & { readonly timeoutMs: number },
  leftBytes: number,
): Promise<Response> {
  const { size, fileRoot } = file;
  const etag = fileRoot === undefined ? '"empty"' : `"${toHex(fileRoot)}"`;
  const header = request.headers.get("range") ?? undefined;
  const isAsked = request.method === "GET" &&
    ifRangeAllows(request.headers.get("if-range") ?? undefined, etag);
  const answer = parseRange(isAsked ? header : undefined, size);
  if (answer.kind === "unsatisfiable") {
    const detail = `The file has ${size} bytes; the Range header asks for none of them.`;
    return problemResponse(416, detail, undefined, { "content-range": unsatisfiedRange(size) });
  }
  // Nobody here needs several ranges in one answer.
  const isPart = answer.kind === "ranges" && answer.ranges.length === 1;
  const { start, end } = isPart ? answer.ranges[0] : { start: 0, end: size };
  const length = end - start;
  const laterBytes = Math.max(0, leftBytes - length); // of other files of the same purchase
  const body = request.method === "HEAD" || length === 0 ? null : await openBody(
    (signal) => file.read(start, end, { ...options, signal, laterBytes }),
    { length, signal: request.signal, firstPieceMs: options.timeoutMs },
  );
  const headers = new Headers({
    "accept-ranges": "bytes",
    "content-length": String(length),
    "content-type": declaredType(file.mime) ?? UNKNOWN_TYPE,
    "content-disposition": "attachment",
    etag,
    ...priceOf(options),
  });
  if (isPart) headers.set("content-range", contentRange({ start, end }, size));
  return new Response(body, { status: isPart ? 206 : 200, headers });
}
