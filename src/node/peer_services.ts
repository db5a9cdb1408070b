import { Dht, dhtConfig } from "../dht/mod.ts";
import { type ChunkId, equalBytes, type PublicKey } from "../lib/mod.ts";
import type { LedgerFile } from "../ports/mod.ts";
import { localKeyOf } from "../session/mod.ts";
import { type ConnectionHandle, Endpoint, type Transport } from "../transport/mod.ts";
import { Announcer } from "./peers/announcer.ts";
import { Bootstrap } from "./peers/bootstrap.ts";
import type { Appraisal } from "./trade/appraisal.ts";
import { BytesJudge } from "./fetch/bytes_judge.ts";
import type { ChunkStore } from "./keep/chunk_store.ts";
import type { Denylist } from "./denial/denylist.ts";
import { DhtService } from "./peers/dht_service.ts";
import { FetchRequests } from "./fetch/fetch_requests.ts";
import { HolderDirectory } from "./fetch/holder_directory.ts";
import { Holdings } from "./fetch/holdings.ts";
import { type MarketServices, openMarketServices } from "./market_services.ts";
import type { NodeOptions } from "./contract/node_options.ts";
import type { NodeStore } from "./keep/node_store.ts";
import { Offers } from "./copies/offers.ts";
import { PeerMemory } from "./peers/peer_memory.ts";
import { PeerTable } from "./peers/peer_table.ts";
import { ProviderMemory } from "./peers/provider_memory.ts";
import { ValueOwner } from "./values/value_owner.ts";
import { ValueReader } from "./values/value_reader.ts";
import { ValueService } from "./values/value_service.ts";

/** What deals with other nodes: sessions, the DHT, who holds what and who is to be believed. */
export interface PeerServices {
  readonly transport: Transport;
  readonly memory: PeerMemory;
  readonly peers: PeerTable;
  readonly dht: DhtService;
  readonly requests: FetchRequests;
  /** FETCHes of what others have offered, which nobody pays for. */
  readonly freeRequests: FetchRequests;
  /** What this node has offered to others. */
  readonly offers: Offers;
  readonly holders: HolderDirectory;
  readonly holdings: Holdings;
  readonly judge: BytesJudge;
  readonly announcer: Announcer;
  readonly owner: ValueOwner;
  readonly values: ValueService;
  readonly bootstrap: Bootstrap;
  readonly providers: ProviderMemory;
  readonly market: MarketServices;
}

/** What they are built over. */
export interface PeerNeeds {
  readonly disk: Pick<NodeStore, "peers" | "values" | "providers">;
  readonly store: ChunkStore;
  readonly denylist: Pick<Denylist, "isDenied" | "ofName"> | undefined;
  readonly ledgerFile: LedgerFile;
  readonly appraisal: Appraisal | undefined;
  /** Bytes of datagrams sent so far. */
  readonly sentBytes: () => number;
  /** A peer may be sent more than a moment ago. */
  readonly onRoom: (connection: ConnectionHandle) => void;
  /** Asks for a turn of the node's loop. */
  readonly wake: () => void;
}

/** Builds them over an open store. */
export function openPeerServices(
  options: NodeOptions,
  { disk, store, denylist, ledgerFile, appraisal, sentBytes, onRoom, wake }: PeerNeeds,
): PeerServices {
  const { identity, ports } = options;
  const { clock, logger, random } = ports;
  const { network, keyPair } = identity;
  const isDenied = (key: Uint8Array) => denylist?.isDenied([key as ChunkId]) ?? false;
  const now = clock.now.bind(clock);
  const transport = openTransport(options);
  const memory = new PeerMemory(disk.peers, store, clock);
  const peers = new PeerTable();
  const dht = new DhtService({
    dht: new Dht({
      self: {
        publicKey: keyPair.publicKey,
        nodeId: identity.nodeId,
        idNonce: identity.work.idNonce,
        networkId: network.id,
      },
      random,
      config: dhtConfig(network.allowsPrivateAddresses),
      isHeld: (key) => store.has(key as ChunkId),
      isDenied,
      isNameDenied: (publicKey) => denylist?.ofName(publicKey) !== undefined,
    }),
    transport,
    network,
    workPool: ports.workPool,
    verified: memory,
    clock,
    logger,
    wake,
    rankOf: (publicKey) => market.standings.rankOf(publicKey),
  });
  const market: MarketServices = openMarketServices(options, {
    file: ledgerFile,
    appraisal,
    transport,
    verified: memory,
    networkSize: () => dht.dht.networkSize,
    sentBytes,
    addressOf: (publicKey) =>
      [...dht.dht.remembered(), ...memory.load()]
        .find((known) => equalBytes(known.publicKey, publicKey))?.address,
    onRoom,
    wake,
  });
  const isUsable = (publicKey: PublicKey): boolean => peers.isTrusted(publicKey, now());
  const announcer = new Announcer(dht, clock, random, wake, isDenied);
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
  const providers = new ProviderMemory({
    archive: dht.dht.archive,
    parts: disk.providers,
    rows: store,
    clock,
    logger,
  });
  return {
    transport,
    providers,
    memory,
    peers,
    dht,
    requests: new FetchRequests(transport, market.buying),
    freeRequests: new FetchRequests(transport),
    offers: new Offers(),
    market,
    holders: new HolderDirectory(transport, clock, dht.findHolders, isUsable),
    holdings: new Holdings(transport, random),
    judge: new BytesJudge(transport, peers, clock, logger),
    announcer,
    owner,
    values: new ValueService(owner, new ValueReader(dht, clock), dht, clock),
    bootstrap: new Bootstrap(dht, memory, clock, logger),
  };
}

function openTransport({ config, identity, ports }: NodeOptions): Transport {
  const { keyPair, network, work } = identity;
  const { clock, random } = ports;
  return new Endpoint({
    identity: localKeyOf(keyPair.seed),
    work,
    networkName: network.name,
    random,
    unixMs: () => clock.unixMs(),
    now: clock.now(),
    exemptPrivateAddresses: network.allowsPrivateAddresses,
    sellBytesPerSecond: config.sellUp,
    connection: { congestionControl: config.congestionControl },
  });
}
