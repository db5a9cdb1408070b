import { toHex } from "../../lib/mod.ts";
import type { Logger } from "../../ports/mod.ts";
import type { DiskHealth } from "./disk_health.ts";
import type { StoreEvent } from "./store_event.ts";

/** What the store has to tell, as log lines; its failures are the disk's health. */
export function logStoreEvent(
  event: StoreEvent,
  logger: Logger,
  health: Pick<DiskHealth, "noteMaintenance">,
): void {
  switch (event.kind) {
    case "store_adopted":
      logger.log("warn", event.kind, {
        former_key: toHex(event.formerKey),
        reason: "identity.json is not the one that this store was made with, so this node has a " +
          "new key and NodeId; the store's content is kept and served. To be the former node " +
          "again, stop this one, put the old identity.json back and start anew",
      });
      break;
    case "chunk_damaged":
      logger.log("error", event.kind, { id: toHex(event.id), pinned: event.isPinned });
      break;
    case "chunks_evicted":
      logger.log("info", event.kind, { chunks: event.chunks, bytes: event.diskBytes });
      break;
    case "rows_dropped":
      logger.log("error", event.kind, { rows: event.rows });
      break;
    case "maintenance_failed":
      health.noteMaintenance(event.error);
      break;
  }
}
