import type { Config } from "../../config/mod.ts";
import type { Random } from "../../lib/mod.ts";
import type {
  Clock,
  LocalFiles,
  Logger,
  OpenBlobFiles,
  OpenDatagramSocket,
  OpenLedgerFile,
  OpenSqlite,
  ResolveName,
  RunProgram,
  WorkPool,
} from "../../ports/mod.ts";
import type { LoadedIdentity } from "../self/identity_file.ts";
import type { RankMiner } from "../self/rank_miner.ts";

/** The doors that a node is given to the world outside; it closes what it opens through them and
 * nothing else. */
export interface NodePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly openSocket: OpenDatagramSocket;
  readonly openSqlite: OpenSqlite;
  readonly openBlobFiles: OpenBlobFiles;
  readonly openLedgerFile: OpenLedgerFile;
  readonly localFiles: LocalFiles;
  readonly workPool: WorkPool;
  readonly runProgram: RunProgram;
  readonly resolveName: ResolveName;
  readonly logger: Logger;
}

/** Searches for a better rank while the node runs. */
export type Miner = Pick<RankMiner, "start" | "status" | "stop">;

/** What a node is built from. The data directory is the caller's to make and to lock. */
export interface NodeOptions {
  readonly config: Config;
  readonly identity: LoadedIdentity;
  readonly ports: NodePorts;
  /** Started and stopped with the node; without one its rank stays as it is. */
  readonly miner?: Miner | undefined;
  /** As `skerry version` says it. */
  readonly version: string;
}
