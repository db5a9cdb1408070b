import { CHUNK_BYTES } from "../content/mod.ts";
import { Dht, dhtConfig } from "../dht/mod.ts";
import { earnedNodeId, type Network } from "../identity/mod.ts";
import {
  BufferPool,
  type ChunkId,
  type NodeId,
  type PublicKey,
  SkerryError,
  toHex,
} from "../lib/mod.ts";
import type { Clock, DatagramSocket, WorkPool } from "../ports/mod.ts";
import { localKeyOf } from "../session/mod.ts";
import { Endpoint, type Transport } from "../transport/mod.ts";
import { CLOSE_CODE } from "../wire/mod.ts";
import { Announcer } from "./announcer.ts";
import { Bootstrap } from "./bootstrap.ts";
import { BytesJudge } from "./bytes_judge.ts";
import { ChunkFetcher } from "./chunk_fetcher.ts";
import { ChunkOpener } from "./chunk_opener.ts";
import type { ChunkStore } from "./chunk_store.ts";
import { DhtService, type VerifiedWork } from "./dht_service.ts";
import { Driver } from "./driver.ts";
import { EventRouter } from "./event_router.ts";
import { FetchRequests } from "./fetch_requests.ts";
import { FileProver } from "./file_proof.ts";
import { FileReader } from "./file_reader.ts";
import { HolderDirectory } from "./holder_directory.ts";
import { Holdings } from "./holdings.ts";
import type { NodeOptions } from "./node_options.ts";
import { ObjectFetcher } from "./object_fetcher.ts";
import { ObjectResolver } from "./object_resolver.ts";
import { ObjectSource } from "./object_source.ts";
import { PeerMemory } from "./peer_memory.ts";
import { PeerTable } from "./peer_table.ts";
import { logStoreEvent } from "./store_log.ts";
import { PieceBuffers } from "./piece_buffers.ts";
import { PublishService } from "./publish_service.ts";
import { openNodeStore } from "./node_store.ts";
import { UploadService } from "./upload_service.ts";
import { ValueOwner } from "./value_owner.ts";
import { ValueReader } from "./value_reader.ts";
import { ValueService } from "./value_service.ts";

/** Everything that runs in a node, wired once. */
export interface NodeServices {
  readonly clock: Clock;
  readonly network: Network;
  readonly workPool: WorkPool;
  readonly transport: Transport;
  readonly driver: Driver;
  readonly peers: PeerTable;
  readonly requests: FetchRequests;
  readonly holders: HolderDirectory;
  readonly fetcher: ChunkFetcher;
  readonly objectFetcher: ObjectFetcher;
  readonly objects: ObjectSource;
  readonly reader: FileReader;
  readonly chunks: ChunkOpener;
  readonly resolver: ObjectResolver;
  readonly prover: FileProver;
  readonly publisher: PublishService;
  readonly uploads: UploadService;
  readonly dht: DhtService;
  readonly values: ValueService;
  readonly announcer: Announcer;
  readonly router: EventRouter;
  readonly bootstrap: Bootstrap;
  readonly store: ChunkStore;
  readonly verified: VerifiedWork;
  hasDiskFailed(): boolean;
  /** Opens the socket. */
  listen(): Promise<DatagramSocket>;
  close(): Promise<void>;
}

/** Buffers of 1 MiB kept between chunks: one reader's chunks ahead and some being stored. */
const CHUNK_BUFFERS_IDLE_MAX = 16;

/** How long CLOSE packets get to leave before the socket goes. */
const LAST_WORDS_MS = 50;

