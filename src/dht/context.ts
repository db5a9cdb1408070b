import { type Instant, type NodeId, type PublicKey, type Random } from "../lib/mod.ts";
import { asPublicKey, fromHex, toHex } from "../lib/mod.ts";
import type { Contact, Message } from "../wire/mod.ts";
import { isUsable } from "./address_policy.ts";
import type { DhtConfig } from "./config.ts";
import type {
  AnnounceId,
  BlameReason,
  DhtEffect,
  DhtTarget,
  KnownNode,
  LookupId,
  PutId,
} from "./events.ts";
import { Identities } from "./identities.ts";
import type { TableContact } from "./k_bucket.ts";
import { NetworkSize } from "./network_size.ts";
import { ProviderRecords } from "./provider_records.ts";
import { RecordTable } from "./record_table.ts";
import { Requests } from "./requests.ts";
import { RoutingTable } from "./routing_table.ts";
import { type DhtStats, freshStats } from "./stats.ts";

/** On whose behalf a request is under way. */
export type RequestOwner =
  | { readonly kind: "ping" }
  | { readonly kind: "copy" }
  | { readonly kind: "lookup"; readonly id: LookupId }
  | { readonly kind: "announce"; readonly id: AnnounceId; readonly keys: readonly number[] }
  | { readonly kind: "put"; readonly id: PutId };

/** A message still without its request id. */
export type Question = Message extends infer M
  ? M extends { readonly requestId: number } ? Omit<M, "requestId"> : never
  : never;

export interface DhtIdentity {
  readonly publicKey: PublicKey;
  readonly nodeId: NodeId;
  readonly idNonce: bigint;
  /** 4 bytes: what signatures are bound to. */
  readonly networkId: Uint8Array;
}

type ContactNews = Extract<DhtEffect, { readonly kind: "contact_added" | "contact_removed" }>;
const NO_NEWS: readonly ContactNews[] = [];

/** What the parts of one Dht share: state, dice and the queue of effects. */
export class DhtContext {
  readonly self: DhtIdentity;
  readonly selfKey: string;
  readonly config: DhtConfig;
  readonly random: Random;
  readonly table: RoutingTable;
  readonly size: NetworkSize;
  readonly records: ProviderRecords;
  readonly signedRecords: RecordTable;
  readonly requests: Requests<RequestOwner>;
  readonly identities: Identities;
  readonly stats: DhtStats = freshStats();
  readonly #effects: DhtEffect[] = [];
  #taken = 0;
  #contactNews: ContactNews[] = [];
  /** Wall clock minus monotonic clock, ms. */
  wallOffsetMs = 0;

  constructor(self: DhtIdentity, config: DhtConfig, random: Random) {
    this.self = self;
    this.selfKey = toHex(self.publicKey);
    this.config = config;
    this.random = random;
    this.table = new RoutingTable(self.nodeId, config.table);
    this.size = new NetworkSize(this.table, config.k);
    this.records = new ProviderRecords(config.records, random);
    this.signedRecords = new RecordTable(self.nodeId, config.signedRecords);
    this.requests = new Requests(config.requests, random);
    this.identities = new Identities(config.identities);
  }

  get networkId(): Uint8Array {
    return this.self.networkId;
  }

  emit(effect: DhtEffect): void {
    this.#effects.push(effect);
    if (effect.kind === "contact_added" || effect.kind === "contact_removed") {
      this.#contactNews.push(effect);
    }
  }

  /** The oldest effect not taken yet. */
  takeEffect(): DhtEffect | undefined {
    const effect = this.#effects[this.#taken];
    if (effect === undefined) return undefined;
    this.#taken++;
    if (this.#taken === this.#effects.length) {
      this.#effects.length = 0; // and not a new list: this runs for every message
      this.#taken = 0;
    }
    return effect;
  }

  /** Contacts that came or went since the last call, for the parts of the core that care. */
  takeContactNews(): readonly ContactNews[] {
    if (this.#contactNews.length === 0) return NO_NEWS;
    const news = this.#contactNews;
    this.#contactNews = [];
    return news;
  }

  /** Sends a question and enters it as a request. The caller has looked at requests.room.
   * @param key the node's, in hex, for callers that have it. */
  ask(
    question: Question,
    to: DhtTarget,
    owner: RequestOwner,
    now: Instant,
    key = toHex(to.publicKey),
  ): void {
    const message = { ...question, requestId: this.requests.freshId() } as Message;
    this.requests.start(message, to, owner, now, key);
    this.stats.requestsSent++;
    this.emit({ kind: "send", to: { publicKey: to.publicKey, address: to.address }, message });
  }

  /** Unix milliseconds of a monotonic instant. */
  unixMs(instant: Instant): number {
    return instant + this.wallOffsetMs;
  }

  /** Unix seconds of a monotonic instant, as a provider record tells them. */
  unixSeconds(instant: Instant): number {
    const seconds = Math.floor(this.unixMs(instant) / 1000);
    return Math.min(Math.max(seconds, 0), 2 ** 32 - 1);
  }

  /** Asks for a claim to be checked, if that is not under way. */
  check(publicKey: PublicKey, idNonce: bigint, purpose: "lookup" | "table", now: Instant): void {
    if (!this.identities.wantsCheck({ publicKey, idNonce }, now)) return;
    this.stats.checksAsked++;
    this.emit({ kind: "verify_work", publicKey, idNonce, purpose });
  }

  /** Counts a false claim against those who told it. */
  blameTellers(tellers: readonly string[], now: Instant): void {
    if (tellers.length > 0) this.stats.falseClaims++;
    for (const key of tellers) this.blame(key, "false_contacts", now);
  }

  /** Counts something false against the node, by hex key, that said it; too often, and it is not
   * listened to any more. */
  blame(key: string, reason: BlameReason, now: Instant): void {
    if (this.identities.blame(key, now)) this.#cutOff(key, reason);
  }

  /** A node's own claim is false: it has no place here. */
  ban(publicKey: PublicKey, now: Instant): void {
    const key = toHex(publicKey);
    if (this.identities.isBanned(key, now)) return;
    this.stats.falseClaims++;
    this.identities.ban(key, now);
    this.#cutOff(key, "false_claim");
  }

  #cutOff(key: string, reason: BlameReason): void {
    const contact = this.table.remove(key, undefined);
    const publicKey = contact?.publicKey ?? asPublicKey(fromHex(key) ?? new Uint8Array());
    this.stats.peersBlamed++;
    this.emit({ kind: "peer_blamed", publicKey, reason });
    if (contact !== undefined) this.emit({ kind: "contact_removed", contact: asKnown(contact) });
  }

  /** Whether others' word about a node is worth following: not us, dialable here, not banned. */
  isWelcome(contact: Contact, key: string, now: Instant): boolean {
    return key !== this.selfKey && isUsable(contact.address, this.config.table) &&
      !this.identities.isBanned(key, now);
  }
}

/** The part of a contact that others may keep. */
export function asKnown({ publicKey, address, nodeId, idNonce }: TableContact): KnownNode {
  return { publicKey, address, nodeId, idNonce };
}
