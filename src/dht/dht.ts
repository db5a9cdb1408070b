import {
  type Core,
  earliest,
  type Instant,
  type PublicKey,
  type Random,
  toHex,
} from "../lib/mod.ts";
import type { Verified } from "../records/mod.ts";
import { decodeEndpoint, type Message } from "../wire/mod.ts";
import { Announcements } from "./announcements.ts";
import { type DhtConfig, dhtConfig } from "./config.ts";
import { asKnown, DhtContext, type DhtIdentity, type RequestOwner } from "./context.ts";
import type {
  AnnounceId,
  DhtEffect,
  DhtInput,
  DhtPeer,
  DhtTarget,
  KnownNode,
  LookupId,
  PutId,
} from "./events.ts";
import type { ListingTerms } from "./listing.ts";
import { Lookups, type LookupSpec } from "./lookups.ts";
import { Maintenance } from "./maintenance.ts";
import { Membership } from "./membership.ts";
import { nearestKnown } from "./nearest_contacts.ts";
import { PathCopies } from "./path_copies.ts";
import { ProviderArchive } from "./provider_archive.ts";
import { ProviderSearch } from "./provider_search.ts";
import { RecordPuts } from "./record_puts.ts";
import { RecordSearch } from "./record_search.ts";
import type { PendingRequest } from "./requests.ts";
import { NodeSearch, type Search } from "./search.ts";
import { Serving } from "./serving.ts";

export interface DhtOptions {
  /** Our own key, place and claim. */
  readonly self: DhtIdentity;
  readonly random: Random;
  /** Default: dhtConfig(false), the rules of network main. */
  readonly config?: DhtConfig;
  /** Whether this node holds the bytes of a key, synchronously (the store's index): it then names
   * itself to whoever asks for providers, so that a neighbour finds it though no record has been
   * announced yet. Default: never. */
  readonly isHeld?: (key: Uint8Array) => boolean;
  /** Whether the operator denies a key: nobody is told of its providers, and none is listed.
   * Default: never. */
  readonly isDenied?: (key: Uint8Array) => boolean;
  /** Whether the operator denies a name: no value that its key signed is kept or handed out.
   * Default: never. */
  readonly isNameDenied?: (publicKey: PublicKey) => boolean;
}

export interface FindOptions {
  readonly timeoutMs?: number;
}

export interface FindProvidersOptions extends FindOptions {
  /** End as "enough" once so many with an address are found. */
  readonly providersWanted?: number;
  /** List us as a provider in the very messages that look the others up (S0-08). */
  readonly listing?: ListingTerms;
}

export interface FindRecordOptions extends FindOptions {
  /** What the caller knows already: only better is asked for, and it is the answer if there is
   * none. */
  readonly known?: Verified | undefined;
}

/** Which reply settles which question. */
const REPLY_TO: Readonly<Record<string, string>> = {
  PING: "PONG",
  FIND_NODE: "NODES",
  GET_PROVIDERS: "PROVIDERS",
  ANNOUNCE: "ANNOUNCED",
  GET_RECORD: "RECORD",
  PUT_RECORD: "PUT_RESULT",
};

/** The Kademlia core. See mod.ts for how to drive it. */
export class Dht implements Core<DhtInput, DhtEffect> {
  readonly #context: DhtContext;
  readonly #serving: Serving;
  readonly #membership: Membership;
  readonly #lookups: Lookups;
  readonly #copies: PathCopies;
  readonly #announcements: Announcements;
  readonly #puts: RecordPuts;
  readonly #maintenance: Maintenance;
  /** Others' provider records, for the disk. */
  readonly archive: ProviderArchive;

  constructor(options: DhtOptions) {
    const config = options.config ?? dhtConfig(false);
    this.#context = new DhtContext(options.self, config, options.random);
    this.#serving = new Serving(
      this.#context,
      options.isHeld ?? (() => false),
      options.isDenied ?? (() => false),
      options.isNameDenied ?? (() => false),
    );
    this.#membership = new Membership(this.#context);
    this.#lookups = new Lookups(this.#context);
    this.#copies = new PathCopies(this.#context);
    this.#announcements = new Announcements(this.#context, this.#lookups, this.#copies);
    this.#puts = new RecordPuts(this.#context, this.#lookups);
    this.#maintenance = new Maintenance(this.#context, this.#lookups);
    this.archive = new ProviderArchive(this.#context);
  }

  // Commands

  /** Starts housekeeping and the lookup of our own id, beginning at the seeds (key and address, as
   * a node URI gives them) and at nodes known from the last run. Effect `joined` follows. */
  join(seeds: readonly DhtTarget[], known: readonly KnownNode[], now: Instant): void {
    for (const node of known) this.#context.identities.settle(node, node.nodeId);
    this.#maintenance.join(seeds, known, now);
    this.#finishTurn(now);
  }