/** Opens the store and builds every service; no packet moves before listen(). */
export async function openServices(options: NodeOptions): Promise<NodeServices> {
  const { config, identity, ports } = options;
  const { clock, logger, random, workPool } = ports;
  const { network, keyPair, work } = identity;
  const health = { hasDiskFailed: false };
  const disk = await openNodeStore({
    openSqlite: ports.openSqlite,
    openBlobFiles: ports.openBlobFiles,
    clock,
    dataDir: config.dataDir,
    networkId: network.id,
    publicKey: keyPair.publicKey,
    quotaBytes: config.storeBytes,
    onEvent(event) {
      if (event.kind === "maintenance_failed") noteFailure(health, event.error);
      logStoreEvent(event, logger);
    },
  });
  const store = disk.chunks;
  const wake = (): void => driver.wake();
  const memory = new PeerMemory(disk.peers, store, clock);
  const peers = new PeerTable();
  const transport = new Endpoint({
    identity: localKeyOf(keyPair.seed),
    work,
    networkName: network.name,
    random,
    unixMs: () => clock.unixMs(),
    now: clock.now(),
    exemptPrivateAddresses: network.allowsPrivateAddresses,
  });
  const self = {
    publicKey: keyPair.publicKey,
    nodeId: identity.nodeId,
    idNonce: work.idNonce,
    networkId: network.id,
  };
  const dht = new DhtService({
    dht: new Dht({
      self,
      random,
      config: dhtConfig(network.allowsPrivateAddresses),
      isHeld: (key) => store.has(key as ChunkId),
    }),
    transport,
    network,
    workPool,
    verified: memory,
    clock,
    logger,
    wake,
  });
  const isUsable = (publicKey: PublicKey): boolean => peers.isTrusted(publicKey, clock.now());
  const requests = new FetchRequests(transport);
  const holders = new HolderDirectory(transport, clock.now.bind(clock), dht.findHolders, isUsable);
  const holdings = new Holdings(transport, random);
  const judge = new BytesJudge(transport, peers, clock, logger);
  const announcer = new Announcer(dht, clock, random, wake);
  const owner = new ValueOwner({
    keyPair,
    network,
    dht,
    values: disk.values,
    rows: store,
    clock,
    random,
    logger,
    wake,
  });
  const onKeepFailed = (id: ChunkId, error: unknown): void => {
    noteFailure(health, error);
    logger.log("error", "keep_failed", { id: toHex(id), reason: String(error) });
  };
  const chunkBuffers = new BufferPool(CHUNK_BYTES, CHUNK_BUFFERS_IDLE_MAX);
  const fetcher = new ChunkFetcher({
    transport,
    requests,
    holders,
    holdings,
    buffers: chunkBuffers,
    now: clock.now.bind(clock),
    wake,
    hooks: {
      async keep(chunk, bytes) {
        try {
          await store.put(chunk.id, bytes, { pinned: false });
          return true;
        } catch (error) {
          onKeepFailed(chunk.id, error);
          return false;
        }
      },
      suspect: (connection, chunk, slice) => judge.suspect(connection, chunk.id, slice),
      convict: (suspect) => judge.convict(suspect),
    },
  });
  const objectFetcher = new ObjectFetcher({
    transport,
    requests,
    holders,
    clock,
    wake,
    blame(connection, id) {
      const guilty = judge.suspect(connection, id); // its own hash says so
      if (guilty !== undefined) judge.convict(guilty);
    },
  });
  const objects = new ObjectSource(store, objectFetcher, clock, {
    onKept: (id, alias) => void announcer.add(alias ? [alias, id] : [id], { isPartial: true }),
    onKeepFailed,
  });
  const pieces = new PieceBuffers(chunkBuffers);
  const reader = new FileReader(store, fetcher, clock, pieces);
  const chunks = new ChunkOpener(store, objects, clock, pieces);
  const resolver = new ObjectResolver((id, proof, read, listedBy) =>
    objects.manifest(id, proof, read, listedBy)
  );
  const publisher = new PublishService(ports.localFiles, store);
  const uploads = new UploadService(
    transport,
    {
      lengthOf: (id) => store.lengthOf(id as ChunkId),
      isAlias: (id) => store.isAlias(id as ChunkId),
      read: (id, offset, into) => store.read(id as ChunkId, offset, into),
    },
    clock.now.bind(clock),
    wake,
  );
  const has = (id: ChunkId): boolean => store.has(id);
  const targets = { peers, requests, holders, holdings, uploads, dht, has };
  const router = new EventRouter(transport, targets, wake);
  const driver: Driver = new Driver(clock, transport, [
    router,
    dht,
    objectFetcher,
    fetcher,
    announcer,
    owner,
  ]);
  const values = new ValueService(owner, new ValueReader(dht, clock), dht, clock);
  const bootstrap = new Bootstrap(dht, memory, clock, logger);
  announcer.loadFrom(store);
  return {
    clock,
    network,
    workPool,
    transport,
    driver,
    peers,
    requests,
    holders,
    fetcher,
    objectFetcher,
    objects,
    reader,
    chunks,
    resolver,
    prover: new FileProver(),
    publisher,
    uploads,
    dht,
    values,
    announcer,
    router,
    bootstrap,
    store,
    verified: memory,
    hasDiskFailed: () => health.hasDiskFailed,
    async listen() {
      const bind = { host: config.udp.ip, port: config.udp.port };
      const socket = await ports.openSocket(bind, driver.handlers);
      driver.attach(socket);
      return socket;
    },
    async close() {
      uploads.drain();
      fetcher.stop();
      objectFetcher.stop();
      await bootstrap.stop();
      for (const connection of [...transport.connections()]) {
        transport.close(connection, CLOSE_CODE.draining, clock.now());
      }
      driver.wake();
      await new Promise<void>((resolve) => clock.schedule(LAST_WORDS_MS, resolve));
      driver.close();
      await disk.close();
    },
  };
}

function noteFailure(health: { hasDiskFailed: boolean }, error: unknown): void {
  health.hasDiskFailed ||= error instanceof SkerryError && error.code === "DISK_FAILED";
}

/** The place of a node, from what was checked before or by checking now. */
export async function evaluateNodeId(
  { verified, workPool, network }: Pick<NodeServices, "verified" | "workPool" | "network">,
  publicKey: PublicKey,
  idNonce: bigint,
): Promise<NodeId | undefined> {
  const known = verified.nodeIdOf(publicKey, idNonce);
  if (known !== undefined) return known;
  const output = await workPool.evaluate(network.idPuzzle, publicKey, idNonce);
  return earnedNodeId(network, publicKey, output);
}
