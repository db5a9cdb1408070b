/** Types that our own manifests carry, by file extension. A type is part of what is hashed: a row
 * changed or added here changes the id of the next publication of such a file. No charset: the
 * publisher does not look into the file. Source: the IANA registry, and for the few that it lacks
 * what browsers expect. */
const LABELS: Readonly<Record<string, string>> = {
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

/** Types that a reader may take for what carries none: what a name alone says of these is worth no
 * id (`ts` may be video or a program), and another release may guess better. */
const GUESSES: Readonly<Record<string, string>> = {
  "3g2": "video/3gpp2",
  "3gp": "video/3gpp",
  av1: "video/av1",
  avi: "video/x-msvideo",
  bin: "application/octet-stream",
  eot: "application/vnd.ms-fontobject",
  glb: "model/gltf-binary",
  gltf: "model/gltf+json",
  log: "text/plain",
  m3u8: "application/vnd.apple.mpegurl",
  mid: "audio/x-midi",
  midi: "audio/x-midi",
  mpd: "application/dash+xml",
  ogx: "application/ogg",
  toml: "application/toml",
  ts: "video/mp2t",
};

const LABEL_OF: ReadonlyMap<string, string> = new Map(Object.entries(LABELS));
const GUESS_OF: ReadonlyMap<string, string> = new Map(Object.entries(GUESSES));

/** The media type that a publication of a file of that name carries, without a charset; undefined
 * if the name suggests none. */
export function labelOfName(name: string): string | undefined {
  return LABEL_OF.get(extensionOf(name));
}

/** The media type that a name suggests to a reader: its label, else a guess. */
export function guessOfName(name: string): string | undefined {
  return labelOfName(name) ?? GUESS_OF.get(extensionOf(name));
}

/** In lower case; empty for a name without one, or a hidden file such as .gz. */
function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot + 1).toLowerCase();
}
