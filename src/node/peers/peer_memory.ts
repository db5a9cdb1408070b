import type { KnownNode } from "../../dht/mod.ts";
import { BoundedMap, type NodeId, type PublicKey, toHex } from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import type { PeerStore } from "../../store/mod.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";
import type { ContactMemory } from "./bootstrap.ts";
import type { VerifiedWork } from "./dht_service.ts";

/** Contacts asked for at a start (protocol.md §3.4: one live of 64 suffices). */
const CONTACTS_LOADED_MAX = 64;
/** Places kept at hand: as many as sessions, so that no lookup waits for the database. */
const PLACES_AT_HAND_MAX = 16_384;

interface Place {
  readonly idNonce: bigint;
  readonly nodeId: NodeId;
}

/** What a node remembers of others between two runs: contacts, and NodeIds that were checked. */
export class PeerMemory implements ContactMemory, VerifiedWork {
  readonly #peers: PeerStore;
  readonly #rows: Pick<ChunkStore, "writeRows">;
  readonly #clock: Clock;
  readonly #places = new BoundedMap<string, Place>(PLACES_AT_HAND_MAX);

  /** @param rows when the index database may be written. */
  constructor(peers: PeerStore, rows: Pick<ChunkStore, "writeRows">, clock: Clock) {
    this.#peers = peers;
    this.#rows = rows;
    this.#clock = clock;
  }

  load(): readonly KnownNode[] {
    return this.#peers.contacts(CONTACTS_LOADED_MAX);
  }

  async save(contacts: readonly KnownNode[]): Promise<void> {
    const seenMs = this.#clock.unixMs();
    const rows = contacts.map((contact) => ({ ...contact, seenMs }));
    await this.#rows.writeRows(() => this.#peers.saveContacts(rows));
  }

  /** A key whose claim names another nonce than the one checked has to be checked again. */
  nodeIdOf(publicKey: Uint8Array, idNonce: bigint): NodeId | undefined {
    const atHand = this.#places.get(toHex(publicKey));
    if (atHand?.idNonce === idNonce) return atHand.nodeId;
    const proven = this.#peers.provenWork(publicKey as PublicKey);
    return proven?.idNonce === idNonce ? proven.nodeId : undefined;
  }

  async remember(publicKey: Uint8Array, idNonce: bigint, nodeId: NodeId): Promise<void> {
    this.#places.set(toHex(publicKey), { idNonce, nodeId });
    const key = publicKey as PublicKey;
    const work = { publicKey: key, nodeId, idNonce, rankNonce: undefined, rank: 0 };
    const nowMs = this.#clock.unixMs();
    await this.#rows.writeRows(() => this.#peers.saveProvenWork(work, nowMs));
  }
}
