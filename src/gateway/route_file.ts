import { type ContentPath, parseContentPath } from "../http/mod.ts";
import { formatMetaId, SkerryError } from "../lib/mod.ts";
import type { Node, Resolved, ResolvedDirectory, ResolvedFile } from "../node/mod.ts";
import { archiveTag, directoryTag, fileTag, GENERATED, IMMUTABLE, listingTag } from "./caching.ts";
import { checkConditions, impliedNotModified } from "./conditions.ts";
import { NO_STORE } from "./error_map.ts";
import type { Exchange } from "./exchange.ts";
import { contentTypeOf, fileHeaders, fileNameOf, pathHeaders } from "./file_headers.ts";
import { type AskedFormat, askedFormat, formatFor } from "./formats.ts";
import { isolatedLocation, locationOf } from "./isolated_origin.ts";
import type { GatewayOptions } from "./options.ts";
import { ProblemError } from "./problem.ts";
import { OPERATORS_CHOICE, permanentRedirect } from "./redirect.ts";
import { sendManifest, sendRaw, sendTar } from "./route_format.ts";
import { sendProof } from "./route_proof.ts";
import { listingForm, pageAsked, sendListing } from "./route_listing.ts";
import { send } from "./send.ts";
import { checkAllowed, checkServed } from "./serve_rule.ts";
import { askSiteRules } from "./site_rules.ts";

const INDEX = "index.html";

/** GET and HEAD /file/<meta>[/path]. */
export async function fileRoute(
  node: Node,
  options: GatewayOptions,
  exchange: Exchange,
): Promise<Response> {
  const path = parseContentPath(exchange.path.slice("/file/".length));
  if (!path.isCanonical) return toCanonical(path, exchange);
  checkServiceWorker(exchange);
  checkAllowed(path.meta, path.segments, node);
  checkServed(path.meta, options.serve, node);
  const elsewhere = isolatedLocation(exchange.host, exchange.path, options.gatewayHost);
  if (elsewhere !== undefined) {
    return permanentRedirect(elsewhere + exchange.search, OPERATORS_CHOICE);
  }
  const asked = askedFormat(exchange);
  if (asked.format === "manifest") return await sendManifest(node, options, exchange, path, asked);
  const implied = impliedTag(path, exchange, asked);
  if (implied !== undefined) return implied;
  let found: Resolved;
  try {
    found = await node.resolve(path.meta, path.segments, exchange.lookup());
  } catch (error) {
    return await answerByRules(node, options, exchange, { path, asked }, error);
  }
  return await answerFound(node, options, exchange, { path, asked, found });
}

async function answerFound(
  node: Node,
  options: GatewayOptions,
  exchange: Exchange,
  what: { readonly path: ContentPath; readonly asked: AskedFormat; readonly found: Resolved },
): Promise<Response> {
  const { path, asked, found } = what;
  const given = formatFor(asked, found.kind);
  if (given.format === "tar") return await sendTar(node, exchange, path, found, given);
  return found.kind === "file"
    ? await answerFile(options, exchange, path, found, given)
    : await answerDirectory(node, options, exchange, { path, found, given });
}

/** A path that a site on an origin of its own has not may be one that its rules know.
 * @throws `missing` if it is no such path. */
async function answerByRules(
  node: Node,
  options: GatewayOptions,
  exchange: Exchange,
  { path, asked }: { readonly path: ContentPath; readonly asked: AskedFormat },
  missing: unknown,
): Promise<Response> {
  const isMissing = missing instanceof SkerryError && missing.code === "PATH_NOT_FOUND";
  if (!isMissing || !exchange.place.isIsolated) throw missing;
  const ruled = await askSiteRules(node, exchange, path);
  if (ruled === undefined) throw missing;
  if (ruled.kind === "answer") return ruled.response;
  const shown = { ...path, segments: ruled.segments, hasTrailingSlash: false };
  const file = await findFile(node, shown, exchange) ?? await findIndex(node, shown, exchange);
  if (file === undefined) throw missing;
  if (ruled.status === 200) {
    return await answerFound(node, options, exchange, { path: shown, asked, found: file });
  }
  const what = { file, path: shown, etag: `"${fileTag(file.fileRoot)}"` };
  // Conditions and ranges are about what was asked for, which is not there.
  const page = await sendFile(options, { ...exchange, header: () => undefined }, what);
  const headers = new Headers(page.headers);
  headers.set("cache-control", ruled.cacheControl);
  for (const name of ["etag", "accept-ranges", "repr-digest"]) headers.delete(name);
  return new Response(page.body, { status: ruled.status, headers });
}

async function answerFile(
  options: GatewayOptions,
  exchange: Exchange,
  path: ContentPath,
  file: ResolvedFile,
  given: AskedFormat,
): Promise<Response> {
  // On an origin of its own the slash is all the path there is.
  const isOrigin = exchange.place.isIsolated && path.segments.length === 0;
  if (path.hasTrailingSlash && !isOrigin) {
    return movedTo(exchange, exchange.path.replace(/\/+$/, ""));
  }
  if (given.format === "raw") {
    checkHeld(exchange, file);
    return await sendRaw(options, exchange, path, file);
  }
  if (given.format === "proof") return await sendProof(exchange, file);
  return await sendFile(options, exchange, { file, path, etag: `"${fileTag(file.fileRoot)}"` });
}

