import { denyDigest, denyKeyOf, DenyList, type DenyStatus, denyTag } from "../../deny/mod.ts";
import { nameText, objectText } from "../../deny/mod.ts";
import {
  type ChunkId,
  formatMetaId,
  type MetaId,
  type PublicKey,
  SkerryError,
  toBase32,
  toHex,
} from "../../lib/mod.ts";
import type { DenyFileStatus, DenylistStatus } from "../contract/operator_api.ts";
import { NamePairs } from "./name_pairs.ts";

/** Objects that are refused and not kept, whose two names are remembered: 10 MB. What is forgotten
 * has to be fetched once more to be known again, and is refused then. */
const DENIED_PAIRS_MAX = 16_384;
/** Objects met lately: their answers are tagged by both names before the store knows them. */
const MET_PAIRS_MAX = 1_024;

/** Who must be asked before anything is looked up, read, kept or told of. */
export interface DenyGate {
  /** @param keys all names by which the object is known: its SHA-1, the start of its SHA-256.
   * @throws {SkerryError} DENIED or DENIED_BY_LAW. */
  assertBytes(keys: readonly ChunkId[]): void;
  /** As assertBytes, for a path below an object. */
  assertPath(keys: readonly ChunkId[], path: readonly string[]): void;
}

/** Of a node that has no denylist. */
export const OPEN_GATE: DenyGate = { assertBytes() {}, assertPath() {} };

export interface DenyFiles {
  readonly list: DenyList;
  readonly files: readonly DenyFileStatus[];
}

/** The denylist in force. It changes as a whole, between two questions. What it is asked about by
 * two names it knows by either from then on, so that what it has the store drop stays named. */
export class Denylist implements DenyGate {
  #list = new DenyList();
  #namesOf: (key: ChunkId) => readonly ChunkId[] = () => [];
  readonly #denied = new NamePairs(DENIED_PAIRS_MAX);
  readonly #met = new NamePairs(MET_PAIRS_MAX);
  #status: DenylistStatus = { rules: 0, files: [], loadedMs: 0, fault: undefined };

  /** @param namesOf all names of an object of which one is given, as far as they are known here: a
   * rule about one of them holds for all. */
  knowNamesBy(namesOf: (key: ChunkId) => readonly ChunkId[]): void {
    this.#namesOf = namesOf;
  }

  /** Puts other files in force. @param now unix ms. @returns the list that was. */
  replace({ list, files }: DenyFiles, now: number): DenyList {
    const before = this.#list;
    this.#list = list;
    this.#status = { rules: list.size, files, loadedMs: now, fault: undefined };
    return before;
  }

  /** The newest files cannot be used: the old list stays. */
  noteFault(fault: string): void {
    this.#status = { ...this.#status, fault };
  }

  get status(): DenylistStatus {
    return this.#status;
  }

  get list(): DenyList {
    return this.#list;
  }

  assertBytes(keys: readonly ChunkId[]): void {
    const status = this.#ofBytes(keys);
    if (status !== undefined) throw denied(toHex(keys[0] ?? new Uint8Array()), status);
  }

  assertPath(keys: readonly ChunkId[], path: readonly string[]): void {
    const status = this.#ofObject(keys, path);
    if (status === undefined) return;
    throw denied(objectText(keys[0] ?? new Uint8Array() as ChunkId, path), status);
  }

  isDenied(keys: readonly ChunkId[]): boolean {
    return this.#ofBytes(keys) !== undefined;
  }

  #ofBytes(keys: readonly ChunkId[]): DenyStatus | undefined {
    if (this.#list.size === 0) return undefined;
    const names = this.#allNames(keys);
    const status = this.#list.ofBytes(names);
    if (names.length > 1) (status === undefined ? this.#met : this.#denied).add(names);
    return status;
  }

  #ofObject(keys: readonly ChunkId[], path: readonly string[]): DenyStatus | undefined {
    return this.#list.size === 0 ? undefined : this.#list.ofObject(this.#allNames(keys), path);
  }

  #allNames(keys: readonly ChunkId[]): readonly ChunkId[] {
    const [key] = keys;
    if (key === undefined || keys.length > 1) return keys; // an object has two names
    const names = this.#namesOf(key);
    if (names.length > 1) return names;
    return this.#denied.of(key) ?? this.#met.of(key) ?? (names.length === 0 ? keys : names);
  }

  /** What is wrong with an answer for a path below `meta`, as far as its id tells. */
  ofPath(meta: MetaId, path: readonly string[]): SkerryError | undefined {
    const status = this.#ofObject([denyKeyOf(meta)], path);
    const shown = path.length === 0 ? "" : `/${path.join("/")}`;
    return status === undefined ? undefined : denied(formatMetaId(meta) + shown, status);
  }

  ofName(publicKey: PublicKey): SkerryError | undefined {
    const status = this.#list.ofText(nameText(publicKey));
    return status === undefined ? undefined : denied(`/name/${toBase32(publicKey)}`, status);
  }

  /** Cache tags of an answer for a path below an object, or for the object itself: what is purged
   * when a rule about either comes or goes. */
  tagsOf(meta: MetaId, path: readonly string[]): string[] {
    const texts = this.#allNames([denyKeyOf(meta)]).flatMap((key) => {
      return path.length === 0
        ? [objectText(key, [])]
        : [objectText(key, []), objectText(key, path)];
    });
    return texts.map((text) => denyTag(denyDigest(text)));
  }

  nameTagsOf(publicKey: PublicKey): string[] {
    return [denyTag(denyDigest(nameText(publicKey)))];
  }
}

function denied(shown: string, status: DenyStatus): SkerryError {
  const short = shown.length > 160 ? `${shown.slice(0, 157)}...` : shown;
  if (status === 410) return new SkerryError("DENIED", `This node does not serve ${short}`);
  return new SkerryError("DENIED_BY_LAW", `This node may not serve ${short}, for legal reasons`);
}
