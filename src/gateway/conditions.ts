import { ifMatchAllows, noneMatch } from "../http/mod.ts";
import { NO_STORE } from "./error_map.ts";
import type { Exchange } from "./exchange.ts";
import { ProblemError } from "./problem.ts";

/** 304 Not Modified, with what a cache needs to freshen its copy (RFC 9110 §15.4.5). */
function notModified(etag: string, cacheControl: string): Response {
  return new Response(null, { status: 304, headers: { etag, "cache-control": cacheControl } });
}

/** 304 before any lookup, where the URL itself names `etag`. If-Match comes first (RFC 9110
 * §13.2.2); what it refuses, or a `*` in either field, takes the thing itself to answer.
 * @returns undefined = look. */
export function impliedNotModified(
  { header }: Pick<Exchange, "header">,
  etag: string,
  cacheControl: string,
): Response | undefined {
  const meant = header("if-match");
  const isMeant = meant === undefined || (meant.trim() !== "*" && ifMatchAllows(meant, etag));
  const isKnown = isMeant && noneMatch(header("if-none-match"), etag) === "hit";
  return isKnown ? notModified(etag, cacheControl) : undefined;
}

/** What a request's own conditions make of what is there (RFC 9110 §13.2.2), dates aside, for
 * nothing here has one. @param cacheControl of the 200.
 * @returns 304, or undefined = send it.
 * @throws {ProblemError} 412 where If-Match wants another. */
export function checkConditions(
  exchange: Pick<Exchange, "header">,
  etag: string,
  cacheControl: string,
): Response | undefined {
  if (!ifMatchAllows(exchange.header("if-match"), etag)) throw anotherIsMeant(etag);
  const isKnown = noneMatch(exchange.header("if-none-match"), etag) !== "miss";
  return isKnown ? notModified(etag, cacheControl) : undefined;
}

/** Who goes on with a download must not get the rest of something else: a name may lead elsewhere
 * since. */
function anotherIsMeant(etag: string): ProblemError {
  return new ProblemError({
    status: 412,
    title: "Not what If-Match names",
    detail: etag.startsWith("W/")
      ? `This has the weak tag ${etag}, which If-Match never means. Ask without it.`
      : `This has the tag ${etag}, which If-Match does not name. Ask anew without it.`,
    headers: { "cache-control": NO_STORE },
  });
}
