import { formatMetaId, type MetaId, parseMetaId, SkerryError, utf8 } from "../lib/mod.ts";

/** Longest path below a meta id, in decoded bytes (gateway.md §9). */
export const PATH_BYTES_MAX = 1024;
/** Deepest directory nesting. */
export const PATH_DEPTH_MAX = 16;

/** What the part of a URL after `/file/` says. */
export interface ContentPath {
  readonly meta: MetaId;
  /** The id as it stands in the URL. */
  readonly idText: string;
  /** True if the id is written in its canonical lower case. */
  readonly isCanonical: boolean;
  /** Decoded once; empty for the object itself. */
  readonly segments: readonly string[];
  /** The URL ends in `/`, so a directory is meant. */
  readonly hasTrailingSlash: boolean;
}

/** Reads `<meta>[/path]` as it stands in a URL, percent-encoded.
 * @param bytesMax of the path, decoded.
 * @throws {SkerryError} INVALID_ID or INVALID_PATH, naming the text and the rule. */
export function parseContentPath(raw: string, bytesMax = PATH_BYTES_MAX): ContentPath {
  const [idText = "", ...rest] = raw.split("/");
  const meta = parseMetaId(idText);
  if (meta === undefined) throw invalidMeta(idText);
  const hasTrailingSlash = rest.at(-1) === "";
  const encoded = hasTrailingSlash ? rest.slice(0, -1) : rest;
  if (encoded.length > PATH_DEPTH_MAX) {
    throw invalidPath(raw, `is deeper than ${PATH_DEPTH_MAX} directories`);
  }
  const segments = encoded.map(decodeSegment);
  if (utf8(segments.join("/")).length > bytesMax) {
    throw invalidPath(raw, `is longer than ${bytesMax} bytes`);
  }
  const isCanonical = idText === formatMetaId(meta);
  return { meta, idText, isCanonical, segments, hasTrailingSlash };
}

/** Decodes one path segment, once. @throws {SkerryError} INVALID_PATH. */
function decodeSegment(encoded: string): string {
  let name: string;
  try {
    name = decodeURIComponent(encoded);
  } catch {
    throw invalidPath(encoded, "is not percent-encoded UTF-8");
  }
  if (name === "") throw invalidPath(encoded, "has an empty name between two slashes");
  if (name === "." || name === "..") throw invalidPath(name, "may not hold . or ..");
  // deno-lint-ignore no-control-regex
  if (/[/\\\u0000-\u001f\u007f]/.test(name)) {
    throw invalidPath(
      encoded,
      "may not hold a slash, a backslash or a control character in a name",
    );
  }
  return name;
}

/** Shortened for a message, control characters made visible. */
export function quoted(text: string): string {
  const short = text.length > 120 ? `${text.slice(0, 117)}...` : text;
  return JSON.stringify(short);
}

function invalidPath(text: string, rule: string): SkerryError {
  return new SkerryError("INVALID_PATH", `the path ${quoted(text)} ${rule}`);
}

export function invalidMeta(text: string): SkerryError {
  return new SkerryError(
    "INVALID_ID",
    `${quoted(text)} is not an id: it needs 40 hex digits, or 52 characters a-z and 2-7 of which ` +
      "the last is a or q",
  );
}

export function invalidChunkId(text: string): SkerryError {
  return new SkerryError("INVALID_ID", `${quoted(text)} is not a chunk id: it needs 40 hex digits`);
}
