import { fromUtf8, guessOfName } from "../lib/mod.ts";

/** How many bytes of a file sniffType() wants to see. */
export const SNIFF_BYTES = 512;
export const UNKNOWN_TYPE = "application/octet-stream";

const TEXT = "text/plain; charset=utf-8";
const TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,127}";
const QUOTED = '"[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]*"';
const PARAMETER = `[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|${QUOTED})`;
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:${PARAMETER})*$`);

/** A publisher's word for the type, if it is one (RFC 9110 §8.3.1, ≤ 255 characters). */
export function declaredType(mime: string): string | undefined {
  return mime.length <= 255 && MEDIA_TYPE.test(mime) ? mime : undefined;
}

/** The type that a file name's extension stands for, with a charset as withCharset() has it. */
export function typeOfName(name: string): string | undefined {
  const type = guessOfName(name);
  return type === undefined ? undefined : withCharset(type);
}

/** The type to send text as: UTF-8 where it does not say. Publishers write no charset into what is
 * hashed, and without one browsers read text in the code page of their country. Markup says its
 * own.
 * @param type as declaredType() gives it. */
export function withCharset(type: string): string {
  const isBare = /^text\/[^;]+$/i.test(type) && !isMarkup(type);
  return isBare ? `${type.trimEnd()}; charset=utf-8` : type;
}

const MAGIC: readonly (readonly [number, string, string])[] = [
  [0, "\x89PNG\r\n\x1a\n", "image/png"],
  [0, "\xff\xd8\xff", "image/jpeg"],
  [0, "GIF8", "image/gif"],
  [8, "WEBP", "image/webp"],
  [8, "WAVE", "audio/wav"],
  [8, "AVI ", "video/x-msvideo"],
  [4, "ftypavif", "image/avif"],
  [4, "ftypqt", "video/quicktime"],
  [4, "ftyp", "video/mp4"],
  [0, "\x1a\x45\xdf\xa3", "video/webm"],
  [0, "OggS", "application/ogg"],
  [0, "fLaC", "audio/flac"],
  [0, "ID3", "audio/mpeg"],
  [0, "%PDF-", "application/pdf"],
  [0, "PK\x03\x04", "application/zip"],
  [0, "\x1f\x8b", "application/gzip"],
  [0, "\x28\xb5\x2f\xfd", "application/zstd"],
  [0, "\xfd7zXZ\x00", "application/x-xz"],
  [0, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"],
  [0, "\x00asm", "application/wasm"],
  [0, "wOF2", "font/woff2"],
  [0, "wOFF", "font/woff"],
  [257, "ustar", "application/x-tar"],
];

/** The type that a file's first bytes (up to SNIFF_BYTES) betray. */
export function sniffType(start: Uint8Array): string {
  const head = start.subarray(0, SNIFF_BYTES);
  const latin1 = String.fromCharCode(...head);
  for (const [at, magic, type] of MAGIC) if (latin1.startsWith(magic, at)) return type;
  const text = textOf(head);
  if (text === undefined) return UNKNOWN_TYPE;
  const root = /^<(?:!doctype\s+)?([a-z]+)/i.exec(afterProlog(text))?.[1]?.toLowerCase();
  if (root === "svg") return "image/svg+xml";
  if (root === "html" || root === "head" || root === "body") return "text/html";
  return TEXT;
}

/** What follows white space, an XML declaration and comments. A loop, because one expression for it
 * would backtrack over every way to pair the comment marks. */
function afterProlog(text: string): string {
  let rest = text.trimStart();
  while (true) {
    const close = rest.startsWith("<!--") ? "-->" : rest.startsWith("<?xml") ? "?>" : undefined;
    const end = close === undefined ? -1 : rest.indexOf(close);
    if (close === undefined || end === -1) return rest;
    rest = rest.slice(end + close.length).trimStart();
  }
}

/** The bytes as UTF-8 text without control characters; in a full head the end may be half a
 * character. */
function textOf(head: Uint8Array): string | undefined {
  const cutMax = head.length === SNIFF_BYTES ? 3 : 0;
  for (let cut = 0; cut <= cutMax; cut++) {
    const text = fromUtf8(head.subarray(0, head.length - cut));
    if (text === undefined) continue;
    // deno-lint-ignore no-control-regex
    return /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f]/.test(text) ? undefined : text;
  }
  return undefined;
}

/** True for markup, which says its own charset. */
function isMarkup(type: string): boolean {
  return /^(text\/html|multipart\/|message\/)|xml|xsl/i.test(type);
}

const INERT_TEXT = "css|csv|javascript|markdown|plain";
const INERT_APPLICATION = "gzip|json|octet-stream|pdf|wasm|x-tar|zip";
const INERT = new RegExp(
  `^(?:(?:audio|font|video)/[a-z0-9.-]+|image/(?!svg)[a-z0-9.-]+|text/(?:${INERT_TEXT})` +
    `|application/(?:${INERT_APPLICATION})) *(?:;|$)`,
  "i",
);

/** True for what no browser takes for a document that runs scripts of our origin. A list of what is
 * known to be harmless, since publishers choose types and browsers take more for XML than says so:
 * `text/xsl` runs scripts in Chromium. */
export function isInert(type: string): boolean {
  return INERT.test(type);
}
