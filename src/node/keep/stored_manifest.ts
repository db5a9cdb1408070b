import { decodeManifest, isManifestFault, type Manifest } from "../../content/mod.ts";
import type { ChunkId } from "../../lib/mod.ts";
import type { ChunkStore } from "./chunk_store.ts";

/** The manifest object that lies in the store under `id`; undefined if nothing does, or what does
 * is no manifest. */
export async function readStoredManifest(
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