  /** Finds the k nodes nearest to `target`. @returns undefined if too many lookups wait already. */
  findNodes(target: Uint8Array, now: Instant, options: FindOptions = {}): LookupId | undefined {
    const search = new NodeSearch(this.#context.config.want);
    return this.#find(
      target,
      search,
      options,
      now,
      ({ id: lookupId, outcome }) =>
        this.#context.emit({ kind: "lookup_finished", lookupId, outcome }),
    );
  }

  /** Finds who has the bytes of `key` (20 bytes). Providers are reported as they are found; an
   * outcome of converged or exhausted without any means that nobody who answers knows of one.
   * @returns undefined if too many lookups wait already. */
  findProviders(
    key: Uint8Array,
    now: Instant,
    options: FindProvidersOptions = {},
  ): LookupId | undefined {
    const search = new ProviderSearch(this.#context, {
      listing: options.listing,
      wanted: options.providersWanted ?? this.#context.config.providersWanted,
      onFound: (providers, lookupId) =>
        this.#context.emit({ kind: "providers_found", lookupId, providers }),
    });
    return this.#find(key, search, options, now, ({ id: lookupId, outcome }, at) => {
      if (search.ignorant !== undefined) this.#copies.note(key, search.ignorant, at);
      this.#context.emit({ kind: "lookup_finished", lookupId, outcome });
    });
  }

  /** Finds the newest signed record under `key` (20 bytes); effect `record_finished` follows.
   * @returns undefined if too many lookups wait already. */
  findRecord(
    key: Uint8Array,
    now: Instant,
    options: FindRecordOptions = {},
  ): LookupId | undefined {
    const agreeing = this.#context.config.recordAgreement;
    const search = new RecordSearch(this.#context, { known: options.known, agreeing });
    return this.#find(key, search, options, now, ({ id: lookupId, outcome }) => {
      const record = search.best;
      const count = search.agreeing;
      this.#context.emit({ kind: "record_finished", lookupId, outcome, record, agreeing: count });
    });
  }

  /** Has the nearest nodes store a record, and stores it here; effect `put_finished` follows.
   * @param cas only where this seq is stored, or nothing.
   * @returns undefined if too many are under way. */
  putRecord(record: Verified, now: Instant, cas?: bigint): PutId | undefined {
    const id = this.#puts.start(record, cas, now);
    this.#finishTurn(now);
    return id;
  }

  /** Ends a lookup; its `lookup_finished` says "cancelled". Unknown ids are ignored. */
  cancelLookup(id: LookupId, now: Instant): void {
    this.#lookups.cancel(id, now);
    this.#finishTurn(now);
  }

  /** Has the nearest nodes list us as a provider of `keys` (1 … announceKeysMax). Keys far from the
   * first one come back as `uncovered`: hand over neighbours, as AnnouncePlan does.
   * @returns undefined if too many are under way. */
  announce(
    keys: readonly Uint8Array[],
    now: Instant,
    listing: Partial<ListingTerms> = {},
  ): AnnounceId | undefined {
    const ttl = this.#context.config.providerTtlSeconds;
    const terms: ListingTerms = { ttl, as: "address", flags: 0, ...listing };
    const id = this.#announcements.start(keys, terms, now);
    this.#finishTurn(now);
    return id;
  }

  /** What PONG tells as our load, 0 … 255. */
  setLoad(load: number): void {
    this.#serving.load = Math.min(Math.max(Math.round(load), 0), 255);
  }

  // World → core

  handleInput(input: DhtInput, now: Instant): void {
    switch (input.kind) {
      case "message":
        this.#handleMessage(input.from, input.message, input.isUnproven ?? false, now);
        break;
      case "asker_proven":
        this.#membership.noteQuestion(input.from, now);
        break;
      case "unreachable":
        for (const request of this.#context.requests.abandon(toHex(input.publicKey))) {
          this.#fail(request, now);
        }
        break;
      case "work_verified":
        this.#context.identities.settle(input, input.nodeId);
        this.#membership.noteVerified(input, input.nodeId, now);
        this.#lookups.handleVerified(input, now);
        break;
      case "wall_clock":
        this.#context.wallOffsetMs = input.unixMs - now;
        break;
    }
    this.#finishTurn(now);
  }

  handleTimeout(now: Instant): void {
    for (const expiry of this.#context.requests.expire(now)) {
      if (expiry.kind === "failed") this.#fail(expiry.request, now);
      else this.#resend(expiry.request, now);
    }
    this.#lookups.handleTimeout(now);
    this.#maintenance.handleTimeout(now);
    this.#finishTurn(now);
  }

  nextTimeout(): Instant | undefined {
    return earliest(
      this.#context.requests.nextTimeout(),
      this.#lookups.nextTimeout(),
      this.#maintenance.nextTimeout(),
    );
  }

  // Core → world

  pollEffect(): DhtEffect | undefined {
    return this.#context.takeEffect();
  }

  // Getters

  /** Contacts in the routing table. */
  get contactCount(): number {
    return this.#context.table.size;
  }

  contacts = (): KnownNode[] => [...this.#context.table.contacts()].map(asKnown);

  /** The contacts nearest to `target` that are alive as far as we know, nearest first. */
  nearest = (target: Uint8Array, count: number): KnownNode[] =>
    nearestKnown(this.#context, target, count);

  /** What to store for the next start: ≤ 64 contacts. */
  remembered(): KnownNode[] {
    return this.#maintenance.remembered();
  }

  /** Smoothed round-trip time to a node, ms, as its answers were timed. */
  rttMs(publicKey: Uint8Array): number | undefined {
    return this.#context.requests.rttMs(toHex(publicKey));
  }

  /** True if we do not listen to this key (see peer_blamed). */
  isBanned(publicKey: Uint8Array, now: Instant): boolean {
    return this.#context.identities.isBanned(toHex(publicKey), now);
  }

  /** How many nodes there seem to be, this one included. */
  get networkSize(): number {
    return this.#context.size.estimate;
  }

  /** Counters since the start and sizes of the tables, for status and metrics. */
  stats() {
    const { stats, table, size, records, signedRecords, requests, identities } = this.#context;
    return {
      ...stats,
      contacts: table.size,
      buckets: table.bucketSizes(),
      networkSize: size.estimate,
      providerRecords: records.size,
      passingRecords: records.passing,
      providerKeys: records.keys,
      signedRecords: signedRecords.size,
      requestsInFlight: requests.inFlight,
      lookupsActive: this.#lookups.active,
      announcesActive: this.#announcements.active,
      checksPending: identities.pending,
    };
  }

  #find(
    target: Uint8Array,
    search: Search,
    options: FindOptions,
    now: Instant,
    onFinished: LookupSpec["onFinished"],
  ): LookupId | undefined {
    const { config } = this.#context;
    const id = this.#lookups.start({
      target,
      search,
      width: config.k,
      timeoutMs: options.timeoutMs ?? config.lookupTimeoutMs,
      seeds: [],
      onFinished,
    }, now);
    this.#finishTurn(now);
    return id;
  }

  #handleMessage(from: DhtPeer, message: Message, isUnproven: boolean, now: Instant): void {
    const key = toHex(from.publicKey);
    if (key === this.#context.selfKey || this.#context.identities.isBanned(key, now)) return;
    const reply = this.#serving.answer(from, message, now, isUnproven);
    if (reply === undefined) return this.#handleReply(from, key, message, now);
    this.#context.stats.requestsServed++;
    this.#context.emit({ kind: "reply", to: from, message: reply });
    if (!isUnproven) this.#membership.noteQuestion(from, now, key);
  }

  #handleReply(from: DhtPeer, key: string, message: Message, now: Instant): void {
    const { requests, stats } = this.#context;
    const request = requests.settle(message.requestId, key, now);
    if (request === undefined) {
      stats.repliesUnexpected++;
      return;
    }
    stats.repliesReceived++;
    const told = request.owner.kind === "lookup"
      ? this.#lookups.toldPrefix(request.owner.id, from, key)
      : undefined;
    this.#membership.noteAnswer(from, now, told, key);
    if (message.type === "PONG") this.#noteObserved(from, message.observed);
    const isAnswer = message.type === REPLY_TO[request.message.type];
    const { owner } = request;
    if (owner.kind === "announce") {
      this.#announcements.handleReply(owner, isAnswer ? message : undefined, now);
    } else if (owner.kind === "put") {
      this.#puts.handleReply(owner.id, message, now);
    } else if (owner.kind === "lookup") {
      if (isAnswer) this.#lookups.handleReply(owner.id, from, message, now);
      else this.#lookups.handleFailure(owner.id, request, now);
    }
  }

  #noteObserved(from: DhtPeer, observed: Uint8Array): void {
    const address = decodeEndpoint(observed);
    if (address === undefined) return;
    this.#context.emit({ kind: "address_observed", address, by: from.publicKey });
  }

  #resend(request: PendingRequest<RequestOwner>, now: Instant): void {
    this.#context.stats.requestsResent++;
    const { message, to } = request;
    this.#context.emit({ kind: "send", to, message });
    if (request.owner.kind === "lookup") {
      this.#lookups.handleSlow(request.owner.id, request, now);
    }
  }

  #fail(request: PendingRequest<RequestOwner>, now: Instant): void {
    this.#context.stats.requestsFailed++;
    this.#membership.noteFailure(request, now);
    const { owner } = request;
    if (owner.kind === "lookup") this.#lookups.handleFailure(owner.id, request, now);
    else if (owner.kind === "announce") this.#announcements.handleReply(owner, undefined, now);
    else if (owner.kind === "put") this.#puts.handleReply(owner.id, undefined, now);
  }

  /** What waited for room goes on; the parts learn of contacts that came and went. */
  #finishTurn(now: Instant): void {
    this.#lookups.advanceStarved(now);
    if (this.#announcements.active > 0) this.#announcements.advanceAll(now);
    if (this.#puts.active > 0) this.#puts.advanceAll(now);
    for (const news of this.#context.takeContactNews()) {
      if (news.kind === "contact_added") this.#maintenance.noteContact(now);
      else this.#maintenance.noteLoss(news.contact, now);
    }
  }
}
