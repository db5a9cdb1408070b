import { locatorOf, SLICE_BYTES } from "../content/mod.ts";
import {
  after,
  type ChunkId,
  formatAddress,
  type MetaId,
  type PublicKey,
  SkerryError,
  type StrongId,
  toHex,
} from "../lib/mod.ts";
import { type LedgerStatement, Spending } from "../market/mod.ts";
import { evaluateNodeId, type NodeServices } from "./node_services.ts";
import type {
  ChunkStat,
  DenySubject,
  FoundManifest,
  Node,
  NodeInfo,
  NodeStatus,
  OpenChunk,
  PeerInfo,
  Published,
  PublishOptions,
  Purchase,
  Readiness,
  ReadOptions,
  Resolved,
  Trace,
} from "./contract/api.ts";
import { OPEN_GATE } from "./denial/denylist.ts";
import { unconfirmed } from "./peers/announcer.ts";
import { HolderSet } from "./peers/holder_set.ts";
import { ledgerEntries, statementOf } from "./trade/ledger_report.ts";
import type { LedgerEntry, OfferStatus, StoreEarner, StoreEntry } from "./contract/operator_api.ts";
import { marketSample } from "./market_metrics.ts";
import { Metrics, type MetricsSample } from "./metrics.ts";
import type { InvoiceEntry, PayOptions } from "./contract/payments_api.ts";
import { placePublished } from "./host/place_published.ts";
import type { PlacementReport } from "./contract/placement_api.ts";
import type { PublicationsApi } from "./contract/publications_api.ts";
import type { PublishedContent } from "./publish/publish_service.ts";
import { resolvedOf } from "./read/resolved.ts";
import { trace } from "./fetch/tracer.ts";
import type {
  GetValueOptions,
  NamedValue,
  PutValue,
  PutValueOptions,
} from "./contract/value_api.ts";

/** How long a publish waits for one confirmation where the caller named no number. */
const DEFAULT_CONFIRM_MS = 10_000;
/** And where it did: a patient caller, who is told when it was in vain. */
const ASKED_CONFIRM_MS = 60_000;

/** The facade over the services of one running node. */
export class NodeShell implements Node {
  readonly info: NodeInfo;
  readonly publications: PublicationsApi;
  readonly #services: NodeServices;
  readonly #metrics: Metrics;
  readonly #startedAt: number;
  readonly #isAlone: () => boolean;
  #stopping: Promise<void> | undefined;

  /** @param isAlone true if no other node was known at the start. */
  constructor(info: NodeInfo, services: NodeServices, isAlone: () => boolean) {
    this.info = info;
    this.#services = services;
    this.publications = services.publications;
    this.#isAlone = isAlone;
    this.#startedAt = services.clock.now();
    this.#metrics = new Metrics(() => this.#sample());
  }

