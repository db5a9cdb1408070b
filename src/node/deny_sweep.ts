import { decodeManifest, isManifestFault, type Manifest } from "../content/mod.ts";
import { type ChunkId, toHex } from "../lib/mod.ts";
import type { ChunkStore, StoredId } from "./chunk_store.ts";
import type { Denylist } from "./denylist.ts";
import { yieldTurn } from "./yield_turn.ts";

/** Rows looked at between two turns of the event loop: a digest or two each. */
const ROWS_AT_ONCE = 500;

type SweptStore = Pick<
  ChunkStore,
  "dropCached" | "has" | "ids" | "lengthOf" | "namesOf" | "read"
>;

export interface SweepHooks {
  /** Asked between two objects: what is left then, the next sweep finds. */
  isStopping(): boolean;
  /** Told the names of what was to go and is not here any more. */
  onGone(names: readonly ChunkId[]): void;
}

const NO_HOOKS: SweepHooks = { isStopping: () => false, onGone() {} };

/** Frees the disk of cached copies that the denylist names, and of what a denied manifest lists.
 * Published content stays, unserved: a list is not told to delete what the operator put here.
 * @param store the one that shows denied objects too.
 * @returns how many objects went. */
export async function sweepDenied(
  store: SweptStore,
  denylist: Denylist,
  hooks = NO_HOOKS,
): Promise<number> {
  let dropped = 0;
  let after: ChunkId | undefined;
  for (;;) {
    const rows = store.ids(after, ROWS_AT_ONCE);
    for (const row of rows) {
      if (!denylist.isDenied(namesOf(row))) continue;
      if (hooks.isStopping()) return dropped;
      dropped += await dropWithListed(store, row, hooks);
    }
    after = rows.at(-1)?.id;
    if (rows.length < ROWS_AT_ONCE) return dropped;
    await yieldTurn();
    if (hooks.isStopping()) return dropped;
  }
}

/** The names that a row has. */
export function namesOf({ id, alias }: StoredId): ChunkId[] {
  return alias === undefined ? [id] : [id, alias];
}

/** Drops the chunks of a file whose manifest is here, its pages with theirs, and the manifest last:
 * as long as something is left, there is what names it. A directory lists other objects, each with
 * an id and rules of its own. */
async function dropWithListed(
  store: SweptStore,
  row: StoredId,
  hooks: SweepHooks,
): Promise<number> {
  const manifest = row.alias === undefined ? undefined : await readManifest(store, row.id);
  let dropped = 0;
  if (manifest?.kind === "chunked_file" || manifest?.kind === "file_page") {
    dropped += await drop(store, manifest.chunks.map((chunk) => chunk.id), hooks);
  } else if (manifest?.kind === "file_head") {
    // A stranger made it: it may name one page many times, and as a page what is none. BOUNDED by
    // FILE_PAGES_MAX.
    const pages = new Map(manifest.pages.map((page) => [toHex(page.id), page.id]));
    for (const pageId of pages.values()) {
      if (hooks.isStopping()) return dropped;
      const page = await readManifest(store, pageId);
      if (page?.kind === "file_page") {
        dropped += await drop(store, [...page.chunks.map((chunk) => chunk.id), pageId], hooks);
      }
      await yieldTurn();
    }
  }
  return dropped + await drop(store, [row.id], hooks);
}

async function drop(
  store: SweptStore,
  ids: readonly ChunkId[],
  { onGone }: SweepHooks,
): Promise<number> {
  // Also what has gone by now, as a damaged object does when it is read.
  const names = ids.flatMap((id) => [id, ...store.namesOf(id)]);
  try {
    return await store.dropCached(ids);
  } finally {
    onGone(names.filter((name) => !store.has(name)));
  }
}

async function readManifest(
  store: Pick<ChunkStore, "lengthOf" | "read">,
  id: ChunkId,
): Promise<Manifest | undefined> {
  const length = store.lengthOf(id);
  if (length === undefined) return undefined;
  const bytes = new Uint8Array(length);
  if (!await store.read(id, 0, bytes)) return undefined;
  const manifest = decodeManifest(bytes);
  return isManifestFault(manifest) ? undefined : manifest;
}
