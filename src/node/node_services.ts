import { earnedNodeId, type Network } from "../identity/mod.ts";
import { type ChunkId, type NodeId, type PublicKey, SkerryError } from "../lib/mod.ts";
import type { Clock, DatagramSocket, LedgerFile, WorkPool } from "../ports/mod.ts";
import { CLOSE_CODE } from "../wire/mod.ts";
import { openAppraisal } from "./trade/appraisal.ts";
import type { ChunkStore } from "./keep/chunk_store.ts";
import { type ContentServices, isAwaited, openContentServices } from "./content_services.ts";
import { type CopyServices, openCopyServices } from "./copy_services.ts";
import type { VerifiedWork } from "./peers/dht_service.ts";
import { OPEN_GATE } from "./denial/denylist.ts";
import { DiskHealth } from "./keep/disk_health.ts";
import { Driver } from "./loop/driver.ts";
import { EventRouter } from "./event_router.ts";
import type { MessageHandlers } from "./contract/message_handlers.ts";
import { type HostingServices, openHostingServices } from "./hosting_services.ts";
import type { Miner, NodeOptions } from "./contract/node_options.ts";
import { KeepScores } from "./keep/keep_scores.ts";
import { type NodeStore, openNodeStore } from "./keep/node_store.ts";
import { type Denial, loadDenylist, openDenial } from "./denial/open_denial.ts";
import type { StoreEarner } from "./contract/operator_api.ts";
import { Opportunities } from "./trade/opportunities.ts";
import { openPeerServices, type PeerServices } from "./peer_services.ts";
import { Publications } from "./publish/publications.ts";
import { RepeatedLog } from "./loop/repeated_log.ts";
import { logStoreEvent } from "./keep/store_log.ts";

/** Everything that runs in a node, wired once. */
export interface NodeServices
  extends
    ContentServices,
    HostingServices,
    Omit<PeerServices, "memory" | "holdings" | "judge" | "owner"> {
  readonly clock: Clock;
  readonly network: Network;
  /** This node's own key. */
  readonly self: PublicKey;
  readonly workPool: WorkPool;
  readonly driver: Driver;
  readonly router: EventRouter;
  readonly store: ChunkStore;
  readonly verified: VerifiedWork;
  /** Undefined for a node that searches for no rank. */
  readonly miner: Miner | undefined;
  /** Undefined for a node that was given no denylist. */
  readonly denial: Denial | undefined;
  readonly copies: CopyServices;
  readonly publications: Publications;
  /** Undefined where nothing is sold on credit. */
  readonly opportunities: Opportunities | undefined;
  /** As Node.storeEarners. */
  earners(limit: number): readonly StoreEarner[];
  readonly diskHealth: Pick<DiskHealth, "hasFailed" | "status" | "unkept">;
  /** Opens the socket. */
  listen(): Promise<DatagramSocket>;
  close(): Promise<void>;
}

const NOTHING_SOLD = "Cannot tell what the store earns: this node keeps no accounts of it, as it " +
  "runs without lines of credit; start it with --credit";
/** How long CLOSE packets get to leave before the socket goes. */
const LAST_WORDS_MS = 50;

