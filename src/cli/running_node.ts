import { completeConfig, type Config } from "../config/mod.ts";
import type { NamedClient, TracedRequest } from "../gateway/mod.ts";
import { type Address, after, formatAddress, randomBytes, SkerryError, toHex } from "../lib/mod.ts";
import {
  type LoadedIdentity,
  loadOrCreateIdentity,
  type Node,
  RankMiner,
  type SearchReport,
} from "../node/mod.ts";
import type { Clock, HttpHandler, HttpServer, Logger, ReadyAnswers } from "../ports/mod.ts";
import { CachePurger } from "./cache_purger.ts";
import { CleanUp } from "./clean_up.ts";
import { loadClients, watchClients } from "./client_file.ts";
import { type DataLock, lockData } from "./data_lock.ts";
import type { CommandContext, Doors, NodeFaces } from "./host.ts";
import { ensureKeptDefaults } from "./kept_defaults.ts";
import { ensureMetricsToken } from "./metrics_token.ts";
import { openGateway } from "./open_gateway.ts";
import { type NodeFile, readNodeFile, removeNodeFile, writeNodeFile } from "./node_file.ts";
import { keepPrivate } from "./private_data.ts";
import { StatusLine } from "./progress.ts";
import { searchText } from "./search_text.ts";
import type { LoadedSettings } from "./settings.ts";
import { loadTls, TlsWatch } from "./tls_files.ts";

const TOKEN_BYTES = 32;
/** Downloads in flight when the node stops may end; then the node itself needs a moment. */
const HTTP_GRACE_MS = 7_000;
/** A publish by body may be this long; the store's quota is the real bound. */
const ADMIN_BODY_BYTES_MAX = 2 ** 42;
const HTTP_STARTING = 503;
/** A worker is told at once when a rule changes; if it cannot hear, what it has is of no use to it
 * after this time. Only then are caches told to ask again. */
const WORKER_FORGETS_MS = 1_000;

