import { decodeManifest, isManifestFault, type Manifest } from "../content/mod.ts";
import type { ChunkId } from "../lib/mod.ts";
import type { ChunkStore, StoredId } from "./chunk_store.ts";
import type { Denylist } from "./denylist.ts";
import { yieldTurn } from "./yield_turn.ts";

/** Rows looked at between two turns of the event loop: a digest or two each. */
const ROWS_AT_ONCE = 500;

/** Frees the disk of cached copies that the denylist names, and of what a denied manifest lists.
 * Published content stays, unserved: a list is not told to delete what the operator put here.
 * @param store the one that shows denied objects too.
 * @returns how many objects went. */
export async function sweepDenied(
  store: Pick<ChunkStore, "dropCached" | "ids" | "lengthOf" | "read">,
  denylist: Denylist,
): Promise<number> {
  let dropped = 0;
  let after: ChunkId | undefined;
  for (;;) {
    const rows = store.ids(after, ROWS_AT_ONCE);
    const denied = rows.filter((row) => denylist.isDenied(namesOf(row)));
    for (const row of denied) {
      const listed = row.alias === undefined ? [] : await listedBy(store, row.id);
      dropped += await store.dropCached([row.id, ...listed]);
    }
    after = rows.at(-1)?.id;
    if (rows.length < ROWS_AT_ONCE) return dropped;
    await yieldTurn();
  }
}

/** The names that a row has. */
export function namesOf({ id, alias }: StoredId): ChunkId[] {
  return alias === undefined ? [id] : [id, alias];
}

/** The chunks of a file whose manifest is here, and its pages with theirs. A directory lists other
 * objects, each with an id and rules of its own. */
async function listedBy(
  store: Pick<ChunkStore, "lengthOf" | "read">,
  id: ChunkId,
): Promise<ChunkId[]> {
  const manifest = await readManifest(store, id);
  if (manifest === undefined) return [];
  if (manifest.kind === "chunked_file" || manifest.kind === "file_page") {
    return manifest.chunks.map((chunk) => chunk.id);
  }
  if (manifest.kind !== "file_head") return [];
  const listed: ChunkId[] = [];
  for (const page of manifest.pages) {
    listed.push(page.id, ...await listedBy(store, page.id));
    await yieldTurn();
  }
  return listed;
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
