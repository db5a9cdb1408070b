/** The imperative shell: the one room where the pure cores meet sockets, time and disk. What the
 * rooms above see of it is the `Node` facade. */
export type * from "./api.ts";
export type { SliceProof } from "../content/mod.ts";
export type { RemoteContent, RemoteDirectory, RemoteFile, RemotePlace } from "./file_download.ts";
export * from "./create_node.ts";
export { Driver, type LoopPart } from "./driver.ts";
export { readDenylists } from "./denylist_files.ts";
export * from "./identity_file.ts";
export { checkStatement, type LedgerStatement, type ProvenAccount } from "../market/mod.ts";
export { HOSTING_WEEKS_MAX, HOSTS_MAX, type PlacementTerms } from "../market/mod.ts";
export type * from "./node_options.ts";
export type { DenylistStatus, LedgerEntry, StoreEarner, StoreEntry } from "./operator_api.ts";
export type * from "./payments_api.ts";
export type { PlacementReport, PlacementSummary } from "./placement_api.ts";
export { RankMiner, type RankSearchState, type RankSearchStatus } from "./rank_miner.ts";
export * from "./tree_writer.ts";
export type * from "./value_api.ts";
export type { WriteOptions, WriteProgress, WrittenTree } from "./write_run.ts";
