import type { ChunkId } from "../../lib/mod.ts";
import type { SlotAddress } from "../../ports/mod.ts";
import type { StoreEntry } from "../contract/operator_api.ts";
import type {
  ChunkStore,
  ProvenBy,
  PutOptions,
  StoredId,
  StoreUsage,
} from "../keep/chunk_store.ts";
import type { SliceProof } from "../keep/slice_agreements.ts";
import type { Denylist } from "./denylist.ts";

/** A store that has nothing of what the denylist names, whoever asks, and takes nothing of it. What
 * lies in the store behind it shows again when the rule is gone. */
export class DenyingStore implements ChunkStore {
  readonly #store: ChunkStore;
  readonly #denylist: Denylist;

  constructor(store: ChunkStore, denylist: Denylist) {
    denylist.knowNamesBy((key) => store.namesOf(key));
    this.#store = store;
    this.#denylist = denylist;
  }

  async put(id: ChunkId, bytes: Uint8Array, options: PutOptions): Promise<"stored" | "present"> {
    this.#denylist.assertBytes(options.alias === undefined ? [id] : [id, options.alias]);
    return await this.#store.put(id, bytes, options);
  }

  has(id: ChunkId): boolean {
    return this.#store.has(id) && !this.isDenied(id);
  }

  lengthOf(id: ChunkId): number | undefined {
    const length = this.#store.lengthOf(id);
    return length === undefined || this.isDenied(id) ? undefined : length;
  }

  isAlias(id: ChunkId): boolean {
    return this.#store.isAlias(id) && !this.isDenied(id);
  }

  isPinned(id: ChunkId): boolean {
    return this.#store.isPinned(id) && !this.isDenied(id);
  }

  isKept(id: ChunkId): boolean {
    return this.#store.isKept(id) && !this.isDenied(id);
  }

  namesOf(id: ChunkId): readonly ChunkId[] {
    return this.isDenied(id) ? [] : this.#store.namesOf(id);
  }

  async read(id: ChunkId, offset: number, into: Uint8Array): Promise<boolean> {
    return !this.isDenied(id) && await this.#store.read(id, offset, into);
  }

  async readProven(proof: SliceProof, offset: number, into: Uint8Array): Promise<boolean> {
    return !this.isDenied(proof.id) && await this.#store.readProven(proof, offset, into);
  }

  readNow(what: ProvenBy, offset: number, into: Uint8Array): boolean {
    return !this.isDenied(what.id) && this.#store.readNow(what, offset, into);
  }

  lend(what: ProvenBy): SlotAddress | undefined {
    return this.isDenied(what.id) ? undefined : this.#store.lend(what);
  }

  pin(ids: readonly ChunkId[]): Promise<void> {
    return this.#store.pin(ids);
  }

  unpin(ids: readonly ChunkId[], mayUnpin?: (id: ChunkId) => boolean): Promise<void> {
    return this.#store.unpin(ids, mayUnpin);
  }

  host(id: ChunkId, isHosted: boolean, change: () => void): Promise<boolean> {
    return this.#store.host(id, isHosted, change);
  }

  dropCached(ids: readonly ChunkId[]): Promise<number> {
    return this.#store.dropCached(ids);
  }

  /** All that takes room, for the operator. */
  entries(limit: number): Promise<readonly StoreEntry[]> {
    return this.#store.entries(limit);
  }

  usage(): StoreUsage {
    return this.#store.usage();
  }

  /** Denied ones too: who announces them asks the list. */
  ids(after: ChunkId | undefined, limit: number): readonly StoredId[] {
    return this.#store.ids(after, limit);
  }

  writeRows(change: () => void): Promise<void> {
    return this.#store.writeRows(change);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  isDenied(id: ChunkId): boolean {
    return this.#denylist.isDenied([id]);
  }
}
