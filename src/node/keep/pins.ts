import type { ChunkId } from "../../lib/mod.ts";
import type { ChunkIndex, ChunkRow } from "../../store/mod.ts";
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
    const changed: ChunkRow[] = [];
    await writer.write(() => {
      for (const id of ids.slice(at, at + PINS_PER_CHANGE)) {
        if (!mayChange(id)) continue;
        const row = index.find(id);
        if (row === undefined || row.isPinned === isPinned) continue;
        index.setPinned(row.id, isPinned);
        changed.push(row);
      }
    });
    for (const { length, isHosted } of changed) {
      if (isPinned) quota.pin(length, isHosted);
      else quota.unpin(length, isHosted);
    }
  }
}

/** Keeps an object for others, or does so no longer. @param change written with it.
 * @returns false, and nothing is changed, if it is not here. */
export async function setHosted(
  id: ChunkId,
  isHosted: boolean,
  { index, writer, quota }: PinDoors,
  change: () => void,
): Promise<boolean> {
  let row: ChunkRow | undefined;
  await writer.write(() => {
    if ((row = index.find(id)) === undefined) return;
    index.setHosted(row.id, isHosted);
    change();
  });
  if (row === undefined) return false;
  if (!row.isPinned && row.isHosted !== isHosted) {
    if (isHosted) quota.host();
    else quota.unhost();
  }
  return true;
}
