import type { UnixMs } from "../../src/lib/mod.ts";
import { Publications } from "../../src/node/publish/publications.ts";
import { PublishService } from "../../src/node/publish/publish_service.ts";
import type { LocalFiles } from "../../src/ports/mod.ts";
import { PublicationTable } from "../../src/store/mod.ts";
import { memoryDatabase } from "../unit/store/fixtures.ts";
import type { MemoryStore } from "./memory_store.ts";

/** Publishes into a store in memory, with its records in a database in memory. */
export function publisherOf(files: LocalFiles, store: MemoryStore) {
  const table = new PublicationTable(memoryDatabase());
  let nowMs = 1_800_000_000_000;
  const clock = { unixMs: () => nowMs++ as UnixMs };
  const records = new Publications({ table, store, clock });
  return { table, records, service: new PublishService(files, store, records) };
}
