import { decodeManifest, isManifestFault, locatorOf, strongIdOf } from "../../content/mod.ts";
import type { ChunkId } from "../../lib/mod.ts";

/** The second name of an object, SHA-256[0..20), if its bytes are a manifest: undefined for all
 * others, which have none. Whoever brought the bytes may have known the SHA-1 alone. */
export function manifestAlias(bytes: Uint8Array): ChunkId | undefined {
  return isManifestFault(decodeManifest(bytes)) ? undefined : locatorOf(strongIdOf(bytes));
}
