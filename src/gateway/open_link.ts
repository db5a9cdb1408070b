import { formatMetaId, parseKey32, parseMetaId, toBase32 } from "../lib/mod.ts";

/** Where what somebody typed or pasted leads on this gateway: `/file/…`, `/chunk/…` or `/name/…`,
 * percent-encoded; undefined if it is none. Taken are an id with or without a path below it, and a
 * path or whole link of any gateway, with the id in its path or in its host name. */
export function openedPath(text: string): string | undefined {
  const link = text.trim().replace(/[?#].*$/s, "")
    .replace(/^https?:/i, (scheme) => scheme.toLowerCase()); // phones begin with a capital
  const bare = /^([A-Za-z0-9]{40,52})(\/.*)?$/s.exec(link);
  if (bare !== null) return pathOf("file", bare[1] ?? "", bare[2] ?? "");
  const isolated = /^https?:\/\/([A-Za-z2-7]{52})\.[^/]+(\/.*)?$/s.exec(link);
  if (isolated !== null) return pathOf("file", isolated[1] ?? "", isolated[2] ?? "");
  const inPath = /^(?:https?:\/\/[^/]+)?\/(file|chunk|name)\/([A-Za-z0-9]+)(\/.*)?$/s.exec(link);
  return inPath === null ? undefined : pathOf(inPath[1] ?? "", inPath[2] ?? "", inPath[3] ?? "");
}

function pathOf(kind: string, idText: string, below: string): string | undefined {
  const id = canonicalId(kind, idText);
  if (id === undefined) return undefined;
  // The URL parser encodes what is not encoded yet and leaves the rest as it is; it also climbs
  // `..`, which must not lead out of what was opened, let alone to `//another.host`.
  const path = new URL(`/${kind}/${id}${below}`, "http://localhost").pathname;
  return path === `/${kind}/${id}` || path.startsWith(`/${kind}/${id}/`) ? path : undefined;
}

function canonicalId(kind: string, text: string): string | undefined {
  if (kind === "name") {
    const key = parseKey32(text);
    return key === undefined ? undefined : toBase32(key);
  }
  const meta = parseMetaId(text);
  if (meta === undefined || (kind === "chunk" && meta.kind === "strong")) return undefined;
  return formatMetaId(meta);
}
