import { fromHex, type MetaId, parseChunkId, parseKey32, parseMetaId } from "../lib/mod.ts";
import type { ChunkId, PublicKey } from "../lib/mod.ts";
import { denyDigest, type DenyStatus, DIGEST_BYTES, nameText, objectText } from "./deny_text.ts";

/** Longest line: a path of 1,024 bytes takes three times as many percent-encoded. */
export const DENY_LINE_CHARACTERS_MAX = 4_096;

/** One line of a denylist. The last rule that matches decides. */
export interface DenyRule {
  /** An exception (`!`): what it names may be served. */
  readonly isException: boolean;
  /** Undefined: as the file's header says. */
  readonly status: DenyStatus | undefined;
  readonly matches: DenyMatch;
}

export type DenyMatch =
  /** An object and all below it, a path, a name, or whatever a double hash stands for. */
  | { readonly kind: "exact"; readonly digest: Uint8Array }
  /** Paths below an object that begin with `prefix`, which is empty for all of them. */
  | { readonly kind: "prefix"; readonly key: ChunkId; readonly prefix: string };

/** Reads one line. @returns undefined for an empty line or a comment; else the rule, or the end of
 * a sentence that begins with the line: what is wrong with it. */
export function parseDenyLine(line: string): DenyRule | string | undefined {
  const text = line.trim();
  if (text === "" || text.startsWith("#")) return undefined;
  if (line.length > DENY_LINE_CHARACTERS_MAX) {
    return `is longer than ${DENY_LINE_CHARACTERS_MAX} characters`;
  }
  const [item = "", ...hints] = text.split(/[ \t]+/);
  const isException = item.startsWith("!");
  const matches = parseItem(isException ? item.slice(1) : item);
  if (typeof matches === "string") return matches;
  const status = parseHints(hints);
  return typeof status === "string" ? status : { isException, status, matches };
}

/** @returns 410, 451 or undefined from a hint's value; a text says what is wrong. */
export function parseDenyStatus(value: string): DenyStatus | string {
  if (value === "410") return 410;
  return value === "451" ? 451 : `has gateway_status ${value}, which may be 410 or 451`;
}

/** Hints of other programs are none of ours. */
function parseHints(hints: readonly string[]): DenyStatus | undefined | string {
  for (const hint of hints) {
    const [, value] = /^gateway_status=(.*)$/.exec(hint) ?? [];
    if (value !== undefined) return parseDenyStatus(value);
    if (!/^[a-z0-9_-]+=/i.test(hint)) return `has ${quoted(hint)} behind the rule: hints are a=b`;
  }
  return undefined;
}

function parseItem(item: string): DenyMatch | string {
  if (item.startsWith("//")) return parseDoubleHash(item.slice(2));
  const [, place, id = "", path] = /^\/(file|chunk|name)\/([^/]*)(?:\/(.*))?$/.exec(item) ?? [];
  switch (place) {
    case "file":
      return parseFile(id, path);
    case "chunk": {
      const key = parseChunkId(id);
      if (key === undefined || path !== undefined) return "needs 40 hex digits after /chunk/";
      return exact(objectText(key, []));
    }
    case "name": {
      const key = parseKey32(id);
      if (key === undefined || (path ?? "") !== "") return "needs a public key after /name/";
      return exact(nameText(key as PublicKey));
    }
    default:
      return "is no rule: it begins with none of /file/, /chunk/, /name/ and //";
  }
}

function parseDoubleHash(text: string): DenyMatch | string {
  const digest = text.length === 64 ? fromHex(text) : undefined;
  if (digest === undefined) return "needs the 64 hex digits of a SHA-256 after //";
  return { kind: "exact", digest: digest.subarray(0, DIGEST_BYTES) };
}

function parseFile(id: string, path: string | undefined): DenyMatch | string {
  const meta = parseMetaId(id);
  if (meta === undefined) return "needs 40 hex digits or the 52 characters of a link after /file/";
  const key = denyKeyOf(meta);
  const isPrefix = path?.endsWith("*") === true;
  const segments = decodePath(isPrefix ? path.slice(0, -1) : path ?? "", isPrefix);
  if (typeof segments === "string") return segments;
  if (!isPrefix) return exact(objectText(key, segments));
  return { kind: "prefix", key, prefix: segments.join("/") };
}

/** The 20 bytes that an object is found by, of either of its ids. */
export function denyKeyOf(meta: MetaId): ChunkId {
  return (meta.kind === "plain" ? meta.id : meta.id.subarray(0, 20)) as ChunkId;
}

const exact = (text: string): DenyMatch => ({ kind: "exact", digest: denyDigest(text) });

/** @param mayEndInSlash keeps a slash at the end: a prefix that ends in one means a directory. */
function decodePath(path: string, mayEndInSlash: boolean): string[] | string {
  const parts = path.split("/");
  if (parts.at(-1) === "" && (!mayEndInSlash || parts.length === 1)) parts.pop();
  const segments: string[] = [];
  for (const [at, part] of parts.entries()) {
    const isLast = at === parts.length - 1;
    const segment = decodePart(part);
    const isBroken = segment === undefined || /[/\\]/.test(segment) ||
      segment === "." || segment === ".." || (segment === "" && !isLast);
    if (isBroken) return "has a path that no file can have: percent-encode its names";
    segments.push(segment);
  }
  return segments;
}

function decodePart(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