/** Opens the store and builds every service; no packet moves before listen(). */
export async function openServices(options: NodeOptions): Promise<NodeServices> {
  const { config, identity: { network }, ports } = options;
  const { clock, workPool } = ports;
  const health = new DiskHealth(
    new RepeatedLog(ports.logger, clock.now.bind(clock)),
    clock.unixMs.bind(clock),
  );
  const denylist = await loadDenylist(config.denylist, ports);
  let tellGone = (_names: readonly ChunkId[]): void => {}; // before it, nobody was told of them
  const scores = new KeepScores();
  const disk = await openDisk(options, health, scores, (names) => tellGone(names));
  const denial = denylist === undefined ? undefined : openDenial(disk.chunks, denylist, ports);
  const store = denial?.store ?? disk.chunks;
  const wake = (): void => driver.wake();
  const ledgerFile = openLedger(options);
  const { counters } = disk;
  // without limits nobody pays, and what is read says nothing of what it is worth
  const appraisal = config.credit ? openAppraisal(options, { scores, store, counters }) : undefined;
  const peerSide = openPeerServices(options, {
    disk,
    store,
    denylist: denial?.denylist,
    ledgerFile,
    appraisal,
    sentBytes: () => driver.sentBytes,
    onRoom: (connection) => contentSide.uploads.wake(connection),
    wake,
  });
  await peerSide.market.keeper.load(network.id).catch(async (error: unknown) => {
    await disk.close();
    throw error;
  });
  const gate = denial?.denylist ?? OPEN_GATE;
  const publications = new Publications({
    table: disk.publications,
    store: disk.chunks,
    clock,
  });
  const contentSide: ContentServices = openContentServices({
    publications,
    ports,
    store,
    gate,
    health,
    peers: peerSide,
    dataDir: config.dataDir,
    wake,
  });
  const hostingSide = openHostingServices(options, {
    ...{ disk, store, peers: peerSide, content: contentSide },
    isDenied: (id) => denial?.denylist.isDenied([id as ChunkId]) ?? false,
    roomPrice: (bytes, periodMs) =>
      appraisal === undefined ? 0n : appraisal.roomPrice(bytes, periodMs, clock.now()),
    wake,
  });
  const { hosting, placements } = hostingSide;
  const onClosed = placements.handleClosed.bind(placements);
  const copies = openCopyServices(options, {
    ...{ store, health, wake, peers: peerSide, content: contentSide },
    isDenied: (id) => denial?.denylist.isDenied([id as ChunkId]) ?? false,
  });
  const { memory, holdings, judge: _, owner, ...peerServices } = peerSide;
  const { transport, peers, holders, dht, announcer, providers, market } = peerServices;
  const { requests, freeRequests } = peerServices;
  const { fetcher, objectFetcher, uploads, puller } = contentSide;
  const opportunities = appraisal && new Opportunities({
    appraisal,
    kept: () => market.offer.kept,
    isBusy: () => isAwaited(contentSide),
    fetch: (id, read) => contentSide.objects.chunk(id, read),
    now: clock.now.bind(clock),
  });
  const has = (id: ChunkId): boolean => store.has(id);
  const asked = { requests, freeRequests };
  const { payments, standings } = market;
  const handlers: MessageHandlers = {
    ...payments.handlers,
    ...hostingSide.handlers,
    RANK: standings.handleRank.bind(standings),
    ...copies.handlers,
  };
  const more = { has, handlers, onClosed };
  const targets = { peers, ...asked, holders, holdings, uploads, dht, market, ...more };
  const router = new EventRouter(transport, targets);
  const parts = [router, dht, objectFetcher, fetcher, announcer, owner, uploads, providers];
  const trade = [market.desk, market.refresher, market.offer, payments.settlement];
  const optional = opportunities === undefined ? [] : [opportunities];
  const rest = [...optional, puller, hosting, placements, ...copies.parts];
  const loopParts = [...parts, ...trade, ...rest];
  const driver: Driver = new Driver(clock, transport, loopParts);
  options.miner?.start(market.ownRank.rank, (claim) => market.ownRank.raise(claim));
  tellGone = (names) => {
    announcer.remove(names);
    copies.remove(names);
  };
  publications.endOrder = placements.end.bind(placements);
  publications.onLetGo = (objects) => {
    for (const names of objects) {
      tellGone(names);
      // what is found by a manifest that is cached, or kept for somebody else, stays announced so
      const [id] = names;
      const isOffered = names.length > 1 || (id !== undefined && store.isKept(id));
      if (isOffered) announcer.add(names, { isPartial: true });
    }
  };
  void publications.resume((error) => {
    ports.logger.log("warn", "unpublish_failed", { reason: String(error) });
  });
  announcer.loadFrom(store);
  denial?.start(() => announcer.loadFrom(store));
  return {
    ...peerServices,
    ...contentSide,
    ...hostingSide,
    clock,
    network,
    self: options.identity.keyPair.publicKey,
    workPool,
    driver,
    router,
    store,
    verified: memory,
    miner: options.miner,
    denial,
    copies,
    publications,
    opportunities,
    earners(limit: number): readonly StoreEarner[] {
      if (appraisal === undefined) throw new SkerryError("REFUSED", NOTHING_SOLD);
      return appraisal.earners(limit, (factor) => market.offer.isInRange(factor), clock.now());
    },
    diskHealth: health,
    async listen() {
      const bind = { host: config.udp.ip, port: config.udp.port };
      const socket = await ports.openSocket(bind, driver.handlers);
      driver.attach(socket);
      return socket;
    },
    async close() {
      uploads.drain();
      opportunities?.stop();
      fetcher.stop();
      objectFetcher.stop();
      puller.stop();
      await options.miner?.stop();
      placements.stop();
      await publications.stop();
      await denial?.stop();
      await peerServices.bootstrap.stop();
      await providers.stop();
      for (const connection of [...transport.connections()]) {
        transport.close(connection, CLOSE_CODE.draining, clock.now());
      }
      driver.wake();
      await new Promise<void>((resolve) => clock.schedule(LAST_WORDS_MS, resolve));
      await driver.close();
      await market.close();
      appraisal?.noteClock();
      await disk.close();
    },
  };
}

function openDisk(
  { config, identity, ports }: NodeOptions,
  health: DiskHealth,
  scores: KeepScores,
  onGone: (names: readonly ChunkId[]) => void,
): Promise<NodeStore> {
  return openNodeStore({
    openSqlite: ports.openSqlite,
    openBlobFiles: ports.openBlobFiles,
    clock: ports.clock,
    dataDir: config.dataDir,
    networkId: identity.network.id,
    publicKey: identity.keyPair.publicKey,
    quotaBytes: config.storeBytes,
    sellBytes: config.sellDisk,
    scores,
    onGone,
    onEvent: (event) => logStoreEvent(event, ports.logger, health),
  });
}

function openLedger({ config, identity, ports }: NodeOptions): LedgerFile {
  return ports.openLedgerFile({
    path: `${config.dataDir}/ledger.db`,
    networkId: identity.network.id,
    publicKey: identity.keyPair.publicKey,
    nowMs: ports.clock.unixMs(),
  });
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
