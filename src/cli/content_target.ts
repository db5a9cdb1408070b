import { formatMetaId, parseMetaId, SkerryError } from "../lib/mod.ts";
import type { RemotePlace } from "../node/mod.ts";

/** Reads what `get` is asked for: `<meta>[/path]`, or the URL that a gateway shows it under.
 * @throws {SkerryError} INVALID_ID, INVALID_PATH. */
export function parseContentTarget(text: string): RemotePlace {
  const inUrl = /^https?:\/\/[^/]+\/file\/([^?#]+)/i.exec(text)?.[1];
  const parts = (inUrl ?? text).split("/");
  const names = parts.slice(1).filter((part) => part !== "");
  const meta = parseMetaId(parts[0] ?? "");
  if (meta === undefined) {
    throw new SkerryError(
      "INVALID_ID",
      `${JSON.stringify(text.slice(0, 200))} names nothing: give 40 hex digits, a link of 52 ` +
        "characters, or a gateway's URL of one, and /path below it if need be",
    );
  }
  return { meta, segments: names.map((name) => inUrl === undefined ? name : decoded(name)) };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new SkerryError(
      "INVALID_PATH",
      `${JSON.stringify(segment)} is not percent-encoded UTF-8`,
    );
  }
}

/** The admin API's path of a target. */
export function contentPath({ meta, segments }: RemotePlace): string {
  return ["/v1/get", formatMetaId(meta), ...segments.map(encodeURIComponent)].join("/");
}
