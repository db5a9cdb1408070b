import { type ChunkId, SkerryError, toHex } from "../../lib/mod.ts";
import type { PlacementTerms } from "../../market/mod.ts";
import type { PublishOptions } from "../contract/api.ts";
import type { PlacementSummary } from "../contract/placement_api.ts";
import { cancelled } from "../keep/chunk_sources.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";
import type { PublishedContent } from "../publish/publish_service.ts";
import type { Placements } from "./placements.ts";

/** Has hosts keep every object of what was just published.
 * @throws {SkerryError} REFUSED if no host keeps any of it, CANCELLED, DRAINING; what is published
 * here stays so. Once called off, what was ordered goes on in the background. */
export async function placePublished(
  { placements, store }: {
    readonly placements: Pick<Placements, "order">;
    readonly store: Pick<ChunkStore, "namesOf" | "lengthOf">;
  },
  content: PublishedContent,
  terms: PlacementTerms,
  { signal, onProgress }: PublishOptions,
): Promise<PlacementSummary> {
  const [meta] = content.manifestKeys;
  if (meta === undefined) throw new SkerryError("REFUSED", "There is no manifest to place");
  const objects = objectsOf(content, store);
  const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
  const placing = placements.order(meta, objects, terms, (done, all) => {
    const doneBytes = Math.floor(bytes * done / all);
    onProgress?.({ phase: "placing", doneBytes, totalBytes: bytes, path: "" });
  });
  try {
    return await untilAborted(placing, signal);
  } catch (error) {
    if (!(error instanceof SkerryError) || error.code !== "REFUSED") throw error;
    const why = `${content.link} is published on this node alone. ${error.message}`;
    throw new SkerryError("REFUSED", why, { cause: error });
  }
}

/** Each object once, whatever it is called: a manifest is announced by two names. */
function objectsOf(
  { announceKeys }: PublishedContent,
  store: Pick<ChunkStore, "namesOf" | "lengthOf">,
): { readonly id: ChunkId; readonly bytes: number }[] {
  const objects = new Map<string, { readonly id: ChunkId; readonly bytes: number }>();
  for (const key of announceKeys) {
    const id = store.namesOf(key)[0];
    const bytes = store.lengthOf(key);
    if (id !== undefined && bytes !== undefined) objects.set(toHex(id), { id, bytes });
  }
  return [...objects.values()];
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(cancelled());
    if (signal.aborted) return leave();
    signal.addEventListener("abort", leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