async function answerDirectory(
  node: Node,
  options: GatewayOptions,
  exchange: Exchange,
  what: {
    readonly path: ContentPath;
    readonly found: ResolvedDirectory;
    readonly given: AskedFormat;
  },
): Promise<Response> {
  const { path, found, given } = what;
  if (!path.hasTrailingSlash) return movedTo(exchange, `${exchange.path}/`);
  const isListingAsked = given.format === "json" && !given.isByAccept;
  const index = isListingAsked ? undefined : await findIndex(node, path, exchange);
  if (index === undefined) return await sendListing(exchange, path, found, given);
  return await sendFile(options, exchange, {
    file: index,
    path: { ...path, segments: [...path.segments, INDEX] },
    etag: directoryTag(found.strongId),
  });
}

function movedTo(exchange: Exchange, path: string): Response {
  return permanentRedirect(locationOf(exchange.place, path) + exchange.search);
}

function toCanonical(path: ContentPath, exchange: Exchange): Response {
  const rest = exchange.path.slice("/file/".length + path.idText.length);
  return permanentRedirect(`/file/${formatMetaId(path.meta)}${rest}${exchange.search}`);
}

/** On an origin that everybody's content shares, one page's worker would sit between the reader and
 * all the others. */
function checkServiceWorker(exchange: Exchange): void {
  const isScript = exchange.header("service-worker")?.trim().toLowerCase() === "script";
  if (!isScript || exchange.place.isIsolated) return;
  throw new ProblemError({
    status: 400,
    title: "No service workers here",
    detail: "Content under /file/ shares one origin, so none of it may register a service worker.",
    headers: { "cache-control": NO_STORE },
  });
}

/** 304 without any lookup where the URL itself names the object behind the tag: a strong id's own
 * directory page, list or archive. */
function impliedTag(
  { meta, segments, hasTrailingSlash }: ContentPath,
  exchange: Exchange,
  { format, isByAccept }: AskedFormat,
): Response | undefined {
  if (meta.kind !== "strong" || segments.length > 0 || isByAccept) return undefined;
  if (format === "tar") return impliedNotModified(exchange, archiveTag(meta.id), IMMUTABLE);
  if (!hasTrailingSlash || (format !== undefined && format !== "json")) return undefined;
  const index = format === undefined
    ? impliedNotModified(exchange, directoryTag(meta.id), IMMUTABLE)
    : undefined;
  const page = pageAsked(exchange);
  if (index !== undefined || page === undefined) return index;
  const listing = listingTag(meta.id, listingForm(format), page);
  return impliedNotModified(exchange, listing, GENERATED);
}

function findIndex(
  node: Node,
  path: ContentPath,
  exchange: Exchange,
): Promise<ResolvedFile | undefined> {
  return findFile(node, { ...path, segments: [...path.segments, INDEX] }, exchange);
}

async function findFile(
  node: Node,
  { meta, segments }: ContentPath,
  exchange: Exchange,
): Promise<ResolvedFile | undefined> {
  try {
    const found = await node.resolve(meta, segments, exchange.lookup());
    return found.kind === "file" ? found : undefined;
  } catch (error) {
    if (error instanceof SkerryError && error.code === "PATH_NOT_FOUND") return undefined;
    throw error;
  }
}

async function sendFile(
  options: GatewayOptions,
  exchange: Exchange,
  what: { readonly file: ResolvedFile; readonly path: ContentPath; readonly etag: string },
): Promise<Response> {
  const { file, path, etag } = what;
  const conditional = checkConditions(exchange, etag, IMMUTABLE);
  if (conditional !== undefined) return conditional;
  checkHeld(exchange, file);
  const name = fileNameOf(file, path.segments, exchange);
  const { type, release } = await contentTypeOf(file, name, exchange);
  try {
    return await send(exchange, {
      source: file,
      isLocal: file.isLocal,
      etag,
      contentHash: fileTag(file.fileRoot),
      cacheControl: IMMUTABLE,
      contentType: type,
      timings: file.timings,
      sha256: () => file.sha256(),
      headers: { ...fileHeaders(type, name, exchange), ...pathHeaders(exchange, file.roots) },
    }, options.rangeFileBytesMax);
  } finally {
    release();
  }
}

/** only-if-cached asks for the whole or nothing; a range may still lie in the part that is here. */
function checkHeld(exchange: Exchange, file: ResolvedFile): void {
  const isRange = !exchange.isHead && exchange.header("range") !== undefined;
  if (!exchange.isLocalOnly || file.isLocal || isRange) return;
  throw new SkerryError("NOT_LOCAL", "not all of this file is held by this node");
}
