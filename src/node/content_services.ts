import { CHUNK_BYTES } from "../content/mod.ts";
import { BufferPool, type ChunkId, toHex } from "../lib/mod.ts";
import type { ConnectionHandle } from "../transport/mod.ts";
import { ChunkFetcher } from "./fetch/chunk_fetcher.ts";
import { ChunkOpener } from "./read/chunk_opener.ts";
import type { ChunkStore } from "./keep/chunk_store.ts";
import { CollisionGuard } from "./keep/collision_guard.ts";
import type { DenyGate } from "./denial/denylist.ts";
import type { DiskHealth } from "./keep/disk_health.ts";
import { FileProver } from "./read/file_proof.ts";
import { FileReader } from "./read/file_reader.ts";
import { manifestAlias } from "./read/manifest_alias.ts";
import type { NodePorts } from "./contract/node_options.ts";
import { ObjectFetcher } from "./fetch/object_fetcher.ts";
import { ObjectResolver } from "./read/object_resolver.ts";
import { ObjectSource } from "./read/object_source.ts";
import { OfferTill } from "./copies/offer_till.ts";
import type { PeerServices } from "./peer_services.ts";
import { PieceBuffers } from "./read/piece_buffers.ts";
import type { Publications } from "./publish/publications.ts";
import { PublishService } from "./publish/publish_service.ts";
import { OfferPuller } from "./copies/pull_offer.ts";
import { UploadService } from "./serve/upload_service.ts";

/** What deals with bytes: fetched, kept, read, published, served to other nodes. */
export interface ContentServices {
  readonly fetcher: ChunkFetcher;
  readonly objectFetcher: ObjectFetcher;
  readonly objects: ObjectSource;
  readonly reader: FileReader;
  readonly chunks: ChunkOpener;
  readonly guard: CollisionGuard;
  readonly resolver: ObjectResolver;
  readonly prover: FileProver;
  readonly publisher: PublishService;
  readonly uploads: UploadService;
  readonly puller: OfferPuller;
}

/** What they are built over. */
export interface ContentNeeds {
  readonly ports: Pick<NodePorts, "clock" | "localFiles" | "logger">;
  readonly store: ChunkStore;
  /** Asked before content is given. */
  readonly gate: DenyGate;
  readonly health: DiskHealth;
  readonly peers: PeerServices;
  readonly publications: Publications;
  /** The node's own directory. */
  readonly dataDir: string;
  /** Asks for a turn of the node's loop. */
  readonly wake: () => void;
}

/** Somebody here waits for bytes of the network: a file's chunks, a manifest or a raw chunk. */
export function isAwaited(
  { fetcher, objectFetcher }: {
    readonly fetcher: Pick<ChunkFetcher, "activeCount">;
    readonly objectFetcher: Pick<ObjectFetcher, "activeCount">;
  },
): boolean {
  return fetcher.activeCount > 0 || objectFetcher.activeCount > 0;
}

/** Buffers of 1 MiB kept between chunks: one reader's chunks ahead and some being stored, and
 * objects on their way, as small as they may turn out. */
const CHUNK_BUFFERS_IDLE_MAX = 16;

/** Builds them; nothing is read or sent before the first caller. */
export function openContentServices(needs: ContentNeeds): ContentServices {
  const { ports: { clock, localFiles }, store } = needs;
  const buffers = new BufferPool(CHUNK_BYTES, CHUNK_BUFFERS_IDLE_MAX);
  const pieces = new PieceBuffers(buffers);
  const fetcher = openFetcher(needs, buffers);
  const objectFetcher = openObjectFetcher(needs, buffers);
  const guard = new CollisionGuard((id) =>
    needs.ports.logger.log("error", "sha1_collision", { id: toHex(id) })
  );
  const objects = openObjects(needs, objectFetcher, guard);
  return {
    fetcher,
    objectFetcher,
    objects,
    reader: new FileReader(store, fetcher, clock, pieces),
    chunks: new ChunkOpener(store, objects, clock, pieces, guard),
    guard,
    resolver: new ObjectResolver(
      (id, proof, read, listedBy) => objects.manifest(id, proof, read, listedBy),
      needs.gate,
    ),
    prover: new FileProver(),
    publisher: new PublishService(localFiles, store, needs.publications, needs.dataDir),
    uploads: openUploads(needs),
    puller: openPuller(needs, buffers, guard),
  };
}

function openFetcher(
  { ports: { clock }, store, health, peers, wake }: ContentNeeds,
  buffers: BufferPool,
): ChunkFetcher {
  const { transport, requests, holders, holdings, judge } = peers;
  return new ChunkFetcher({
    transport,
    requests,
    holders,
    holdings,
    buffers,
    now: clock.now.bind(clock),
    wake,
    hooks: {
      async keep(chunk, bytes) {
        try {
          const { id, sliceHashes } = chunk;
          const alias = manifestAlias(bytes); // any file may list a manifest as its chunk
          await store.put(id, bytes, { pinned: false, sliceHashes, ...(alias && { alias }) });
          return true;
        } catch (error) {
          health.noteUnkept(chunk.id, error);
          return false;
        }
      },
      suspect: (connection, chunk, slice) => judge.suspect(connection, chunk.id, slice),
      convict: (suspect) => judge.convict(suspect),
    },
  });
}

function openObjectFetcher(
  { ports: { clock }, peers, wake }: ContentNeeds,
  buffers: BufferPool,
): ObjectFetcher {
  const { transport, requests, holders } = peers;
  return new ObjectFetcher({
    transport,
    requests,
    holders,
    buffers,
    clock,
    wake,
    blame: blameOf(peers),
  });
}

function openPuller(
  { ports: { clock }, peers, wake }: ContentNeeds,
  buffers: BufferPool,
  guard: CollisionGuard,
): OfferPuller {
  const { transport, freeRequests: requests } = peers;
  return new OfferPuller({
    transport,
    requests,
    buffers,
    clock,
    guard,
    wake,
    blame: blameOf(peers),
  });
}

/** Who sends a whole object that is not what it was asked for is convicted by its own bytes. */
function blameOf({ judge }: PeerServices) {
  return (connection: ConnectionHandle, id: Uint8Array): void => {
    const guilty = judge.suspect(connection, id);
    if (guilty !== undefined) judge.convict(guilty);
  };
}

function openObjects(
  { ports: { clock }, store, gate, health, peers: { announcer } }: ContentNeeds,
  objectFetcher: ObjectFetcher,
  guard: CollisionGuard,
): ObjectSource {
  return new ObjectSource(store, objectFetcher, clock, guard, {
    onKept(id, alias) {
      const isAlone = alias === undefined;
      announcer.add(isAlone ? [id] : [alias, id], { isPartial: true, isAlone });
    },
    onKeepFailed: (id, error) => health.noteUnkept(id, error),
  }, gate);
}

function openUploads({ ports: { clock }, store, peers, wake }: ContentNeeds): UploadService {
  return new UploadService(
    peers.transport,
    {
      lengthOf: (id) => store.lengthOf(id as ChunkId),
      isAlias: (id) => store.isAlias(id as ChunkId),
      isOffered: (id, bytes, payer, now) =>
        bytes === 0 || store.isKept(id as ChunkId) ||
        peers.market.offer.isServed(id, bytes, payer, now),
      readNow: (id, offset, into) => store.readNow({ id: id as ChunkId }, offset, into),
      read: (id, offset, into) => store.read(id as ChunkId, offset, into),
    },
    clock.now.bind(clock),
    wake,
    new OfferTill(peers.offers, peers.market.selling),
  );
}
