import type { ChunkId } from "../../lib/mod.ts";
import type { ChunkIndex } from "../../store/mod.ts";
import type { IndexWriter } from "./index_writer.ts";
import type { StoreQuota } from "./store_quota.ts";

/** Rows changed by one transaction. */
const PINS_PER_CHANGE = 256;

export interface PinDoors {
  readonly index: ChunkIndex;
  readonly writer: IndexWriter;
  readonly quota: StoreQuota;
}

/** Makes objects published content, or takes that back. Ids that are not here are passed over.
 * @param mayChange asked for each id in its transaction, also if nothing is to be changed. */
export async function setPinned(
  ids: readonly ChunkId[],
  isPinned: boolean,
  { index, writer, quota }: PinDoors,
  mayChange: (id: ChunkId) => boolean = () => true,
): Promise<void> {
  for (let at = 0; at < ids.length; at += PINS_PER_CHANGE) {
    const lengths: number[] = [];
    await writer.write(() => {
      for (const id of ids.slice(at, at + PINS_PER_CHANGE)) {
        if (!mayChange(id)) continue;
        const row = index.find(id);
        if (row === undefined || row.isPinned === isPinned) continue;
        index.setPinned(row.id, isPinned);
        lengths.push(row.length);
      }
    });
    for (const length of lengths) {
      if (isPinned) quota.pin(length);
      else quota.unpin(length);
    }
  }
}
