/** What `/verify.js` is built from: proves in a browser that bytes which came by a cache or gateway
 * that nobody has to trust are those that a link names. Depends on nothing but the web platform.
 * Invariants: nothing is returned that was not proven; whatever comes in answers a request, a wrong
 * answer is an Error that names what was wrong. */
import { readCanonical, type Value } from "./canonical.ts";
import { type Proof, sha256, SLICE_BYTES, verifyBytes } from "./tree.ts";

export { type Proof, verifyBytes } from "./tree.ts";

/** How to get an answer: as the web's fetch. */
export type Fetch = (url: string, init?: { headers: Record<string, string> }) => Promise<Response>;

/** A file that a link leads to, as its publisher's manifest describes it. */
export interface ProvenFile {
  readonly size: number;
  /** BitTorrent v2's pieces root; empty for a file of no bytes. */
  readonly root: Uint8Array;
  /** The whole of a file of at most 64 KiB. */
  readonly contents: Uint8Array | undefined;
}

/** Bytes asked for at once: what one proof covers. */
const STEP_BYTES = 64 * SLICE_BYTES;
const DIRECTORY = 1;
const HEAD = 3;

/** The bytes [start, end) of the file at `path` (decoded segments joined by `/`) below `link`, from
 * any gateway or cache at `base`, all of them proven.
 * @throws {Error} naming what was wrong, if anything that came was not what the link names. */
export async function fetchVerified(
  base: string,
  link: string,
  path = "",
  range: { readonly start?: number; readonly end?: number } = {},
  get: Fetch = fetch,
): Promise<Uint8Array> {
  const file = await findFile(base, link, path, get);
  const start = Math.min(range.start ?? 0, file.size);
  const end = Math.max(start, Math.min(range.end ?? file.size, file.size));
  if (file.contents !== undefined) return file.contents.slice(start, end);
  const whole = new Uint8Array(end - start);
  const url = fileUrl(base, link, path);
  let at = Math.floor(start / SLICE_BYTES) * SLICE_BYTES;
  while (at < end) {
    const to = Math.min(
      file.size,
      Math.ceil(Math.min(end, at + STEP_BYTES) / SLICE_BYTES) * SLICE_BYTES,
    );
    const bytes = await provenPart(url, file, at, to, get);
    const from = Math.max(start, at);
    whole.set(bytes.subarray(from - at, Math.min(end, to) - at), from - start);
    at = to;
  }
  return whole;
}

/** The file that `path` below `link` names, every manifest on the way proven. */
export async function findFile(
  base: string,
  link: string,
  path = "",
  get: Fetch = fetch,
): Promise<ProvenFile> {
  let id = link.toLowerCase();
  let manifest = await object(base, id, get);
  for (const name of path.split("/").filter((part) => part !== "")) {
    const entry = await entryOf(base, manifest, name, get);
    if (entry === undefined) throw new Error(`${id} has no entry ${JSON.stringify(name)}`);
    id = base32(entry);
    manifest = await object(base, id, get);
  }
  const [, kind, size, , body, , root] = manifest;
  const isFile = kind === 0 || (kind === HEAD && body instanceof Uint8Array);
  if (!isFile || typeof size !== "number" || !(root instanceof Uint8Array)) {
    throw new Error(`${id} is not a file`);
  }
  return { size, root, contents: kind === 0 && body instanceof Uint8Array ? body : undefined };
}

async function provenPart(
  url: string,
  file: ProvenFile,
  start: number,
  end: number,
  get: Fetch,
): Promise<Uint8Array> {
  const [part, proof] = await Promise.all([
    get(url, { headers: { range: `bytes=${start}-${end - 1}` } }).then(bytesOf),
    get(`${url}?format=proof&bytes=${start}-${end - 1}`).then(bytesOf),
  ]);
  // A cache may give the whole instead of a range.
  const bytes = part.length === file.size ? part.subarray(start, end) : part;
  const told = JSON.parse(new TextDecoder().decode(proof)) as Proof;
  if (bytes.length === end - start && await verifyBytes(file.root, file.size, start, bytes, told)) {
    return bytes;
  }
  throw new Error(`bytes ${start}-${end - 1} of ${url} are not what the link names`);
}

/** A manifest object by its strong id, proven by it. */
async function object(base: string, id: string, get: Fetch): Promise<readonly Value[]> {
  const bytes = await get(`${fileUrl(base, id, "")}?format=manifest`).then(bytesOf);
  if (base32(await sha256(bytes)) !== id) throw new Error(`the manifest of ${id} is another one`);
  const value = readCanonical(bytes);
  if (!Array.isArray(value)) throw new Error(`${id} is not a manifest`);
  return value as readonly Value[];
}

/** The strong id of the entry called `name`; of a paged directory, from the one page that may hold
 * it. */
async function entryOf(
  base: string,
  manifest: readonly Value[],
  name: string,
  get: Fetch,
): Promise<Uint8Array | undefined> {
  const [, kind, , , body] = manifest;
  if (!Array.isArray(body) || (kind !== DIRECTORY && kind !== HEAD)) return undefined;
  if (kind === DIRECTORY) return listed(body as Value[], name);
  let page: Uint8Array | undefined;
  for (const [firstName, id] of body as [string, Uint8Array][]) {
    if (compare(firstName, name) <= 0) page = id;
  }
  if (page === undefined) return undefined;
  const [, , , , entries] = await object(base, base32(page), get);
  return Array.isArray(entries) ? listed(entries as Value[], name) : undefined;
}

function listed(entries: readonly Value[], name: string): Uint8Array | undefined {
  for (const entry of entries) {
    const [entryName, , id] = entry as Value[];
    if (entryName === name && id instanceof Uint8Array) return id;
  }
  return undefined;
}

/** By UTF-8 bytes, as directories are sorted. */
function compare(a: string, b: string): number {
  const [x, y] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

function fileUrl(base: string, link: string, path: string): string {
  const segments = path.split("/").filter((part) => part !== "").map(encodeURIComponent);
  return [base.replace(/\/+$/, ""), "file", link, ...segments].join("/");
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** RFC 4648, lower case, without padding. */
function base32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0, held = 0;
  for (const byte of bytes) {
    held = (held << 8 | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += LETTERS[held >> (bits - 5) & 31];
  }
  return bits === 0 ? text : text + LETTERS[held << (5 - bits) & 31];
}
const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
