import type { ChunkId } from "../../lib/mod.ts";
import type { Clock, OpenBlobFiles, OpenSqlite } from "../../ports/mod.ts";
import {
  Counters,
  HostingTable,
  INDEX_DATABASE,
  openDatabase,
  OwnValues,
  PeerStore,
  PlacementTable,
  ProviderParts,
  PublicationTable,
} from "../../store/mod.ts";
import type { ChunkStore } from "./chunk_store.ts";
import type { KeepScores } from "./keep_scores.ts";
import { openChunkStore } from "./disk_chunk_store.ts";
import type { StoreEvent } from "./store_event.ts";

/** Where a node's data lies, and through which doors it is reached. */
export interface NodeStoreOptions {
  readonly openSqlite: OpenSqlite;
  readonly openBlobFiles: OpenBlobFiles;
  readonly clock: Clock;
  /** Absolute path; what is made in it: `store/`. */
  readonly dataDir: string;
  /** 4 bytes. */
  readonly networkId: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly quotaBytes: number;
  /** As ChunkStoreOptions.sellBytes. */
  readonly sellBytes?: number | undefined;
  /** As ChunkStoreOptions.scores. */
  readonly scores?: KeepScores;
  readonly onEvent: (event: StoreEvent) => void;
  /** Told the names of objects that have gone. Default: nobody is. */
  readonly onGone?: (names: readonly ChunkId[]) => void;
}

/** All that a node keeps on disk, besides its identity. */
export interface NodeStore {
  readonly chunks: ChunkStore;
  /** Write to it within `chunks.writeRows`. */
  readonly peers: PeerStore;
  /** Write to it within `chunks.writeRows`. */
  readonly values: OwnValues;
  /** Write to it within `chunks.writeRows`. */
  readonly providers: ProviderParts;
  /** Write to it within `chunks.host` or `chunks.writeRows`. */
  readonly hosting: HostingTable;
  /** Write to it within `chunks.writeRows`. */
  readonly placements: PlacementTable;
  /** Write to it within a put's `onPinned`, `chunks.unpin` or `chunks.writeRows`. */
  readonly publications: PublicationTable;
  /** Flushed when the store closes; more often within `chunks.writeRows`. */
  readonly counters: Counters;
  /** Finishes, flushes and closes everything; twice is once. */
  close(): Promise<void>;
}

/** Where the chunk files of a data directory lie. */
export const storeDirectory = (dataDir: string): string => `${dataDir}/store`;

/** Opens a data directory: locks it, opens the index, brings both in line.
 * @throws {SkerryError} DATABASE_IN_USE, DATABASE_DAMAGED, DATABASE_TOO_NEW, NETWORK_MISMATCH,
 * DISK_FAILED, STORE_FULL. */
export async function openNodeStore(options: NodeStoreOptions): Promise<NodeStore> {
  const { dataDir, networkId, publicKey, quotaBytes, sellBytes, clock, onEvent } = options;
  const directory = storeDirectory(dataDir);
  const indexPath = `${directory}/index.db`;
  const nowMs = clock.unixMs();
  // First the files: that takes the lock which keeps a second process from the index.
  const files = await options.openBlobFiles({ directory, indexPath, networkId, publicKey, nowMs });
  try {
    const onAdopted = (formerKey: Uint8Array): void =>
      onEvent({ kind: "store_adopted", formerKey });
    const owner = { networkId, publicKey, nowMs, onAdopted };
    const db = openDatabase(options.openSqlite, indexPath, INDEX_DATABASE, owner);
    try {
      const doors = {
        files,
        db,
        clock,
        onEvent,
        ...(options.scores && { scores: options.scores }),
        ...(options.onGone && { onGone: options.onGone }),
      };
      const chunks = await openChunkStore({ ...doors, quotaBytes, sellBytes });
      const counters = new Counters(db);
      let closing: Promise<void> | undefined;
      const close = async (): Promise<void> => {
        try {
          if (counters.hasChanged) await chunks.writeRows(() => counters.flush());
        } finally {
          await chunks.close().finally(() => db.close());
        }
      };
      return {
        chunks,
        peers: new PeerStore(db),
        values: new OwnValues(db),
        providers: new ProviderParts(db),
        hosting: new HostingTable(db),
        placements: new PlacementTable(db),
        publications: new PublicationTable(db),
        counters,
        close: () => closing ??= close(),
      };
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    await files.close();
    throw error;
  }
}
