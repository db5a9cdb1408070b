import { contentDisposition, invalidChunkId, UNKNOWN_TYPE } from "../http/mod.ts";
import { type ChunkId, type MetaId, parseChunkId, toHex } from "../lib/mod.ts";
import type { Node, OpenChunk } from "../node/mod.ts";
import { IMMUTABLE } from "./caching.ts";
import { impliedNotModified } from "./conditions.ts";
import type { Exchange } from "./exchange.ts";
import type { GatewayOptions } from "./options.ts";
import { permanentRedirect } from "./redirect.ts";
import { send } from "./send.ts";
import { checkAllowed, checkServed } from "./serve_rule.ts";

/** GET and HEAD /chunk/<sha1>: the bytes of one chunk, as a file to save and never to show, since a
 * raw chunk is anything at all. */
export async function chunkRoute(
  node: Node,
  options: GatewayOptions,
  exchange: Exchange,
): Promise<Response> {
  const text = exchange.path.slice("/chunk/".length);
  const id = parseChunkId(text);
  if (id === undefined) throw invalidChunkId(text);
  const idText = toHex(id);
  if (text !== idText) return permanentRedirect(`/chunk/${idText}${exchange.search}`);
  const meta: MetaId = { kind: "plain", id };
  checkAllowed(meta, [], node);
  checkServed(meta, options.serve, node);
  const etag = `"${idText}"`;
  // The URL names the bytes, so their tag is known without them.
  const implied = impliedNotModified(exchange, etag, IMMUTABLE);
  if (implied !== undefined) return implied;
  const name = exchange.query.get("filename") ?? `${idText}.bin`;
  const chunk = await openOrStat(node, id, exchange);
  return await send(exchange, {
    source: chunk,
    isLocal: chunk.timings.source === "local",
    etag,
    contentHash: idText,
    cacheControl: IMMUTABLE,
    contentType: UNKNOWN_TYPE,
    timings: chunk.timings,
    headers: {
      "content-disposition": contentDisposition("attachment", name),
      "x-skerry-path": `/chunk/${idText}`,
      "x-skerry-roots": idText,
    },
  }, options.rangeFileBytesMax);
}

/** HEAD moves metadata only, so nothing of the chunk is opened for it. */
async function openOrStat(
  node: Node,
  id: ChunkId,
  exchange: Exchange,
): Promise<Omit<OpenChunk, "id">> {
  if (!exchange.isHead) return await node.openChunk(id, exchange.lookup());
  const { size, timings } = await node.statChunk(id, exchange.lookup());
  return {
    size,
    heldBytes: 0,
    timings,
    read() {
      throw new Error("HEAD reads no bytes");
    },
  };
}
