import type { MetaId } from "../../lib/mod.ts";

/** What this node publishes, for its operator. */
export interface PublicationsApi {
  /** At most `limit`, newest first. Content that a version without records published is not among
   * them. */
  list(limit: number): PublicationList;
  /** Takes a publication back: what no other publication needs is no longer pinned, so that it is
   * ordinary cache from then on, and no longer announced as this node's own. Hosts are paid for it
   * no more; values that name it stay as they are. What broke off midway goes on
   * with the next call, where there is a record also with the next start.
   * Of content without a record the manifest says what belongs to it.
   * @throws {SkerryError} CHUNK_NOT_FOUND if nothing of that id was published here, DRAINING,
   * DISK_FAILED, DATABASE_DAMAGED. */
  unpublish(meta: MetaId): Promise<Unpublished>;
}

export interface PublicationList {
  readonly publications: readonly PublicationEntry[];
  /** Of all there are. */
  readonly total: number;
}

export interface PublicationEntry {
  /** 40 hex: SHA-1 of the manifest. */
  readonly meta: string;
  /** 52 characters of base32. */
  readonly link: string;
  /** Of the file or directory; empty for a stream without one. */
  readonly name: string;
  /** Bytes of the file, or of all files in the tree. */
  readonly size: number;
  readonly publishedMs: number;
}

export interface Unpublished {
  readonly meta: string;
  /** Objects that are no longer pinned, chunks and manifests, and their bytes. */
  readonly objects: number;
  readonly bytes: number;
  /** Objects that stay pinned, since other publications have them too. */
  readonly shared: number;
  /** Whether hosts were ordered for it: they keep it until what is paid for is over. */
  readonly orderEnded: boolean;
}
