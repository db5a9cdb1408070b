import { type ContentPath, parseContentPath } from "../http/mod.ts";
import {
  type ChunkId,
  formatMetaId,
  type MetaId,
  parseChunkId,
  parseKey32,
  type PublicKey,
  type StrongId,
} from "../lib/mod.ts";
import type { DenySubject, Node } from "../node/mod.ts";

/** Statuses that caches may keep, so that they must be told when to forget. */
const KEPT: readonly number[] = [200, 206, 301, 302, 304, 404, 410, 451];

/** Says on an answer about content what to purge it by: `c-<chunk>`, `m-<meta>` for the id in the
 * URL and the link it stands for, `p-<key>` for a name, and where there is a denylist `h-<digest>`
 * for whatever a rule could say of it (gateway.md §2). */
export function addCacheTags(
  node: Pick<Node, "denyTagsOf">,
  path: string,
  response: Response,
): void {
  if (!KEPT.includes(response.status)) return;
  const roots = (response.headers.get("x-skerry-roots") ?? "").split(",");
  const tags = new Set([...ownTags(path), ...rootTags(path, roots)]);
  if (tags.size === 0) return;
  for (const subject of subjectsOf(path, roots)) {
    const denyTags = node.denyTagsOf(subject);
    if (denyTags.length === 0) break; // there is no list
    for (const tag of denyTags) tags.add(tag);
  }
  response.headers.set("cache-tag", [...tags].join(","));
  response.headers.set("surrogate-key", [...tags].join(" "));
}

/** The kind and the id that a path begins with, both as they stand there. */
function headOf(path: string): [kind: string, id: string] {
  const [, kind = "", id = ""] = path.split("/", 3);
  return [kind, id];
}

function ownTags(path: string): string[] {
  const [kind, id] = headOf(path);
  if (kind === "chunk") return parseChunkId(id) === undefined ? [] : [`c-${id}`];
  if (kind === "name") return parseKey32(id) === undefined ? [] : [`p-${id}`];
  const meta = kind === "file" ? contentPath(path)?.meta : undefined;
  return meta === undefined ? [] : [`m-${formatMetaId(meta)}`];
}

function rootTags(path: string, [root = ""]: readonly string[]): string[] {
  const [kind] = headOf(path);
  return root === "" || (kind !== "file" && kind !== "name") ? [] : [`m-${root}`];
}

/** What a rule may be about: what the URL says, and each object that the path led through. */
function* subjectsOf(path: string, roots: readonly string[]): Generator<DenySubject> {
  const [kind, idText] = headOf(path);
  const chunk = kind === "chunk" ? parseChunkId(idText) : undefined;
  if (chunk !== undefined) yield pathOf({ kind: "plain", id: chunk as ChunkId }, []);
  const key = kind === "name" ? parseKey32(idText) : undefined;
  if (key !== undefined) yield { kind: "name", publicKey: key as PublicKey };
  const content = kind === "file" ? contentPath(path) : undefined;
  if (content !== undefined) yield pathOf(content.meta, content.segments);
  if (chunk !== undefined) return;
  for (const [depth, root] of roots.entries()) {
    const id = parseKey32(root);
    if (id === undefined) continue;
    yield pathOf({ kind: "strong", id: id as StrongId }, content?.segments.slice(depth) ?? []);
  }
}

function pathOf(meta: MetaId, path: readonly string[]): DenySubject {
  return { kind: "path", meta, path };
}

/** Undefined for what was refused as no path. */
function contentPath(path: string): ContentPath | undefined {
  try {
    return parseContentPath(path.slice("/file/".length));
  } catch {
    return undefined;
  }
}
