/** The imperative shell: the one room where the pure cores meet sockets, time and disk. What the
 * rooms above see of it is the `Node` facade. */
export type * from "./contract/api.ts";
export type { SliceProof } from "../content/mod.ts";
export type {
  RemoteContent,
  RemoteDirectory,
  RemoteFile,
  RemotePlace,
} from "./download/file_download.ts";
export * from "./create_node.ts";
export { storeDirectory } from "./keep/node_store.ts";
export { Driver, type LoopPart } from "./loop/driver.ts";
export { RepeatedLook } from "./loop/repeated_look.ts";
export { readDenylists } from "./denial/denylist_files.ts";
export * from "./self/identity_file.ts";
export { checkStatement, type LedgerStatement, type ProvenAccount } from "../market/mod.ts";
export { HOSTING_WEEKS_MAX, HOSTS_MAX, type PlacementTerms } from "../market/mod.ts";
export type * from "./contract/node_options.ts";
export type {
  DenylistStatus,
  DiskStatus,
  LedgerEntry,
  StoreEarner,
  StoreEntry,
} from "./contract/operator_api.ts";
export type * from "./contract/payments_api.ts";
export type { PlacementReport, PlacementSummary } from "./contract/placement_api.ts";
export type * from "./contract/publications_api.ts";
export { RankMiner, type RankSearchState, type RankSearchStatus } from "./self/rank_miner.ts";
export * from "./download/tree_writer.ts";
export type * from "./contract/value_api.ts";
export type { WriteOptions, WriteProgress, WrittenTree } from "./download/write_run.ts";
