import {
  chunkIdOf,
  decodeManifest,
  describeFault,
  isManifestFault,
  locatorOf,
  type Manifest,
  type ManifestFault,
  strongIdOf,
} from "../../content/mod.ts";
import {
  BoundedMap,
  type ChunkId,
  formatMetaId,
  type MetaId,
  SkerryError,
  type StrongId,
  toHex,
} from "../../lib/mod.ts";
import type { ReadOptions, Timings } from "../contract/api.ts";
import { type DenyGate, OPEN_GATE } from "../denial/denylist.ts";
import { ManifestCache } from "./manifest_cache.ts";

/** What proves a manifest object's bytes: the SHA-256 that names it, or for a plain id the SHA-1
 * that it is looked up by. */
export type ObjectProof =
  | { readonly kind: "strong"; readonly strongId: StrongId }
  | { readonly kind: "plain" };

/** Gets a whole object (≤ 1 MiB) that `proof` has proven, from the store or from the network. The
 * bytes are the caller's to keep. `listedBy` is the key of the object that names this one: who has
 * the one is likely to hold the other, and is found already. Rejects as Node.openChunk does. */
export type GetObject = (
  id: ChunkId,
  proof: ObjectProof,
  options: ReadOptions | undefined,
  listedBy?: ChunkId,
) => Promise<{ readonly bytes: Uint8Array; readonly timings: Timings }>;

/** A manifest object that keeps the rules. */
export interface Loaded {
  readonly manifest: Manifest;
  readonly strongId: StrongId;
  /** Its SHA-1. */
  readonly id: ChunkId;
  readonly timings: Timings;
}

/** Decoded manifests kept: a small share of the 200 MB that a streaming node may take. */
const CACHE_BYTES_MAX = 16 * 2 ** 20;
const PLAIN_NAMES_MAX = 4_096;

/** Nothing was fetched. */
export const LOCAL: Timings = { source: "local" };

/** Gets and decodes manifest objects, keeping the ones used last. */
export class ManifestLoader {
  readonly #getObject: GetObject;
  readonly #cache = new ManifestCache(CACHE_BYTES_MAX);
  /** SHA-1 of an object → its strong id. BOUNDED by PLAIN_NAMES_MAX. */
  readonly #plainNames = new BoundedMap<string, StrongId>(PLAIN_NAMES_MAX);

  readonly #gate: DenyGate;

  /** @param gate asked by every name of an object that is known, whether it is kept here or not. */
  constructor(getObject: GetObject, gate: DenyGate = OPEN_GATE) {
    this.#getObject = getObject;
    this.#gate = gate;
  }

  /** @throws {SkerryError} as GetObject, and INVALID_MANIFEST naming the object and the rule. */
  async loadMeta(meta: MetaId, options: ReadOptions | undefined): Promise<Loaded> {
    if (meta.kind === "strong") return await this.load(meta.id, locatorOf(meta.id), options);
    const hex = toHex(meta.id);
    this.#gate.assertBytes([meta.id]);
    const strongId = this.#plainNames.touch(hex);
    const known = strongId === undefined ? undefined : this.#cache.get(toHex(strongId));
    if (strongId !== undefined && known !== undefined) {
      return this.#passed({ ...known, strongId, timings: LOCAL });
    }
    const { bytes, timings } = await this.#getObject(meta.id, { kind: "plain" }, options);
    const loaded = this.#decode(bytes, strongIdOf(bytes), timings, hex);
    this.#plainNames.set(hex, loaded.strongId);
    return loaded;
  }

  /** @param locator the key to look the object up by: its SHA-1 or its strong id's first 20 bytes.
   * @param listedBy the strong id of the object that names it.
   * @throws {SkerryError} as loadMeta. */
  async load(
    strongId: StrongId,
    locator: ChunkId,
    options: ReadOptions | undefined,
    listedBy?: StrongId,
  ): Promise<Loaded> {
    this.#gate.assertBytes([locatorOf(strongId)]);
    const known = this.#cache.get(toHex(strongId));
    if (known !== undefined) return this.#passed({ ...known, strongId, timings: LOCAL });
    const near = listedBy === undefined ? undefined : locatorOf(listedBy);
    const proof = { kind: "strong", strongId } as const;
    const { bytes, timings } = await this.#getObject(locator, proof, options, near);
    return this.#decode(bytes, strongId, timings, formatStrong(strongId));
  }

  /** The object's own bytes, which are not kept: they lie in the store.
   * @throws {SkerryError} as GetObject. */
  async bytes(
    strongId: StrongId,
    options: ReadOptions | undefined,
    listedBy?: StrongId,
  ): ReturnType<GetObject> {
    const near = listedBy === undefined ? undefined : locatorOf(listedBy);
    const proof = { kind: "strong", strongId } as const;
    return await this.#getObject(locatorOf(strongId), proof, options, near);
  }

  #decode(bytes: Uint8Array, strongId: StrongId, timings: Timings, shown: string): Loaded {
    const known = this.#cache.get(toHex(strongId)); // of many who waited, the first has decoded it
    if (known !== undefined) return this.#passed({ ...known, strongId, timings });
    const manifest = decodeManifest(bytes);
    if (isManifestFault(manifest)) throw invalidManifest(shown, manifest);
    const id = chunkIdOf(bytes);
    this.#cache.set(toHex(strongId), { manifest, id }, bytes.length);
    return this.#passed({ manifest, strongId, id, timings });
  }

  /** By now both names are known. */
  #passed(loaded: Loaded): Loaded {
    this.#gate.assertBytes([locatorOf(loaded.strongId), loaded.id]);
    return loaded;
  }
}

/** @param shown the object's id as the user would write it. */
export function invalidManifest(shown: string, fault: ManifestFault): SkerryError {
  const message = `${shown} is not a usable manifest: it ${describeFault(fault)}`;
  return new SkerryError("INVALID_MANIFEST", message);
}

export function formatStrong(strongId: StrongId): string {
  return formatMetaId({ kind: "strong", id: strongId });
}

/** One answer's timings from those of two objects fetched one after the other. */
export function addTimings(first: Timings, second: Timings): Timings {
  if (second.source === "local") return first;
  if (first.source === "local") return second;
  const isProven = first.verifyMs !== undefined || second.verifyMs !== undefined;
  return {
    source: "peer",
    lookupMs: (first.lookupMs ?? 0) + (second.lookupMs ?? 0),
    lookupRounds: (first.lookupRounds ?? 0) + (second.lookupRounds ?? 0),
    holders: Math.max(first.holders ?? 0, second.holders ?? 0),
    ...(isProven && { verifyMs: (first.verifyMs ?? 0) + (second.verifyMs ?? 0) }),
  };
}
