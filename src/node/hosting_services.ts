import { HostingContracts } from "../market/mod.ts";
import type { ContentServices } from "./content_services.ts";
import type { ChunkStore } from "./keep/chunk_store.ts";
import type { MessageHandlers } from "./contract/message_handlers.ts";
import { Hosting } from "./host/hosting.ts";
import { HostingClient } from "./host/hosting_client.ts";
import type { NodeOptions } from "./contract/node_options.ts";
import type { NodeStore } from "./keep/node_store.ts";
import type { PeerServices } from "./peer_services.ts";
import { Placements } from "./host/placements.ts";
import { Placer } from "./host/placer.ts";
import { SliceChallenger } from "./host/slice_challenge.ts";

/** Of the disk that is for sale, what publishers may buy: the rest follows what is read (C10). */
const HOSTED_SHARE = 1 / 2;

/** What keeps chunks for pay, here for others and at others for this node. */
export interface HostingServices {
  readonly contracts: HostingContracts;
  readonly hosting: Hosting;
  readonly placements: Placements;
  readonly handlers: MessageHandlers;
}

export interface HostingNeeds {
  readonly disk: Pick<NodeStore, "hosting" | "placements">;
  readonly store: ChunkStore;
  readonly peers: PeerServices;
  readonly content: Pick<ContentServices, "puller">;
  /** As HostingParts.bumpedCb. */
  readonly roomPrice: (bytes: number, periodMs: number) => bigint | undefined;
  readonly isDenied: (id: Uint8Array) => boolean;
  /** Asks for a turn of the node's loop. */
  readonly wake: () => void;
}

/** Builds them; nothing is asked or sold before a message or an order comes. */
export function openHostingServices(options: NodeOptions, needs: HostingNeeds): HostingServices {
  const { clock, logger, random } = options.ports;
  const { disk, store, peers, content, isDenied } = needs;
  const { announcer, market, transport } = peers;
  const { hasLimits, keeper, ownRank, sales, standings } = market;
  const contracts = new HostingContracts();
  const hosting = new Hosting({
    transport,
    store,
    table: disk.hosting,
    contracts,
    puller: content.puller,
    standings,
    sales,
    keeper,
    clock,
    random,
    logger,
    hasLimits,
    ownRank: () => ownRank.rank,
    roomBytes: () => store.usage().sellDiskBytes * HOSTED_SHARE,
    bumpedCb: needs.roomPrice,
    isDenied,
    onHosted: (names) => void announcer.add(names, { isPartial: true }),
  });
  const { client, placements } = openPlacements(options, needs);
  return { contracts, hosting, placements, handlers: { ...hosting.handlers, ...client.handlers } };
}

function openPlacements(
  { ports: { clock, logger, random } }: NodeOptions,
  { disk, store, peers, wake }: HostingNeeds,
): { readonly client: HostingClient; readonly placements: Placements } {
  const { dht, market: { desk, keeper, standings }, offers, requests, transport } = peers;
  const doors = { transport, store, clock, random, wake };
  const client = new HostingClient({ ...doors, offers });
  const table = disk.placements;
  const placements = new Placements({
    ...{ ...doors, client, standings, table, logger },
    placer: new Placer({ ...doors, client, dht, keeper, desk, table }),
    challenger: new SliceChallenger({ ...doors, requests }),
  });
  return { client, placements };
}
