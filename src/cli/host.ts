import type { SpawnOwn } from "../bench/mod.ts";
import type { Config } from "../config/mod.ts";
import type { WorkerDoors } from "../front/mod.ts";
import type { NamedClient, TracedRequest, WorkerDesk } from "../gateway/mod.ts";
import type { Node, NodeOptions, NodePorts } from "../node/mod.ts";
import type {
  HttpHandler,
  HttpLimits,
  InspectTls,
  Logger,
  LogLevel,
  OpenDatagramSocket,
  ParentProcess,
  PrivateFiles,
  ReadMachineLoad,
  ReadyAnswers,
  ServeHttp,
  ServeHttp3,
  StartWorkerProcess,
  SystemFacts,
  WorkPool,
} from "../ports/mod.ts";

/** Standard output or error. */
export interface TextSink {
  readonly isTerminal: boolean;
  /** Of the terminal; undefined if it is none. */
  readonly columns: number | undefined;
  /** The reader has gone (EPIPE): whatever is written from now on is dropped. */
  readonly hasNoReader: boolean;
  /** Resolves when the bytes are handed to the system, or dropped. Standard output rejects where
   * they got lost another way, as on a full disk; standard error never does.
   * @throws {SkerryError} STORE_FULL, DISK_FAILED. */
  write(data: string | Uint8Array): Promise<void>;
  /** The runtime stream behind it, for cli-progress. */
  readonly stream?: unknown;
}

export interface VersionInfo {
  readonly version: string;
  /** Of the source tree the binary was built from; "unknown" when run from source. */
  readonly commit: string;
  readonly runtime: string;
  /** Operating system and processor, as linux-x64. */
  readonly target: string;
}

export type StopSignal = "SIGINT" | "SIGTERM";

/** The process around a command. */
export interface CliHost {
  /** Without the program's own name. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  readonly pid: number;
  readonly version: VersionInfo;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** @returns a function that stops listening. */
  onSignal(handler: (signal: StopSignal) => void): () => void;
  /** SIGHUP: the terminal has gone, or somebody wants files to be read again. Whoever does not
   * listen is ended by it. @returns a function that stops listening. */
  onHangup(handler: () => void): () => void;
  /** Processor time of this process so far, ms. */
  cpuMs(): number;
  /** Starts another process of this program. */
  readonly spawnOwn: SpawnOwn;
  /** Calls `handler` when standard input ends: whoever started this process has gone. */
  onInputEnd(handler: () => void): void;
  /** Ends the process at once, whatever still runs. */
  exitNow(code: number): void;
}

/** The doors to the world outside, one per port, and what is built behind them. */
export interface Doors extends Omit<NodePorts, "logger"> {
  readonly files: PrivateFiles;
  readonly serveHttp: ServeHttp;
  /** What it keeps to. */
  readonly httpLimits: Required<HttpLimits>;
  /** Undefined where the runtime has none. */
  readonly serveHttp3: ServeHttp3 | undefined;
  readonly inspectTls: InspectTls;
  /** Undefined where one port cannot be spread over processes. */
  readonly workers: WorkerPorts | undefined;
  readonly systemFacts: () => Promise<SystemFacts>;
  readonly readMachineLoad: ReadMachineLoad;
  /** One worker thread for the search for a rank, so that checks of others' work never wait for it;
   * it starts when first needed. */
  readonly openRankPool: () => WorkPool;
  readonly fetch: (url: string, options?: RequestInit) => Promise<Response>;
  readonly createLogger: (write: (line: string) => void, least: LogLevel) => Logger;
  readonly createNode: (options: NodeOptions) => Promise<Node>;
  /** For `skerry bench`: what a machine gets without the help of its kernel and libcrypto. */
  readonly portable: {
    readonly openSocket: OpenDatagramSocket;
    /** Seals packets portably from now on. */
    readonly usePrimitives: () => void;
  };
  readonly createFaces: (node: Node, options: FaceOptions) => NodeFaces;
}

/** For --http-workers: what the node and what a worker of it needs. */
export interface WorkerPorts extends Omit<WorkerDoors, "clock"> {
  readonly start: StartWorkerProcess;
  /** Undefined in a process that no other process of this program has started. */
  readonly parent: ParentProcess | undefined;
}

export interface FaceOptions {
  readonly config: Config;
  /** What every request to the admin API must bear. */
  readonly adminToken: string;
  /** Opens /metrics besides. */
  readonly metricsToken: string;
  /** Where the gateway is reached from this machine. */
  readonly gatewayUrl: string;
  /** Those who may show the gateway a token; undefined = nobody is asked for one. */
  readonly clients: readonly NamedClient[] | undefined;
  /** For the log: a request that its client traces. */
  readonly onTraced: (request: TracedRequest) => void;
  /** Our own faults, for the log. */
  readonly onFault: (error: unknown) => void;
}

/** A node's two HTTP faces: the public gateway and the operator's API. */
export interface NodeFaces {
  readonly gateway: HttpHandler;
  /** What the gateway has at hand. */
  readonly ready: ReadyAnswers;
  readonly admin: HttpHandler;
  /** For workers that answer in the gateway's place. */
  readonly workers: WorkerDesk | undefined;
  /** Takes another list of clients. */
  readonly useClients: (clients: readonly NamedClient[]) => void;
  /** As Gateway.leave. */
  readonly leave: () => void;
}

/** What every command gets. */
export interface CommandContext {
  readonly host: CliHost;
  readonly doors: Doors;
}
