import { type ChunkId, toHex } from "../../lib/mod.ts";
import { namesOf } from "../../store/mod.ts";
import type { ChunkStore, StoredId } from "../keep/chunk_store.ts";
import { readStoredManifest } from "../keep/stored_manifest.ts";
import { yieldTurn } from "../loop/yield_turn.ts";
import type { Denylist } from "./denylist.ts";

/** Rows looked at between two turns of the event loop: a digest or two each. */
const ROWS_AT_ONCE = 500;

type SweptStore = Pick<
  ChunkStore,
  "dropCached" | "ids" | "lengthOf" | "read"
>;

/** Frees the disk of cached copies that the denylist names, and of what a denied manifest lists.
 * Published content stays, unserved: a list is not told to delete what the operator put here.
 * @param store the one that shows denied objects too.
 * @param isStopping asked between two objects: what is left then, the next sweep finds.
 * @returns how many objects went. */
export async function sweepDenied(
  store: SweptStore,
  denylist: Denylist,
  isStopping = () => false,
): Promise<number> {
  let dropped = 0;
  let after: ChunkId | undefined;
  for (;;) {
    const rows = store.ids(after, ROWS_AT_ONCE);
    for (const row of rows) {
      if (!denylist.isDenied(namesOf(row))) continue;
      if (isStopping()) return dropped;
      dropped += await dropWithListed(store, row, isStopping);
    }
    after = rows.at(-1)?.id;
    if (rows.length < ROWS_AT_ONCE) return dropped;
    await yieldTurn();
    if (isStopping()) return dropped;
  }
}

/** Drops the chunks of a file whose manifest is here, its pages with theirs, and the manifest last:
 * as long as something is left, there is what names it. A directory lists other objects, each with
 * an id and rules of its own. */
async function dropWithListed(
  store: SweptStore,
  row: StoredId,
  isStopping: () => boolean,
): Promise<number> {
  const manifest = row.alias === undefined ? undefined : await readStoredManifest(store, row.id);
  let dropped = 0;
  if (manifest?.kind === "chunked_file" || manifest?.kind === "file_page") {
    dropped += await store.dropCached(manifest.chunks.map((chunk) => chunk.id));
  } else if (manifest?.kind === "file_head") {
    // A stranger made it: it may name one page many times, and as a page what is none. BOUNDED by
    // FILE_PAGES_MAX.
    const pages = new Map(manifest.pages.map((page) => [toHex(page.id), page.id]));
    for (const pageId of pages.values()) {
      if (isStopping()) return dropped;
      const page = await readStoredManifest(store, pageId);
      if (page?.kind === "file_page") {
        dropped += await store.dropCached([...page.chunks.map((chunk) => chunk.id), pageId]);
      }
      await yieldTurn();
    }
  }
  return dropped + await store.dropCached([row.id]);
}
