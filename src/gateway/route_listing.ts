import type { ContentPath } from "../http/mod.ts";
import { utf8 } from "../lib/mod.ts";
import type { ResolvedDirectory } from "../node/mod.ts";
import { GENERATED, listingTag } from "./caching.ts";
import { checkConditions } from "./conditions.ts";
import { NO_STORE, PROVEN_ABSENT } from "./error_map.ts";
import type { Exchange } from "./exchange.ts";
import { pathHeaders } from "./file_headers.ts";
import {
  acceptHeaders,
  type AskedFormat,
  cacheControlOf,
  type Format,
  formatType,
} from "./formats.ts";
import { PAGE_HEADERS } from "./headers.ts";
import { LISTING_JSON_VERSION, listingJson } from "./listing_json.ts";
import { LISTING_ROWS, LISTING_TEMPLATE, listingPage, pageCount } from "./listing_page.tsx";
import { ProblemError } from "./problem.ts";
import { serverTiming } from "./server_timing.ts";

/** A page of a directory that has no index.html, or of which the listing was asked for: only its
 * own entries are fetched, so the time does not depend on the directory's size. */
export async function sendListing(
  exchange: Exchange,
  path: ContentPath,
  directory: ResolvedDirectory,
  given: AskedFormat,
): Promise<Response> {
  const page = pageOf(exchange, directory.entryCount);
  const isJson = given.format === "json";
  const etag = listingTag(directory.strongId, listingForm(given.format), page);
  const cacheControl = cacheControlOf(given, GENERATED);
  const conditional = checkConditions(exchange, etag, cacheControl);
  if (conditional !== undefined) return conditional;
  const start = (page - 1) * LISTING_ROWS;
  const listing = {
    idText: path.idText,
    segments: path.segments,
    items: await directory.list(start, LISTING_ROWS, exchange.lookup()),
    entryCount: directory.entryCount,
    totalBytes: directory.size,
    page,
  };
  const text = isJson ? listingJson(listing) : listingPage(listing);
  return new Response(exchange.isHead ? null : text, {
    headers: {
      ...(isJson ? {} : PAGE_HEADERS),
      ...pathHeaders(exchange, directory.roots),
      ...acceptHeaders(given, exchange),
      "content-type": isJson ? formatType("json") : "text/html; charset=utf-8",
      "content-length": String(utf8(text).length),
      "cache-control": cacheControl,
      etag,
      "server-timing": serverTiming(directory.timings, undefined),
      "x-skerry-source": directory.timings.source,
    },
  });
}

/** What tells a listing's forms apart in its tag. */
export function listingForm(format: Format | undefined): string {
  return format === "json" ? LISTING_JSON_VERSION : LISTING_TEMPLATE;
}

/** The page that ?page= asks for, from 1; undefined if that is no number. */
export function pageAsked({ query }: Pick<Exchange, "query">): number | undefined {
  const text = query.get("page") ?? "1";
  return /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : undefined;
}

function pageOf(exchange: Exchange, entryCount: number): number {
  const page = pageAsked(exchange);
  if (page === undefined) {
    throw new ProblemError({
      status: 400,
      title: "Not a page",
      detail: "?page= takes a number from 1.",
      headers: { "cache-control": NO_STORE },
    });
  }
  const pages = pageCount(entryCount);
  if (page <= pages) return page;
  throw new ProblemError({
    status: 404,
    title: "No such page",
    detail: `This directory has ${pages} ${pages === 1 ? "page" : "pages"}.`,
    headers: { "cache-control": PROVEN_ABSENT },
  });
}
