import { evaluatePuzzle, keyPairFromSeed, networkOf, verifyWork } from "../../src/identity/mod.ts";
import { type SeededRandom, SkerryError } from "../../src/lib/mod.ts";
import { createNode, type LoadedIdentity, type Miner, type Node } from "../../src/node/mod.ts";
import type {
  LocalFiles,
  LogFields,
  Logger,
  LogLevel,
  OpenBlobFiles,
  OpenSqlite,
  RunProgram,
  Sqlite,
  WorkPool,
} from "../../src/ports/mod.ts";
import type { Config } from "../../src/config/mod.ts";
import { openSqlite } from "../support/open_sqlite.ts";
import { QUIET_CONFIG } from "../support/quiet_config.ts";
import { MemoryBlobFiles, MemoryDisk } from "./memory_blob_files.ts";
import { MemoryLedgerFile } from "./memory_ledger_file.ts";
import { NodeClock } from "./node_clock.ts";
import type { VirtualClock } from "./virtual_clock.ts";
import type { VirtualNetwork } from "./virtual_network.ts";

export interface LogLine {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

/** One machine of a simulated network: the real node on a virtual socket, clock and disk. */
export class VirtualMachine {
  readonly ip: string;
  readonly disk = new MemoryDisk();
  readonly ledgerFile = new MemoryLedgerFile();
  readonly log: LogLine[] = [];
  identity: LoadedIdentity;
  readonly #network: VirtualNetwork;
  readonly #world: VirtualClock;
  #clock: NodeClock;
  readonly #random: SeededRandom;
  readonly #databases = new Map<string, Sqlite>();
  node: Node | undefined;
  /** The operator's files, and which of them are denylists. */
  localFiles: LocalFiles = NO_FILES;
  denylist: readonly string[] = [];
  /** Whether it keeps peers to their lines. */
  credit = false;
  priceFloor = 0;
  /** How it is paid, if it is. */
  payments: Pick<Config, "payRate" | "payTo" | "payHook"> = {
    payRate: undefined,
    payTo: undefined,
    payHook: undefined,
  };
  /** Its operator's programs. */
  runProgram = noPrograms;
  /** Copies are kept only where a test is about them. */
  replicas = 0;
  /** Bytes per second. */
  sellUp: number | undefined;
  sellDisk: number | undefined;
  minRank = 0;
  /** Whether what lies on its disk is in the system's memory as well, and read at once. */
  isDiskCached = false;
  /** Finds the ranks that a test gives it. */
  readonly miner = new GivenRank();

  constructor(ip: string, network: VirtualNetwork, clock: VirtualClock, random: SeededRandom) {
    this.ip = ip;
    this.#network = network;
    this.#world = clock;
    this.#clock = new NodeClock(clock);
    this.#random = random;
    this.identity = virtualIdentity(random);
  }

  get uri(): string {
    return this.node?.info.uri ?? "";
  }

  /** Starts the node. @param known machines whose URIs it is given. */
  async start(known: readonly VirtualMachine[], storeBytes = 512 * 2 ** 20): Promise<Node> {
    this.#clock = new NodeClock(this.#world);
    const host = this.#network.addHost(this.ip, { clock: this.#clock });
    const node = await createNode({
      version: "simulated",
      miner: this.miner,
      identity: this.identity,
      config: {
        ...QUIET_CONFIG,
        dataDir: "/virtual",
        udp: { ip: this.ip, port: PORT },
        bootstrap: known.map(({ identity, ip }) => {
          return { publicKey: identity.keyPair.publicKey, host: ip, port: PORT };
        }),
        denylist: this.denylist,
        storeBytes,
        credit: this.credit,
        sellUp: this.sellUp,
        replicas: this.replicas,
        sellDisk: this.sellDisk,
        priceFloor: this.priceFloor,
        minRank: this.minRank,
        ...this.payments,
        logLevel: "debug",
      },
      ports: {
        clock: this.#clock,
        random: this.#random,
        openSocket: host.open,
        openSqlite: this.#openSqlite,
        openBlobFiles: this.#openBlobFiles,
        openLedgerFile: () => this.ledgerFile,
        localFiles: this.localFiles,
        workPool: inlineWork,
        runProgram: (...run) => this.runProgram(...run),
        resolveName: (name) => Promise.resolve([name]),
        logger: this.#logger,
      },
    });
    this.node = node;
    return node;
  }

