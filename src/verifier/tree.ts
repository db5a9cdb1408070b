/** The tree of BEP 52 over a file, from its bytes up: SHA-256 over leaves of 16 KiB, missing leaves
 * 32 zero bytes. Hashed by the browser, which does that in secure contexts only (https and
 * localhost). */
export const SLICE_BYTES = 65_536;
const LEAF_BYTES = 16_384;
const SLICE_LAYER = 2;

/** What `?format=proof` answers. Base64 of n × 32 bytes. */
export interface Proof {
  readonly v: number;
  /** Of the whole file. */
  readonly size: number;
  readonly firstSlice: number;
  readonly sliceHashes: string;
  /** Beside the way up, from the slices on, on each layer the left one first. */
  readonly uncles: string;
}

export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  const own = bytes as Uint8Array<ArrayBuffer>;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", own));
}

/** Whether `bytes` are what lies from byte `start` on in the file of that root and size. They must
 * begin and end where slices do.
 * @param proof of exactly these slices; not looked at for a file of one slice. */
export async function verifyBytes(
  root: Uint8Array,
  size: number,
  start: number,
  bytes: Uint8Array,
  proof: Proof | undefined,
): Promise<boolean> {
  const end = start + bytes.length;
  const isWholeSlices = start % SLICE_BYTES === 0 && (end % SLICE_BYTES === 0 || end === size);
  if (!isWholeSlices || end > size || bytes.length === 0) return false;
  if (size <= SLICE_BYTES) {
    const leaves = await leavesOf(bytes);
    return same(await fold(leaves, 0, 0, Math.ceil(Math.log2(leaves.length)), leaves.length), root);
  }
  const first = start / SLICE_BYTES;
  if (proof === undefined || proof.size !== size || proof.firstSlice !== first) return false;
  const told = split(proof.sliceHashes);
  if (told.length !== Math.ceil(bytes.length / SLICE_BYTES)) return false;
  for (const [i, hash] of told.entries()) {
    const slice = bytes.subarray(i * SLICE_BYTES, (i + 1) * SLICE_BYTES);
    const leaves = await leavesOf(slice);
    if (!same(await fold(leaves, 0, 0, SLICE_LAYER, leaves.length), hash)) return false;
  }
  const count = Math.ceil(size / SLICE_BYTES);
  const uncles = split(proof.uncles);
  const layers = Math.ceil(Math.log2(count));
  const found = await fold(told, first, SLICE_LAYER, SLICE_LAYER + layers, count, uncles);
  return uncles.length === 0 && same(found, root);
}

/** The node at layer `to` over consecutive nodes of layer `from`, of which `first` is the number of
 * the first and `count` says how many there are in the file. Takes the others from `uncles`. */
async function fold(
  nodes: readonly Uint8Array[],
  first: number,
  from: number,
  to: number,
  count: number,
  uncles: Uint8Array[] = [],
): Promise<Uint8Array> {
  let row = [...nodes];
  let low = first;
  let zero: Uint8Array = new Uint8Array(32);
  for (let layer = 0; layer < from; layer++) zero = await pair(zero, zero);
  for (let layer = 0; layer < to - from; layer++) {
    const high = low + row.length - 1;
    if (low % 2 === 1) row.unshift(uncles.shift() ?? new Uint8Array());
    if (high % 2 === 0) {
      row.push((high + 1) * 2 ** layer >= count ? zero : uncles.shift() ?? new Uint8Array());
    }
    const above: Uint8Array[] = [];
    for (let i = 0; i < row.length; i += 2) {
      above.push(await pair(row[i] ?? zero, row[i + 1] ?? zero));
    }
    row = above;
    low = Math.floor(low / 2);
    zero = await pair(zero, zero);
  }
  return row[0] ?? new Uint8Array();
}

async function leavesOf(slice: Uint8Array): Promise<Uint8Array[]> {
  const leaves: Uint8Array[] = [];
  for (let at = 0; at < slice.length; at += LEAF_BYTES) {
    leaves.push(await sha256(slice.subarray(at, at + LEAF_BYTES)));
  }
  return leaves;
}

function pair(left: Uint8Array, right: Uint8Array): Promise<Uint8Array> {
  const both = new Uint8Array(64);
  both.set(left, 0);
  both.set(right, 32);
  return sha256(both);
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function split(base64: string): Uint8Array[] {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 32) hashes.push(bytes.subarray(at, at + 32));
  return hashes;
}