  readiness(): Readiness {
    const { dht } = this.#services;
    if (this.#stopping !== undefined) return { ready: false, reason: "draining" };
    if (this.#services.diskHealth.hasFailed) return { ready: false, reason: "disk_failed" };
    // A session alone does not do: only contacts are asked by lookups.
    if (dht.dht.contactCount > 0 || this.#isAlone()) return { ready: true };
    return { ready: false, reason: "not_bootstrapped" };
  }

  status(): Promise<NodeStatus> {
    const { peers, dht, store, driver, announcer, clock, denial, market, miner } = this.#services;
    const { contracts, copies, diskHealth } = this.#services;
    const placements = this.#services.placements.status();
    const { chunks, bytes, quotaBytes, pinnedBytes } = store.usage();
    return Promise.resolve({
      role: "super",
      reachability: "unknown",
      peers: peers.size,
      routingTable: { contacts: dht.dht.contactCount },
      store: { chunks, bytes, quotaBytes, pinnedBytes },
      ...(diskHealth.status && { disk: diskHealth.status }),
      selling: this.#selling(),
      traffic: { sentBytes: driver.sentBytes, receivedBytes: driver.receivedBytes },
      announce: announcer.progress(),
      rank: market.ownRank.rank,
      ...(miner && { rankSearch: miner.status }),
      copies: copies.status(),
      uptimeSeconds: Math.floor((clock.now() - this.#startedAt) / 1000),
      firstNode: this.#isAlone() && !peers.hasMetAnyone,
      ...(contracts.count > 0 && {
        hosting: { contracts: contracts.count, bytes: contracts.bytes },
      }),
      ...(placements.orders > 0 && { placements }),
      ...(denial && { denylist: denial.denylist.status }),
    });
  }

  #selling(): OfferStatus {
    const { store, market: { offer } } = this.#services;
    const { soldDiskBytes, sellDiskBytes } = store.usage();
    return { ...offer.status, diskBytes: soldDiskBytes, diskQuotaBytes: sellDiskBytes };
  }

  peers(): readonly PeerInfo[] {
    const { peers, transport, clock, verified, market } = this.#services;
    const now = clock.now();
    return [...peers.all()].flatMap(({ connection, publicKey, since }) => {
      const info = transport.info(connection);
      if (info === undefined) return [];
      const nodeId = verified.nodeIdOf(publicKey, info.work.idNonce);
      return [{
        nodeId: nodeId === undefined ? "" : toHex(nodeId),
        publicKey: toHex(publicKey),
        address: formatAddress(info.address),
        rttMs: info.smoothedRttMs,
        sentBytes: info.sentBytes,
        receivedBytes: info.receivedBytes,
        connectedSeconds: Math.floor((now - since) / 1000),
        rank: Math.max(info.work.rank, market.standings.rankOf(publicKey)),
      }];
    });
  }

  ledger(): readonly LedgerEntry[] {
    return ledgerEntries(this.#services.market, this.#services.clock.unixMs());
  }

  async proveLedger(peer: PublicKey): Promise<LedgerStatement> {
    const { market, network, self } = this.#services;
    return await statementOf(market.keeper, network, self, peer);
  }

  async pay(peer: PublicKey, options?: PayOptions): Promise<InvoiceEntry> {
    this.#refuseIfStopping();
    return await this.#services.market.payments.pay(peer, options);
  }

  invoices(): readonly InvoiceEntry[] {
    return this.#services.market.payments.invoices();
  }

  followInvoice(invoice: string): InvoiceEntry | undefined {
    return this.#services.market.payments.followInvoice(invoice);
  }

  async settleInvoice(invoice: string, proof: string): Promise<InvoiceEntry> {
    this.#refuseIfStopping();
    return await this.#services.market.payments.settleInvoice(invoice, proof);
  }

  storeEarners(limit: number): readonly StoreEarner[] {
    return this.#services.earners(limit);
  }

  async storeEntries(limit: number): Promise<readonly StoreEntry[]> {
    return await this.#services.store.entries(limit);
  }

  async openChunk(id: ChunkId, options?: ReadOptions): Promise<OpenChunk> {
    this.#refuseIfStopping();
    this.#services.denial?.denylist.assertBytes([id]);
    return await this.#services.chunks.open(id, options);
  }

  async statChunk(id: ChunkId, options?: ReadOptions): Promise<ChunkStat> {
    this.#refuseIfStopping();
    this.#services.denial?.denylist.assertBytes([id]);
    return await this.#services.objects.stat(id, options);
  }

  openPurchase(budgetCb?: number, deadlineMs?: number): Purchase {
    const { clock } = this.#services;
    const deadlineAt = deadlineMs === undefined ? undefined : after(clock.now(), deadlineMs);
    return { spending: new Spending(budgetCb), deadlineAt };
  }

  denialOf(what: DenySubject): SkerryError | undefined {
    const denylist = this.#services.denial?.denylist;
    if (what.kind === "name") return denylist?.ofName(what.publicKey);
    return denylist?.ofPath(what.meta, what.path);
  }

  denyTagsOf(what: DenySubject): readonly string[] {
    const denylist = this.#services.denial?.denylist;
    if (what.kind === "name") return denylist?.nameTagsOf(what.publicKey) ?? [];
    return denylist?.tagsOf(what.meta, what.path) ?? [];
  }

  watchDenyTags(listener: (tags: readonly string[]) => void): void {
    this.#services.denial?.watchTags(listener);
  }

  async reloadDenylist(): Promise<void> {
    await this.#services.denial?.reload();
  }

  isOwn(meta: MetaId): boolean {
    const key = meta.kind === "plain" ? meta.id : locatorOf(meta.id);
    return this.#services.store.isPinned(key);
  }

  async resolve(meta: MetaId, path: readonly string[], options?: ReadOptions): Promise<Resolved> {
    this.#refuseIfStopping();
    const { resolver, reader, prover, store, denial } = this.#services;
    const view = await resolver.resolve(meta, path, options);
    const isHere = (chunk: { readonly id: Uint8Array }) => store.has(chunk.id as ChunkId);
    return await resolvedOf(view, { reader, prover, isHere, gate: denial?.denylist ?? OPEN_GATE });
  }

  async readManifest(
    meta: MetaId,
    path: readonly string[],
    options?: ReadOptions,
  ): Promise<FoundManifest> {
    this.#refuseIfStopping();
    return await this.#services.resolver.object(meta, path, options);
  }

  async publishPath(path: string, options: PublishOptions = {}): Promise<Published> {
    this.#refuseIfStopping();
    return await this.#finish(await this.#services.publisher.publishPath(path, options), options);
  }

  async publishStream(
    name: string,
    bytes: AsyncIterable<Uint8Array>,
    options: PublishOptions = {},
  ): Promise<Published> {
    this.#refuseIfStopping();
    const content = await this.#services.publisher.publishStream(name, bytes, options);
    return await this.#finish(content, options);
  }

  placementReport(meta: MetaId): PlacementReport | undefined {
    const { placements, store } = this.#services;
    const key = meta.kind === "plain" ? meta.id : locatorOf(meta.id);
    return placements.report(store.namesOf(key)[0] ?? key);
  }

  async putValue(value: Uint8Array, options?: PutValueOptions): Promise<PutValue> {
    this.#refuseIfStopping();
    return await this.#services.values.putValue(value, options);
  }

  async withdrawValue(salt: Uint8Array): Promise<boolean> {
    this.#refuseIfStopping();
    return await this.#services.values.withdrawValue(salt);
  }

  async getValue(
    publicKey: PublicKey,
    salt: Uint8Array,
    options?: GetValueOptions,
  ): Promise<NamedValue> {
    this.#refuseIfStopping();
    const denied = this.#services.denial?.denylist.ofName(publicKey);
    if (denied !== undefined) throw denied;
    return await this.#services.values.getValue(publicKey, salt, options);
  }

  async trace(id: ChunkId | StrongId, options?: ReadOptions): Promise<Trace> {
    this.#refuseIfStopping();
    const { transport, requests, clock, dht, peers, store } = this.#services;
    const key = id.length === 32 ? locatorOf(id as StrongId) : id;
    const isUsable = (publicKey: Parameters<typeof peers.isTrusted>[0]): boolean =>
      peers.isTrusted(publicKey, clock.now());
    const sets: HolderSet[] = [];
    const story = trace(id, key, {
      transport,
      requests,
      clock,
      newHolderSet: (wanted) => {
        const set = new HolderSet(wanted, transport, clock, isUsable);
        sets.push(set);
        return set;
      },
      look: (set) => set.look(dht.findHolders),
      isHeldHere: (wanted) => store.lengthOf(wanted as ChunkId) !== undefined,
      nodeIdOf: (publicKey, nonce) => evaluateNodeId(this.#services, publicKey as PublicKey, nonce),
    }, options);
    const unwatch = this.#services.holders.watch(() => sets);
    return await story.finally(unwatch);
  }

  metricsText(): Promise<string> {
    return this.#metrics.text();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#services.close();
    return this.#stopping;
  }

  /** Tells others of what was published, and has hosts keep it if that is wanted. */
  async #finish(content: PublishedContent, options: PublishOptions): Promise<Published> {
    const published = await this.#announce(content, options);
    if (options.hosting === undefined) return published;
    const placement = await placePublished(this.#services, content, options.hosting, options);
    return { ...published, placement };
  }

  async #announce(content: PublishedContent, options: PublishOptions): Promise<Published> {
    const { announcer, peers, dht, copies } = this.#services;
    const { manifestKeys, announceKeys, ...published } = content;
    announcer.add(manifestKeys, { isUrgent: true });
    announcer.add(announceKeys.slice(manifestKeys.length));
    copies.addOwn(announceKeys);
    const first = manifestKeys[0];
    const knowsOthers = peers.size > 0 || dht.dht.contactCount > 0;
    const wanted = options.waitHolders ?? (knowsOthers ? 1 : 0);
    if (first === undefined || wanted === 0) return { ...published, holders: 0 };
    const isAsked = options.waitHolders !== undefined;
    if (!knowsOthers && this.#isAlone()) {
      const why = "No other node is known, so nobody can confirm to hold the record";
      throw unconfirmed(new SkerryError("NO_PEERS", why), published.link);
    }
    options.onProgress?.({
      phase: "announcing",
      doneBytes: published.size,
      totalBytes: published.size,
      path: "",
    });
    const timeoutMs = isAsked ? ASKED_CONFIRM_MS : DEFAULT_CONFIRM_MS;
    const waiting = { timeoutMs, ...(options.signal && { signal: options.signal }) };
    try {
      return { ...published, holders: await announcer.confirmed(first, wanted, waiting) };
    } catch (error) {
      if ((error as SkerryError).code === "CANCELLED") throw error;
      if (isAsked) throw unconfirmed(error as SkerryError, published.link);
      return { ...published, holders: 0 }; // announced again when somebody can be told
    }
  }

  #refuseIfStopping(): void {
    if (this.#stopping === undefined) return;
    throw new SkerryError("DRAINING", "This node is stopping and takes no new work");
  }

  #sample(): MetricsSample {
    const s = this.#services;
    const { chunks, bytes, quotaBytes } = s.store.usage();
    const { keys, pending } = s.announcer.progress();
    const copies = s.copies.status();
    return {
      peers: s.peers.size,
      routingTableContacts: s.dht.dht.contactCount,
      storeChunks: chunks,
      storeBytes: bytes,
      storeQuotaBytes: quotaBytes,
      unkeptObjects: s.diskHealth.unkept,
      sentBytes: s.driver.sentBytes,
      receivedBytes: s.driver.receivedBytes,
      servedBytes: s.uploads.servedBytes,
      refusedFetches: s.uploads.refusedFetches,
      uploadHeldBytes: s.uploads.heldSlices * SLICE_BYTES,
      overduePeers: s.uploads.overduePeers,
      chunkFetches: s.fetcher.started,
      objectFetches: s.objectFetcher.started,
      rejectedSlices: s.fetcher.badSlices,
      sha1Collisions: s.guard.found,
      lookups: s.dht.lookupsStarted,
      announceKeys: keys,
      announcePending: pending,
      hostedChunks: s.contracts.count,
      hostedBytes: s.contracts.bytes,
      hostingEarnedCb: Number(s.hosting.earnedCb),
      placementsShort: s.placements.status().short,
      placedKeys: copies.keys,
      guardedBytes: copies.guardedBytes,
      offeredKeys: copies.offered,
      copiesGivenBytes: copies.givenBytes,
      copiesTakenBytes: copies.takenBytes,
      fetchedToSell: s.opportunities?.fetched ?? 0,
      notHadToSell: s.opportunities?.failed ?? 0,
      uptimeSeconds: Math.floor((s.clock.now() - this.#startedAt) / 1000),
      drops: { ...s.router.drops },
      market: marketSample(s.market, s.miner?.status, s.clock.now()),
    };
  }
}
