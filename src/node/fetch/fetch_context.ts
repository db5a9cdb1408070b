import type { BufferPool, Instant } from "../../lib/mod.ts";
import type { ConnectionHandle, Transport } from "../../transport/mod.ts";
import type { FetchRequests } from "./fetch_requests.ts";
import type { HolderDirectory } from "./holder_directory.ts";
import type { HolderPace } from "./holder_pace.ts";
import type { Holdings } from "./holdings.ts";

/** What a fetch needs of the node around it. */
export interface FetchContext {
  readonly transport: Pick<Transport, "fetchProgress">;
  readonly requests: FetchRequests;
  readonly holders: HolderDirectory;
  readonly pace: HolderPace;
  readonly holdings: Pick<Holdings, "lacks">;
  /** Of 1 MiB. */
  readonly buffers: BufferPool;
  readonly now: () => Instant;
  readonly wake: () => void;
  /** This slice does not hash as the manifest says: the holder or the manifest is wrong. */
  readonly reject: (connection: ConnectionHandle, slice: number) => void;
}
