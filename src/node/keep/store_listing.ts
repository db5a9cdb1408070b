import { SkerryError, toHex } from "../../lib/mod.ts";
import type { ChunkIndex, ChunkRow, UseLog } from "../../store/mod.ts";
import type { StoreEntry } from "../contract/operator_api.ts";
import { yieldTurn } from "../loop/yield_turn.ts";

/** Rows that are read in one turn of the loop: up to four times as many are looked up for them, for
 * 2 ms where the store has 200,000. */
const ROWS_A_TURN = 128;

export interface ListingDoors {
  readonly index: Pick<ChunkIndex, "newest">;
  readonly uses: Pick<UseLog, "usedMs">;
  readonly isClosing: () => boolean;
}

/** What is stored, as ChunkStore.entries. @throws {SkerryError} DRAINING. */
export async function listEntries(limit: number, doors: ListingDoors): Promise<StoreEntry[]> {
  const entries: StoreEntry[] = [];
  let last: ChunkRow | undefined;
  while (entries.length < limit) {
    if (last !== undefined) await yieldTurn();
    if (doors.isClosing()) throw new SkerryError("DRAINING", "Cannot list the store: closing");
    const page = doors.index.newest(Math.min(limit - entries.length, ROWS_A_TURN), last);
    for (const { id, length, isPinned, usedMs } of page) {
      const lastUsedMs = doors.uses.usedMs(id) ?? usedMs;
      entries.push({ id: toHex(id), bytes: length, pinned: isPinned, lastUsedMs });
    }
    last = page.at(-1);
    if (last === undefined) break;
  }
  return entries;
}
