import { parseContentPath } from "../http/mod.ts";
import { formatMetaId, fromUtf8, SkerryError } from "../lib/mod.ts";

/** Where the value of a key leads: `/file/<meta>[/path]`, percent-encoded, without a final slash.
 * The value is that path or `<meta>[/path]` alone, as UTF-8; white space around it, such as the end
 * of a file's last line, is left out. Undefined if it leads to no content. */
export function nameTarget(value: Uint8Array): string | undefined {
  const text = fromUtf8(value)?.trim();
  if (text === undefined) return undefined;
  const below = text.replace(/^\/file\//, "").replace(/\/+$/, "");
  try {
    const { meta, segments } = parseContentPath(below);
    // Spelt anew, so that it may stand in a Location whatever the owner wrote.
    return ["/file", formatMetaId(meta), ...segments.map(encodeURIComponent)].join("/");
  } catch (error) {
    if (error instanceof SkerryError) return undefined;
    throw error;
  }
}