/** A node with its two HTTP faces. */
export interface RunningNode {
  readonly file: NodeFile;
  readonly config: Config;
  readonly isFirstNode: boolean;
  /** Reads certificate, clients and denylist again. What is wrong with them is logged; the old
   * stay. */
  reload(): Promise<void>;
  /** Tells whoever asks /readyz that the gateway is going to close. */
  leave(): void;
  /** Ends everything in the opposite order of the start. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts a node, from the lock on its data directory to node.json. What was opened is closed again
 * if a later step fails. @param signal calls off the search for the id puzzle.
 * @throws {SkerryError} DATABASE_IN_USE if a node runs on the data directory already,
 * ADDRESS_IN_USE, and whatever identity, store and configuration have against it. */
export async function startNode(
  context: CommandContext,
  loaded: LoadedSettings,
  logger: Logger,
  signal: AbortSignal,
): Promise<RunningNode> {
  const cleanUp = new CleanUp(logger);
  try {
    const started = await start(context, loaded, logger, signal, cleanUp);
    return { ...started, stop: () => cleanUp.run() };
  } catch (error) {
    await cleanUp.run();
    throw error;
  }
}

async function start(
  context: CommandContext,
  loaded: LoadedSettings,
  logger: Logger,
  signal: AbortSignal,
  cleanUp: CleanUp,
): Promise<Omit<RunningNode, "stop">> {
  const { host, doors } = context;
  const { settings, dataDir } = loaded;
  const lock = await lockNode(dataDir, doors);
  cleanUp.add("lock", () => lock.release());
  await keepPrivate(dataDir, doors.files, logger);
  const { udp } = settings;
  // A port to be drawn must be free where it is used; beside one that was named it is for later.
  const drawnOn = udp?.port === 0 ? udp.ip : "::";
  const kept = await ensureKeptDefaults(dataDir, drawnOn, doors);
  const config = completeConfig(settings, dataDir, kept);
  // Before the identity, whose puzzle may take a while: a taken port is better heard of at once.
  const faces = await openFaces(config, doors, logger, cleanUp);
  const identity = await loadIdentity(context, loaded, logger, signal);
  const version = host.version.version;
  const miner = openMiner(config, identity, doors, logger);
  const ports = { ...doors, logger };
  const node = await doors.createNode({ config, identity, version, ports, miner });
  cleanUp.add("node", () => node.stop());
  if (config.purgeUrl !== undefined) {
    const target = { url: config.purgeUrl, tokenFile: config.purgeTokenFile };
    const purger = new CachePurger(target, doors, logger);
    cleanUp.add("purger", () => purger.stop());
    const purge = (tags: readonly string[]): void => purger.purge(tags);
    node.watchDenyTags((tags) => {
      if (config.httpWorkers === 0) purge(tags);
      else doors.clock.schedule(WORKER_FORGETS_MS, () => purge(tags));
    });
  }
  const adminToken = toHex(randomBytes(doors.random, TOKEN_BYTES));
  const metricsToken = await ensureMetricsToken(dataDir, doors);
  const onFault = faultLog(logger);
  const gatewayUrl = urlOf(schemeOf(config), faces.gateway.localAddress);
  const { clients } = faces;
  const onTraced = traceLog(logger);
  const faceOptions = { config, adminToken, metricsToken, gatewayUrl, onFault, onTraced, clients };
  faces.open(doors.createFaces(node, faceOptions));
  cleanUp.add("faces", () => faces.stop());
  const file = describe(node, context, faces, config, adminToken);
  await writeNodeFile(dataDir, file, doors.files);
  cleanUp.add("node.json", () => removeNodeFile(dataDir, doors.files));
  const reload = async (): Promise<void> => {
    await Promise.all([faces.reload(), node.reloadDenylist()]);
  };
  const { leave } = faces;
  return { file, config, reload, leave, isFirstNode: (await node.status()).firstNode };
}

async function lockNode(dataDir: string, doors: Doors): Promise<DataLock> {
  await doors.files.makeDirectory(dataDir);
  const other = await readNodeFile(dataDir, doors.files).catch(() => undefined);
  const who = other === undefined ? "a node" : `a node (pid ${other.pid}, ${other.listening})`;
  const holder = `${who} runs there. Stop it, or give this one another --data`;
  return lockData(dataDir, "node", doors.openSqlite, holder);
}

/** Undefined where it is to search for no rank. */
function openMiner(
  { dataDir, mineDuty }: Config,
  { network, keyPair }: LoadedIdentity,
  doors: Doors,
  logger: Logger,
): RankMiner | undefined {
  if (mineDuty === 0) return undefined;
  const holder = "a running node writes down there what its search for a rank came to";
  return new RankMiner({
    dataDir,
    network,
    publicKey: keyPair.publicKey,
    dutyPercent: mineDuty,
    pool: doors.openRankPool(),
    files: doors.files,
    readLoad: doors.readMachineLoad,
    clock: doors.clock,
    logger,
    lock: () => lockData(dataDir, "identity", doors.openSqlite, holder),
  });
}

async function loadIdentity(
  { host, doors }: CommandContext,
  { settings, dataDir }: LoadedSettings,
  logger: Logger,
  signal: AbortSignal,
): Promise<LoadedIdentity> {
  const holder = "skerry id searches there. Wait until it is done, or interrupt it: " +
    "nothing it found is lost";
  const lock = lockData(dataDir, "identity", doors.openSqlite, holder);
  const line = new StatusLine(host.stderr, settings.json);
  const onReport = host.stderr.isTerminal
    ? (report: SearchReport) => line.show(searchText(report))
    : searchLog(logger, doors.clock);
  try {
    return await loadOrCreateIdentity(dataDir, settings.network, doors, { onReport, signal });
  } catch (error) {
    if (!(error instanceof SkerryError) || error.code !== "CANCELLED") throw error;
    throw new SkerryError("CANCELLED", "Interrupted: the next run goes on from here");
  } finally {
    line.clear();
    lock.release();
  }
}

const SEARCH_LOG_EVERY_MS = 60_000;
/** A search that is over sooner needs no word, and a rate of the first tries would be none. */
const SEARCH_LOG_AFTER_MS = 5_000;

/** Tells a log that a first start takes long because an id is searched for, once a minute. */
function searchLog(logger: Logger, clock: Pick<Clock, "now">): (report: SearchReport) => void {
  let nextAt = after(clock.now(), SEARCH_LOG_AFTER_MS);
  return (report) => {
    const now = clock.now();
    if (now < nextAt) return;
    nextAt = after(now, SEARCH_LOG_EVERY_MS);
    logger.log("info", "identity_search", { progress: searchText(report) });
  };
}

/** The gateway's and the admin API's listeners. They answer 503 until the node is there. */
interface Listeners {
  readonly gateway: HttpServer;
  readonly admin: HttpServer;
  /** As --client-file has them now. */
  readonly clients: readonly NamedClient[] | undefined;
  open(handlers: NodeFaces): void;
  /** As NodeFaces. */
  leave(): void;
  /** Reads certificate and clients again. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** An answer that a peer, the disk or a bound broke off is worth a warning; any other error is a
 * mistake of this program. */
const faultLog = (logger: Logger) => (error: unknown): void => {
  if (error instanceof SkerryError) {
    logger.log("warn", "http_answer_failed", { code: error.code, message: error.message });
  } else {
    logger.log("error", "http_fault", { message: String(error) });
  }
};

/** What a client's own trace wants to know of this gateway's part in it. */
const traceLog = (logger: Logger) => (request: TracedRequest): void => {
  const { traceId, parentId, spanId, client, route, status } = request;
  logger.log("info", "http_traced", {
    ...{ trace_id: traceId, parent_id: parentId, span_id: spanId, client, route, status },
    first_byte_ms: Math.round(request.firstByteMs),
    total_ms: Math.round(request.totalMs),
    sent_bytes: request.sentBytes,
  });
};

async function openFaces(
  config: Config,
  doors: Doors,
  logger: Logger,
  cleanUp: CleanUp,
): Promise<Listeners> {
  const tls = config.tls === undefined ? undefined : await loadTls(config.tls, doors);
  const { clientFile } = config;
  let clients = clientFile === undefined ? undefined : await loadClients(clientFile, doors);
  const starting: HttpHandler = () =>
    new Response("The node is starting\n", {
      status: HTTP_STARTING,
      headers: { "retry-after": "5", "cache-control": "no-store" },
    });
  const onFault = faultLog(logger);
  const handlers: Writable<NodeFaces> = {
    gateway: starting,
    ready: () => undefined,
    workers: undefined,
    admin: starting,
    useClients: () => {},
    leave: () => {},
  };
  const ready: ReadyAnswers = (head, clientGone) => handlers.ready(head, clientGone);
  const gateway = await openGateway(
    config,
    doors,
    logger,
    { requestBodyBytesMax: 0, onFault, tls: tls?.pair, ready },
    (request, info) => handlers.gateway(request, info),
  );
  cleanUp.add("gateway", () => gateway.stop(0));
  const watch = config.tls === undefined || tls === undefined
    ? undefined
    : new TlsWatch(config.tls, tls, gateway, doors, logger);
  cleanUp.add("certificate", async () => await watch?.stop());
  const { ip: host, port } = config.admin;
  const admin = await doors.serveHttp(
    { host, port, requestBodyBytesMax: ADMIN_BODY_BYTES_MAX, onFault },
    (request, info) => handlers.admin(request, info),
  );
  cleanUp.add("admin", () => admin.stop(0));
  const use = (list: readonly NamedClient[]): void => {
    clients = list; // while the node starts there are no faces yet to tell
    handlers.useClients(list);
  };
  const clientWatch = clientFile === undefined || clients === undefined
    ? undefined
    : watchClients(clientFile, clients, use, doors, logger);
  cleanUp.add("clients", async () => await clientWatch?.stop());
  return {
    gateway,
    admin,
    get clients() {
      return clients;
    },
    open: (faces) => {
      Object.assign(handlers, faces);
      if (faces.workers !== undefined) gateway.serve(faces.workers);
    },
    leave: () => handlers.leave(),
    reload: async () => void await Promise.all([watch?.reload(), clientWatch?.reload()]),
    stop: async () => {
      await Promise.all([gateway.stop(HTTP_GRACE_MS), admin.stop(HTTP_GRACE_MS)]);
    },
  };
}

function describe(
  node: Node,
  { host, doors }: CommandContext,
  faces: Listeners,
  config: Config,
  adminToken: string,
): NodeFile {
  const { network, publicKeyText, nodeIdHex, uri } = node.info;
  return {
    v: 1,
    pid: host.pid,
    network,
    publicKey: publicKeyText,
    nodeId: nodeIdHex,
    listening: uri,
    gateway: urlOf(schemeOf(config), faces.gateway.localAddress),
    admin: urlOf("http", faces.admin.localAddress),
    adminToken,
    version: host.version.version,
    startedMs: doors.clock.unixMs(),
  };
}

function schemeOf({ tls }: Config): "http" | "https" {
  return tls === undefined ? "http" : "https";
}

/** A URL that works on this machine: a listener on every address is reached by loopback. */
function urlOf(scheme: "http" | "https", { ip, port }: Address): string {
  const reached = ip === "::" ? "::1" : ip === "0.0.0.0" ? "127.0.0.1" : ip;
  return `${scheme}://${formatAddress({ ip: reached, port })}`;
}
