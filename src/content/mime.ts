import { labelOfName } from "../lib/mod.ts";

/** Longest type that a manifest carries: RFC 6838 §4.2 allows 127 + 1 + 127 characters. */
export const MIME_BYTES_MAX = 255;

/** `type/subtype`, then perhaps parameters; printable ASCII, so it can stand in an HTTP header
 * (RFC 9110 §8.3.1). */
const TOKEN = "[a-z0-9!#$&^_.+-]+";
const QUOTED = '"[ !\\x23-\\x5b\\x5d-\\x7e]*"';
const PARAMETER = ` *; *${TOKEN}=(?:${TOKEN}|${QUOTED})`;
const MIME = new RegExp(`^${TOKEN}/${TOKEN}(?:${PARAMETER})*$`, "i");

/** The media type that a manifest carries for a file of that name; empty if it suggests none. */
export function mimeOfName(name: string): string {
  return labelOfName(name) ?? "";
}

/** True if `mime` may stand in a manifest: empty, or a media type of at most 255 bytes. */
export function isMime(mime: string): boolean {
  return mime === "" || (mime.length <= MIME_BYTES_MAX && MIME.test(mime));
}
