import type { BlobFiles, SegmentInfo } from "../../ports/mod.ts";
import { type ChunkIndex, type ChunkRow, type Slots } from "../../store/mod.ts";
import type { IndexWriter } from "./index_writer.ts";
import type { StoreQuota } from "./store_quota.ts";
import type { StoreSpace } from "./store_space.ts";

export interface RecoveryParts {
  readonly files: BlobFiles;
  readonly index: ChunkIndex;
  readonly writer: IndexWriter;
  readonly slots: Slots;
  readonly space: StoreSpace;
  readonly quota: StoreQuota;
  /** Rows dropped because no file holds their bytes. */
  readonly onRowsDropped: (rows: number) => void;
}

const ROWS_PER_PAGE = 1024;

/** Brings the parts of the store in line with what a crash may have left: a slot without a row is
 * free, a row without a slot is dropped, small objects that were on their way in or out go. Before
 * the first write, so that nothing is handed out that a row may still point at.
 * @returns how many objects there are. */
export async function recoverStore(parts: RecoveryParts): Promise<number> {
  const { files, index, writer, slots, space, quota } = parts;
  const segments = await files.listSegments();
  for (const segment of segments) slots.addSegment(segment);
  let chunks = 0;
  const unfinished: ChunkRow[] = [];
  const lost: ChunkRow[] = [];
  const slotsOf = new Map(segments.map(({ segment, slots }) => [segment, slots]));
  for (const row of rowsOf(index)) {
    if (row.at === undefined && row.state === "present") space.addSmall(row.length);
    else if (row.at === undefined) unfinished.push(row);
    else if (row.at.slot >= (slotsOf.get(row.at.segment) ?? 0)) lost.push(row);
    else if (!slots.claim(row.at, row.length)) lost.push(row);
    if (unfinished.at(-1) === row || lost.at(-1) === row) continue;
    chunks++;
    if (row.isPinned) quota.pin(row.length);
    else if (row.isHosted) quota.host();
  }
  if (unfinished.length > 0) await files.deleteSmall(unfinished.map(({ id }) => id));
  const gone = [...unfinished, ...lost];
  if (gone.length > 0) await writer.write(() => gone.forEach(({ id }) => index.remove(id)));
  if (lost.length > 0) parts.onRowsDropped(lost.length);
  await writer.flush(); // deletions of the last run may still be in the log alone
  await giveStraysBack(files, slots, segments);
  await space.measure();
  return chunks;
}

function* rowsOf(index: ChunkIndex): Iterable<ChunkRow> {
  for (let page = index.page(undefined, ROWS_PER_PAGE); page.length > 0;) {
    yield* page;
    page = index.page(page.at(-1)?.id, ROWS_PER_PAGE);
  }
}

/** Frees blocks of slots that a crash left half written or half freed. */
async function giveStraysBack(
  files: BlobFiles,
  slots: Slots,
  segments: readonly SegmentInfo[],
): Promise<void> {
  const strays = slots.strays();
  if (strays.length === 0 || await files.freeSlots(strays)) return;
  const allocated = segments.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0);
  slots.assumeAllocated(strays, allocated - slots.allocatedBytes);
}
