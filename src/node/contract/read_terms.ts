import { CHUNK_BYTES } from "../../content/mod.ts";
import type { Instant } from "../../lib/mod.ts";
import type { ReadTerms } from "../../market/mod.ts";
import type { ReadOptions } from "./api.ts";

/** Of the time until a deadline, a manifest gets this part: what it lists comes after it. */
const MANIFEST_PART = 8;

/** However much time there is, a chunk is bought this fast: a reader gives up on a slice after 30 s
 * (READ_TIMEOUT_MS). */
const CHUNK_MS_MAX = 15_000;

/** Where in a file one chunk lies, and where its reader is. All in bytes. */
export interface ChunkPlace {
  readonly readerAt: number;
  readonly chunkStart: number;
  readonly chunkEnd: number;
  /** Where the reader will stop. */
  readonly readEnd: number;
}

/** On which terms one chunk of a file is bought: its part of the time and of the budget is as much
 * as it is of what is still to be read. */
export function termsOfChunk(
  options: ReadOptions | undefined,
  { readerAt, chunkStart, chunkEnd, readEnd }: ChunkPlace,
  now: Instant,
): ReadTerms | undefined {
  const { purchase, laterBytes = 0 } = options ?? {};
  if (purchase === undefined) return undefined;
  const { spending, deadlineAt } = purchase;
  const end = readEnd + laterBytes;
  const share = (chunkEnd - chunkStart) / Math.max(1, end - chunkStart);
  if (deadlineAt === undefined) return { spending, dueAt: undefined, share };
  const part = (chunkEnd - readerAt) / Math.max(1, end - readerAt);
  const latestMs = CHUNK_MS_MAX * Math.ceil((chunkEnd - readerAt) / CHUNK_BYTES);
  const dueMs = Math.min((deadlineAt - now) * part, latestMs);
  return { spending, dueAt: now + dueMs as Instant, share };
}

/** On which terms a manifest is bought, or a chunk that is asked for by its id alone. */
export function termsOfObject(
  options: ReadOptions | undefined,
  now: Instant,
): ReadTerms | undefined {
  if (options?.purchase === undefined) return undefined;
  const { spending, deadlineAt } = options.purchase;
  const dueAt = deadlineAt && now + (deadlineAt - now) / MANIFEST_PART as Instant;
  return { spending, dueAt, share: 1 };
}
