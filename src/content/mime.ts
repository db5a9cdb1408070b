/** Longest type that a manifest carries: RFC 6838 §4.2 allows 127 + 1 + 127 characters. */
export const MIME_BYTES_MAX = 255;

/** `type/subtype`, then perhaps parameters; printable ASCII, so it can stand in an HTTP header
 * (RFC 9110 §8.3.1). */
const TOKEN = "[a-z0-9!#$&^_.+-]+";
const QUOTED = '"[ !\\x23-\\x5b\\x5d-\\x7e]*"';
const PARAMETER = ` *; *${TOKEN}=(?:${TOKEN}|${QUOTED})`;
const MIME = new RegExp(`^${TOKEN}/${TOKEN}(?:${PARAMETER})*$`, "i");

/** Types that our own manifests carry, by file extension. A type is part of what is hashed: a row
 * changed here changes the id of the next publication of such a file, so rows are only added. No
 * charset: the publisher does not look into the file. Source: the IANA registry, and for the few
 * that it lacks what browsers expect. */
const TYPES: Readonly<Record<string, string>> = {
  "7z": "application/x-7z-compressed",
  aac: "audio/aac",
  apk: "application/vnd.android.package-archive",
  apng: "image/apng",
  atom: "application/atom+xml",
  avif: "image/avif",
  bmp: "image/bmp",
  br: "application/x-brotli",
  bz2: "application/x-bzip2",
  css: "text/css",
  csv: "text/csv",
  deb: "application/vnd.debian.binary-package",
  epub: "application/epub+zip",
  flac: "audio/flac",
  gif: "image/gif",
  gz: "application/gzip",
  htm: "text/html",
  html: "text/html",
  ico: "image/vnd.microsoft.icon",
  ics: "text/calendar",
  iso: "application/x-iso9660-image",
  jar: "application/java-archive",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  js: "text/javascript",
  json: "application/json",
  jsonld: "application/ld+json",
  jxl: "image/jxl",
  m4a: "audio/mp4",
  m4v: "video/mp4",
  map: "application/json",
  md: "text/markdown",
  mjs: "text/javascript",
  mkv: "video/matroska",
  mov: "video/quicktime",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  mpeg: "video/mpeg",
  oga: "audio/ogg",
  ogg: "audio/ogg",
  ogv: "video/ogg",
  opus: "audio/ogg",
  otf: "font/otf",
  parquet: "application/vnd.apache.parquet",
  pdf: "application/pdf",
  png: "image/png",
  rss: "application/rss+xml",
  rtf: "application/rtf",
  sqlite: "application/vnd.sqlite3",
  svg: "image/svg+xml",
  tar: "application/x-tar",
  tgz: "application/gzip",
  tif: "image/tiff",
  tiff: "image/tiff",
  torrent: "application/x-bittorrent",
  ttf: "font/ttf",
  txt: "text/plain",
  wasm: "application/wasm",
  wav: "audio/wav",
  weba: "audio/webm",
  webm: "video/webm",
  webmanifest: "application/manifest+json",
  webp: "image/webp",
  woff: "font/woff",
  woff2: "font/woff2",
  xhtml: "application/xhtml+xml",
  xml: "application/xml",
  xz: "application/x-xz",
  yaml: "application/yaml",
  yml: "application/yaml",
  zip: "application/zip",
  zst: "application/zstd",
};

const BY_EXTENSION: ReadonlyMap<string, string> = new Map(Object.entries(TYPES));

/** The media type that a file's name suggests; empty if it suggests none. */
export function mimeOfName(name: string): string {
  const dot = name.lastIndexOf(".");
  if (dot <= 0) return ""; // no extension, or a hidden file such as .gz
  return BY_EXTENSION.get(name.slice(dot + 1).toLowerCase()) ?? "";
}

/** True if `mime` may stand in a manifest: empty, or a media type of at most 255 bytes. */
export function isMime(mime: string): boolean {
  return mime === "" || (mime.length <= MIME_BYTES_MAX && MIME.test(mime));
}
