import { locatorOf, type Manifest } from "../../content/mod.ts";
import type { ChunkId } from "../../lib/mod.ts";

/** What a manifest object lists. */
export interface ManifestParts {
  /** SHA-1 ids. */
  readonly chunks: readonly ChunkId[];
  /** Other manifest objects, by either name: pages, and what a directory's entries name. */
  readonly manifests: readonly ChunkId[];
}

/** @param manifest undefined lists nothing, as an inline file does. */
export function partsOf(manifest: Manifest | undefined): ManifestParts {
  switch (manifest?.kind) {
    case "chunked_file":
    case "file_page":
      return { chunks: manifest.chunks.map(({ id }) => id), manifests: [] };
    case "file_head":
      return { chunks: [], manifests: manifest.pages.map(({ id }) => id) };
    case "directory_head":
      return { chunks: [], manifests: manifest.pages.map(({ strongId }) => locatorOf(strongId)) };
    case "directory":
    case "directory_page":
      return { chunks: [], manifests: manifest.entries.map(({ strongId }) => locatorOf(strongId)) };
    default:
      return { chunks: [], manifests: [] };
  }
}
