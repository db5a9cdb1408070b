/** What the node keeps on disk, as pure and synchronous parts over the Sqlite port: which chunk
 * lies where, which slots are free, whom to evict, whom we knew. Chunk bytes never pass through
 * here: node/chunk_store.ts writes and reads them through BlobFiles. Invariants: a row says
 * "present" only after its bytes are durable; a slot is handed out again only when the deletion of
 * its row is durable and no reader holds it; every table is bounded. */
export * from "./chunk_index.ts";
export * from "./chunk_scores.ts";
export * from "./counters.ts";
export * from "./database.ts";
export * from "./eviction.ts";
export * from "./hosting_table.ts";
export * from "./ledger_table.ts";
export * from "./own_values.ts";
export * from "./peer_store.ts";
export * from "./placement_table.ts";
export * from "./provider_parts.ts";
export * from "./publication_table.ts";
export * from "./schema.ts";
export * from "./slots.ts";
export * from "./small_objects.ts";
export * from "./use_log.ts";
export * from "./worker_tables.ts";
