import type { NodeStatus, PeerInfo, Published, PublishProgress, StoreEntry } from "../node/mod.ts";

/** Bodies of the admin API (cli.md), for those who write and those who read them. Every request
 * bears `Authorization: Bearer <token>`; a write also bears `X-Skerry-Admin: 1`. A failure is a
 * problem body (RFC 9457) whose `code` is a SkerryErrorCode and whose `detail` is the sentence.
 * GET /v1/trace/:id answers a Trace as node/api.ts has it. */

/** GET /v1/status */
export type AdminStatus = NodeStatus;

/** GET /v1/peers */
export interface AdminPeers {
  readonly peers: readonly PeerInfo[];
}

/** GET /v1/store?limit=N */
export interface AdminStore {
  readonly entries: readonly StoreEntry[];
}

/** POST /v1/publish with Content-Type application/json: publish from the node's own disk. Any other
 * content type is the file itself, named by `?name=`, with `?wait=` and `?mime=` besides. */
export interface PublishRequest {
  /** Absolute. */
  readonly path: string;
  readonly wait?: number;
}

/** One line of the answer to POST /v1/publish, application/x-ndjson: progress, then one of the
 * others as the last line. An answer without such a last line was cut off. */
export type PublishLine =
  | ({ readonly kind: "progress" } & PublishProgress)
  | ({ readonly kind: "done" } & Published)
  | { readonly kind: "error"; readonly code: string; readonly detail: string };

/** GET /v1/get/<meta>[/path]?format=info. Without a format the answer is the file's bytes, with
 * ranges as the gateway has them. */
export type ContentInfo = {
  readonly kind: "file";
  /** 52 characters: what /v1/get takes as <meta>. */
  readonly strongId: string;
  readonly size: number;
  /** May be empty, as mime. */
  readonly name: string;
  readonly mime: string;
  /** 64 hex. */
  readonly fileRoot?: string;
} | {
  readonly kind: "directory";
  readonly strongId: string;
  /** The sum over its files. */
  readonly size: number;
  readonly entryCount: number;
};

/** GET /v1/get/<meta>[/path]?format=entries&start=N&limit=N, in byte order of the names. */
export interface DirectoryEntries {
  readonly entries: readonly {
    readonly name: string;
    readonly kind: "file" | "directory";
    readonly strongId: string;
    readonly size: number;
    readonly mime: string;
  }[];
}