  /** Stops the node in good order; it may be started again. */
  async stop(): Promise<void> {
    await this.node?.stop();
    this.crash();
  }

  /** The machine is unplugged: nothing is said to anybody. */
  crash(): void {
    this.#network.removeHost(this.ip);
    this.#clock.stop();
    this.node = undefined;
  }

  readonly #openBlobFiles: OpenBlobFiles = () => {
    if (this.node !== undefined) {
      const why = `the simulated disk of ${this.ip} is in use`;
      return Promise.reject(new SkerryError("DATABASE_IN_USE", why));
    }
    const options = { clock: this.#clock, random: this.#random, delayMs: [0, 2] as const };
    const files = new MemoryBlobFiles(options, this.disk);
    files.isCached = this.isDiskCached;
    return Promise.resolve(files);
  };

  /** Databases live in memory; closing one keeps it, as a file would be kept. */
  readonly #openSqlite: OpenSqlite = (path) => {
    const db = this.#databases.get(path) ?? openSqlite(":memory:");
    this.#databases.set(path, db);
    return { ...bound(db), close: () => {} };
  };

  readonly #logger: Logger = {
    log: (level, event, fields = {}) => void this.log.push({ level, event, fields }),
  };
}

function bound(db: Sqlite): Omit<Sqlite, "close"> {
  return {
    exec: (sql) => db.exec(sql),
    prepare: (sql) => db.prepare(sql),
    transaction: (body) => db.transaction(body),
  };
}

export const PORT = 4_000;

/** The dev network's puzzles cost one hash, so no thread is needed to keep time exact. */
export const inlineWork: WorkPool = {
  mine: () => Promise.reject(new Error("nothing is mined in simulations")),
  evaluate: (puzzle, publicKey, nonce) => Promise.resolve(evaluatePuzzle(puzzle, publicKey, nonce)),
  close: () => Promise.resolve(),
};

export const NO_FILES = new Proxy({}, {
  get: () => () => Promise.reject(new Error("a simulated node has no files of a user")),
}) as LocalFiles;

/** What a node has whose operator gave it no program. */
export const noPrograms: RunProgram = () =>
  Promise.reject(new Error("this node's operator has no programs"));

/** An identity of network dev, drawn from `random`. */
/** The same key with work of at least this rank: 2^rank hashes. */
/** A search whose result the test names. */
class GivenRank implements Miner {
  readonly status = { state: "searching", tries: 0, dutyPercent: 10 } as const;
  give: Parameters<Miner["start"]>[1] = () => {};

  start(_rank: number, onGain: Parameters<Miner["start"]>[1]): void {
    this.give = onGain;
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

export function withRank(identity: LoadedIdentity, rank: number): LoadedIdentity {
  const { network, keyPair, work } = identity;
  for (let rankNonce = 0n;; rankNonce++) {
    const ranked = { ...work, rankNonce, rank };
    if (verifyWork(network, keyPair.publicKey, ranked) !== undefined) {
      return { ...identity, work: ranked };
    }
  }
}

export function virtualIdentity(random: SeededRandom): LoadedIdentity {
  const seed = new Uint8Array(32);
  random.fill(seed);
  const network = networkOf("dev");
  const keyPair = keyPairFromSeed(seed);
  const work = { idNonce: 1n, rankNonce: 0n, rank: 0 };
  const nodeId = verifyWork(network, keyPair.publicKey, work);
  if (nodeId === undefined) throw new Error("dev's id puzzle needs no bits");
  return { keyPair, network, nodeId, work };
}
