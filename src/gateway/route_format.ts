import { contentDisposition, type ContentPath, openBody, safeFileName } from "../http/mod.ts";
import { toBase32 } from "../lib/mod.ts";
import type { FoundManifest, Node, Resolved, ResolvedFile } from "../node/mod.ts";
import { archiveTag, fileTag, formatTag, IMMUTABLE } from "./caching.ts";
import { checkConditions, impliedNotModified } from "./conditions.ts";
import type { Exchange } from "./exchange.ts";
import { fileHeaders, fileNameOf, pathHeaders } from "./file_headers.ts";
import { acceptHeaders, type AskedFormat, cacheControlOf, formatType } from "./formats.ts";
import type { GatewayOptions } from "./options.ts";
import { send } from "./send.ts";
import { serverTiming } from "./server_timing.ts";
import { tarPieces } from "./tar_stream.ts";

/** ?format=raw: a file's bytes with nothing read into them. */
export async function sendRaw(
  options: GatewayOptions,
  exchange: Exchange,
  path: ContentPath,
  file: ResolvedFile,
): Promise<Response> {
  const tag = fileTag(file.fileRoot);
  const type = formatType("raw");
  const name = fileNameOf(file, path.segments, exchange);
  return await send(exchange, {
    source: file,
    isLocal: file.isLocal,
    etag: `"${tag}.raw"`,
    contentHash: tag,
    cacheControl: IMMUTABLE,
    contentType: type,
    timings: file.timings,
    sha256: () => file.sha256(),
    headers: { ...fileHeaders(type, name, exchange), ...pathHeaders(exchange, file.roots) },
  }, options.rangeFileBytesMax);
}

/** ?format=manifest: the object that the path names, as it is stored and hashed, so that a reader
 * may prove by itself what else it is given. */
export async function sendManifest(
  node: Node,
  options: GatewayOptions,
  exchange: Exchange,
  path: ContentPath,
  asked: AskedFormat,
): Promise<Response> {
  const implied = impliedManifest(path, exchange, asked);
  if (implied !== undefined) return implied;
  const found = await node.readManifest(path.meta, path.segments, exchange.lookup());
  const { bytes, strongId, roots, timings } = found;
  const id = toBase32(strongId);
  return await send(exchange, {
    source: { size: bytes.length, heldBytes: bytes.length, read: readerOf(found) },
    isLocal: timings.source === "local",
    etag: formatTag(strongId, "manifest"),
    contentHash: id,
    cacheControl: cacheControlOf(asked, IMMUTABLE),
    contentType: formatType("manifest"),
    timings,
    sha256: () => strongId, // that is what a strong id is
    headers: {
      "content-disposition": contentDisposition("attachment", `${id}.manifest`),
      ...pathHeaders(exchange, roots),
      ...acceptHeaders(asked, exchange),
    },
  }, options.rangeFileBytesMax);
}

function readerOf({ bytes }: FoundManifest) {
  return async function* (start: number, end: number): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(bytes.subarray(start, end));
  };
}

/** 304 before any lookup, where the URL itself names the object. */
function impliedManifest(
  { meta, segments }: ContentPath,
  exchange: Exchange,
  asked: AskedFormat,
): Response | undefined {
  if (meta.kind !== "strong" || segments.length > 0 || asked.isByAccept) return undefined;
  return impliedNotModified(exchange, formatTag(meta.id, "manifest"), IMMUTABLE);
}

/** ?format=tar: the file or tree as an archive, made while it is sent. Its length is not known
 * beforehand, so there are no ranges; the tag is weak, since another release may write the same
 * tree in other words. */
export async function sendTar(
  node: Node,
  exchange: Exchange,
  path: ContentPath,
  found: Resolved,
  asked: AskedFormat,
): Promise<Response> {
  const etag = archiveTag(found.strongId);
  const cacheControl = cacheControlOf(asked, IMMUTABLE);
  const conditional = checkConditions(exchange, etag, cacheControl);
  if (conditional !== undefined) return conditional;
  const top = safeFileName(path.segments.at(-1) ?? toBase32(found.strongId)) ?? "content";
  const startedAt = performance.now();
  const { bodyLimits } = exchange;
  const body = exchange.isHead ? null : await openBody(
    (signal) => tarPieces(node, path, found, top, exchange.stream(signal), bodyLimits),
    {
      length: Infinity,
      signal: exchange.request.signal,
      firstPieceMs: exchange.leftMs(),
      onLateFailure: bodyLimits.bookFailure,
    },
  );
  const fetchMs = body === null ? undefined : performance.now() - startedAt;
  return new Response(body, {
    headers: {
      "content-type": formatType("tar"),
      "content-disposition": contentDisposition(
        "attachment",
        exchange.query.get("filename") ?? `${top}.tar`,
      ),
      "cache-control": cacheControl,
      etag,
      "server-timing": serverTiming(found.timings, fetchMs),
      "x-skerry-source": found.timings.source,
      ...pathHeaders(exchange, found.roots),
      ...acceptHeaders(asked, exchange),
    },
  });
}
