import type { ChunkId } from "../../lib/mod.ts";
import type { BlobFiles, SlotAddress } from "../../ports/mod.ts";
import type { ChunkIndex, ChunkRow } from "../../store/mod.ts";
import type { ChunkProver } from "./chunk_prover.ts";
import type { ProvenBy } from "./chunk_store.ts";
import type { SliceAgreements } from "./slice_agreements.ts";
import type { SlotLoans } from "./slot_loans.ts";

export interface ProvenSlotsDoors {
  readonly index: Pick<ChunkIndex, "find">;
  readonly prover: Pick<ChunkProver, "isProven">;
  readonly agreements: Pick<SliceAgreements, "holds">;
  readonly files: Pick<BlobFiles, "readSlotNow">;
  readonly loans: SlotLoans;
  readonly onUse: (id: ChunkId) => void;
}

/** What needs no proof any more and lies in a slot: such bytes may leave as they are read. */
export class ProvenSlots {
  readonly #doors: ProvenSlotsDoors;
  #isStopped = false;

  constructor(doors: ProvenSlotsDoors) {
    this.#doors = doors;
  }

  /** As ChunkStore.readNow. */
  readNow(what: ProvenBy, offset: number, into: Uint8Array): boolean {
    const found = this.#find(what);
    if (found === undefined) return false;
    if (!(offset >= 0 && offset + into.length <= found.row.length)) return false;
    if (!this.#doors.files.readSlotNow(found.at, offset, into)) return false;
    this.#doors.onUse(found.row.id);
    return true;
  }

  /** As ChunkStore.lend. */
  lend(what: ProvenBy): SlotAddress | undefined {
    const found = this.#find(what);
    if (found === undefined || !this.#doors.loans.lend(found.at)) return undefined;
    this.#doors.onUse(found.row.id);
    return found.at;
  }

  /** Has nothing from now on; what is lent is given back in its time, which a chunk that is being
   * stored may wait for. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Nothing is written into a slot any more. */
  close(): void {
    this.#doors.loans.stop();
  }

  #find(
    { id, sliceHashes }: ProvenBy,
  ): { readonly row: ChunkRow; readonly at: SlotAddress } | undefined {
    const { index, prover, agreements } = this.#doors;
    const row = index.find(id);
    if (row?.at === undefined || this.#isStopped || !prover.isProven(row)) return undefined;
    if (sliceHashes && !agreements.holds({ id, sliceHashes })) return undefined;
    return { row, at: row.at };
  }
}
