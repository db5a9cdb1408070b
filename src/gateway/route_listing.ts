import { type ContentPath, noneMatch } from "../http/mod.ts";
import { utf8 } from "../lib/mod.ts";
import type { ResolvedDirectory } from "../node/mod.ts";
import { GENERATED, listingTag } from "./caching.ts";
import { NO_STORE, PROVEN_ABSENT } from "./error_map.ts";
import type { Exchange } from "./exchange.ts";
import { pathHeaders } from "./file_headers.ts";
import { PAGE_HEADERS } from "./headers.ts";
import { LISTING_ROWS, LISTING_TEMPLATE, listingPage, pageCount } from "./listing_page.tsx";
import { ProblemError } from "./problem.ts";
import { notModified } from "./send.ts";
import { serverTiming } from "./server_timing.ts";

/** A page of a directory that has no index.html: only its own entries are fetched, so the time does
 * not depend on the directory's size. */
export async function sendListing(
  exchange: Exchange,
  path: ContentPath,
  directory: ResolvedDirectory,
): Promise<Response> {
  const page = pageOf(exchange, directory.entryCount);
  const etag = listingTag(directory.strongId, LISTING_TEMPLATE, page);
  if (noneMatch(exchange.header("if-none-match"), etag) !== "miss") {
    return notModified(etag, GENERATED);
  }
  const start = (page - 1) * LISTING_ROWS;
  const html = listingPage({
    idText: path.idText,
    segments: path.segments,
    items: await directory.list(start, LISTING_ROWS, exchange.lookup()),
    entryCount: directory.entryCount,
    totalBytes: directory.size,
    page,
  });
  return new Response(exchange.isHead ? null : html, {
    headers: {
      ...PAGE_HEADERS,
      ...pathHeaders(exchange, directory.roots),
      "content-type": "text/html; charset=utf-8",
      "content-length": String(utf8(html).length),
      "cache-control": GENERATED,
      etag,
      "server-timing": serverTiming(directory.timings, undefined),
      "x-skerry-source": directory.timings.source,
    },
  });
}

function pageOf(exchange: Exchange, entryCount: number): number {
  const text = exchange.query.get("page") ?? "1";
  if (!/^[1-9][0-9]{0,8}$/.test(text)) {
    throw new ProblemError({
      status: 400,
      title: "Not a page",
      detail: "?page= takes a number from 1.",
      headers: { "cache-control": NO_STORE },
    });
  }
  const pages = pageCount(entryCount);
  if (Number(text) <= pages) return Number(text);
  throw new ProblemError({
    status: 404,
    title: "No such page",
    detail: `This directory has ${pages} ${pages === 1 ? "page" : "pages"}.`,
    headers: { "cache-control": PROVEN_ABSENT },
  });
}
