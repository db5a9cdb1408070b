import { OfferIntake, offerIntakeConfig, placementConfig, PlacementPlan } from "../dht/mod.ts";
import { asChunkId, type ChunkId } from "../lib/mod.ts";
import type { ConnectionHandle } from "../transport/mod.ts";
import type { CopyStatus } from "./contract/api.ts";
import type { ChunkStore } from "./keep/chunk_store.ts";
import { type ContentServices, isAwaited } from "./content_services.ts";
import { CopyKeeper } from "./copies/copy_keeper.ts";
import type { DiskHealth } from "./keep/disk_health.ts";
import type { LoopPart } from "./loop/driver.ts";
import type { MessageHandlers } from "./contract/message_handlers.ts";
import type { NodeOptions } from "./contract/node_options.ts";
import { OfferTaker } from "./copies/offer_taker.ts";
import type { PeerServices } from "./peer_services.ts";

/** Of the store, what may be taken because it was offered: the rest keeps following what is read
 * here, whatever strangers offer. */
const GUARDED_SHARE = 1 / 2;

/** What keeps copies where they belong. */
export interface CopyServices {
  readonly handlers: MessageHandlers;
  readonly parts: readonly LoopPart[];
  /** Something has been published here. */
  readonly addOwn: (keys: readonly ChunkId[]) => void;
  /** These names are held no more. */
  readonly remove: (names: readonly ChunkId[]) => void;
  readonly status: () => CopyStatus;
}

export interface CopyNeeds {
  readonly store: ChunkStore;
  readonly peers: PeerServices;
  readonly content: Pick<ContentServices, "fetcher" | "objectFetcher" | "puller">;
  readonly health: DiskHealth;
  readonly isDenied: (id: Uint8Array) => boolean;
  /** Asks for a turn of the node's loop. */
  readonly wake: () => void;
}

/** Builds them. With --replicas 0 nothing is offered and everything refused. */
export function openCopyServices(options: NodeOptions, needs: CopyNeeds): CopyServices {
  const { config: { replicas, replicaBytes, sellDisk }, identity, ports: { clock, random } } =
    options;
  const { store, content, health, isDenied, wake } = needs;
  const { transport, dht, offers, memory } = needs.peers;
  const isOn = replicas > 0;
  const roomBytes = GUARDED_SHARE * (sellDisk ?? store.usage().quotaBytes);
  const plan = new PlacementPlan({
    self: identity.nodeId,
    config: placementConfig(Math.max(replicas, 1), replicaBytes),
    random,
    nearest: (key, count) => dht.dht.nearest(key, count),
    now: clock.now(),
  });
  const intake = new OfferIntake<ConnectionHandle>({
    config: offerIntakeConfig(replicaBytes, roomBytes),
    holds: (key) => store.has(asChunkId(key)),
    wants: (key) => isOn && !isDenied(key) && plan.isInRange(key),
    guardedBytes: () => plan.guardedBytes,
    now: clock.now(),
  });
  const taker = new OfferTaker({
    ...{ intake, plan, isOn, transport, verified: memory, puller: content.puller, store, clock },
    isBusy: () => isAwaited(content),
    onUnkept: (id, error) => health.noteUnkept(id, error),
    wake,
  });
  const keeper = new CopyKeeper({ plan, store, transport, dht, offers, clock, random, wake });
  if (isOn) {
    const tellAnnouncer = dht.onContact;
    dht.onContact = (news) => {
      tellAnnouncer(news);
      if (news.kind === "contact_added") plan.handleContact(news.contact, clock.now());
      else plan.handleLoss(news.contact, clock.now());
    };
  }
  return {
    handlers: {
      OFFER: (connection, message, now) => taker.handleOffer(connection, message, now),
      OFFER_REPLY: (connection, message, now) => keeper.handleReply(connection, message, now),
    },
    parts: isOn ? [keeper, taker] : [],
    addOwn: (keys) => isOn ? keeper.addOwn(keys) : undefined,
    remove: (names) => names.forEach((name) => plan.remove(name)),
    status: () => ({
      replicas,
      keys: plan.size,
      guardedBytes: plan.guardedBytes,
      offered: plan.offered,
      givenBytes: plan.givenBytes,
      takenBytes: intake.takenBytes,
    }),
  };
}
