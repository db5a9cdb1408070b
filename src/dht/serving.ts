import { commonPrefixLength, type Instant, type PublicKey } from "../lib/mod.ts";
import {
  type Contact,
  contactBytes,
  decodeEndpoint,
  encodeEndpoint,
  GET_PROVIDERS_ANNOUNCE,
  GET_PROVIDERS_WANT_NODES,
  type Message,
  type MessageOfType,
  PROVIDER_KIND,
  providerBytes,
  type ProviderRecord,
  PROVIDERS_MAX,
  REPLY_BYTES_MAX,
} from "../wire/mod.ts";
import { isUsable } from "./address_policy.ts";
import { AnswerRoom } from "./answer_room.ts";
import type { DhtContext } from "./context.ts";
import type { DhtPeer } from "./events.ts";
import { nearestContacts } from "./nearest_contacts.ts";
import { RecordServing } from "./record_serving.ts";
import { bitsOutsideRegion } from "./region.ts";

/** Array head, number, request id and the heads of all other fields of a PROVIDERS. */
const PROVIDERS_HEAD_BYTES = 40;
/** Contacts that come before any provider in an answer: the lookup must go on. */
const CONTACTS_FIRST = 8;

type Listing = Pick<MessageOfType<"ANNOUNCE">, "ttl" | "kind" | "recordFlags" | "source">;

/** Answers what other nodes ask. Each answer but RECORD is a message of at most REPLY_BYTES_MAX. */
export class Serving {
  readonly #context: DhtContext;
  readonly #signedRecords: RecordServing;
  /** Whether we hold the bytes of a key ourselves. */
  readonly #isHeld: (key: Uint8Array) => boolean;
  /** Whether the operator denies the key. */
  readonly #isDenied: (key: Uint8Array) => boolean;
  /** Our load in 1/255, as PONG tells it. */
  load = 0;

  constructor(
    context: DhtContext,
    isHeld: (key: Uint8Array) => boolean,
    isDenied: (key: Uint8Array) => boolean,
    isNameDenied: (publicKey: PublicKey) => boolean,
  ) {
    this.#context = context;
    this.#signedRecords = new RecordServing(context, isNameDenied);
    this.#isHeld = isHeld;
    this.#isDenied = isDenied;
  }

  /** The answer to a request; undefined if `message` is none that the DHT answers. */
  answer(
    from: DhtPeer,
    message: Message,
    now: Instant,
    isUnproven = false,
  ): Message | undefined {
    const { requestId } = message;
    switch (message.type) {
      case "PING":
        return {
          type: "PONG",
          requestId,
          seq: message.seq,
          recordSeq: 0,
          load: this.load,
          observed: encodeEndpoint(from.address),
        };
      case "FIND_NODE": {
        const contacts = nearestContacts(this.#context, message.target, from, message.want);
        return { type: "NODES", requestId, contacts };
      }
      case "GET_PROVIDERS":
        return this.#providers(from, message, now);
      case "ANNOUNCE":
        return this.#announced(from, message, now);
      case "GET_RECORD":
        return this.#signedRecords.record(from, message, now, isUnproven);
      case "PUT_RECORD":
        return this.#signedRecords.putResult(from, message, now);
      default:
        return undefined;
    }
  }

  #announced(from: DhtPeer, message: MessageOfType<"ANNOUNCE">, now: Instant): Message {
    const stored = new Uint8Array(Math.ceil(message.keys.length / 8));
    let ttl = 0;
    message.keys.forEach((key, i) => {
      const kept = this.#store(key, from, message, now);
      ttl = Math.max(ttl, kept);
      if (kept > 0) stored[i >> 3] = (stored[i >> 3] ?? 0) | 1 << (i & 7);
    });
    return { type: "ANNOUNCED", requestId: message.requestId, ttl, stored };
  }

  /** @returns seconds the record will be kept; 0 = refused. */
  #store(key: Uint8Array, from: DhtPeer, listing: Listing, now: Instant): number {
    const { records, identities } = this.#context;
    if (this.#isDenied(key)) return 0;
    const standing = identities.standing(from);
    const factor = typeof standing === "string" ? 0 : commonPrefixLength(standing, key);
    const announcer = {
      publicKey: from.publicKey,
      sessionAddress: from.address,
      isListedByAddress: this.#believes(from, listing),
      rank: from.rank,
    };
    const bitsOutside = bitsOutsideRegion(this.#context, key);
    // The farther out, the more keys pass by, and the more often a key has to be asked for to be
    // worth its place.
    const passingTtl = this.#context.config.passingTtlSeconds / 2 ** (bitsOutside - 1);
    const isPassing = bitsOutside > 0;
    const ttl = isPassing ? Math.min(listing.ttl, Math.floor(passingTtl)) : listing.ttl;
    const terms = { ttl, flags: listing.recordFlags, factor, isPassing };
    if (records.store(key, announcer, terms, now)) return records.clampTtl(terms.ttl);
    this.#context.stats.recordsRefused++;
    return 0;
  }

  /** A node is listed by address only if that is where its session comes from: nobody can have
   * others sent to a third party. */
  #believes(from: DhtPeer, listing: Listing): boolean {
    if (listing.kind !== PROVIDER_KIND.ipv4 && listing.kind !== PROVIDER_KIND.ipv6) return false;
    if (!isUsable(from.address, this.#context.config.table)) return false;
    if (listing.source.length === 0) return true;
    const told = decodeEndpoint(listing.source);
    return told?.ip === from.address.ip && told.port === from.address.port;
  }

  #providers(from: DhtPeer, message: MessageOfType<"GET_PROVIDERS">, now: Instant): Message {
    const { requestId, key, flags, page: token } = message;
    const isAnnounce = (flags & GET_PROVIDERS_ANNOUNCE) !== 0;
    const ttl = isAnnounce ? this.#store(key, from, message, now) : 0;
    const nearest = (flags & GET_PROVIDERS_WANT_NODES) === 0
      ? []
      : nearestContacts(this.#context, key, from);
    const room = new AnswerRoom(REPLY_BYTES_MAX - PROVIDERS_HEAD_BYTES);
    const contacts: Contact[] = room.fill(nearest.slice(0, CONTACTS_FIRST), contactBytes);
    // A denied key looks like one that nobody has told us of.
    const isDenied = this.#isDenied(key);
    const max = isDenied ? 0 : Math.min(message.max, PROVIDERS_MAX);
    const own = token === 0 && max > 0 && this.#isHeld(key) ? [this.#ownRecord(key, now)] : [];
    const placed = room.fill(own, providerBytes);
    const { records, page, count } = this.#sample(key, max - placed.length, token, from, now, room);
    contacts.push(...room.fill(nearest.slice(CONTACTS_FIRST), contactBytes));
    return {
      type: "PROVIDERS",
      requestId,
      providers: [...placed, ...records],
      estimate: isDenied ? 0 : count + own.length,
      contacts,
      page,
      ttl,
    };
  }

  /** As many records as fit; the page token is for what follows them. */
  #sample(
    key: Uint8Array,
    max: number,
    token: number,
    from: DhtPeer,
    now: Instant,
    room: AnswerRoom,
  ): { records: ProviderRecord[]; page: number; count: number } {
    const found = this.#context.records.sample(key, max, token, now, from.publicKey);
    const records = found.records.map(({ publicKey, address, flags, factor, expires }) => {
      return { publicKey, address, flags, factor, expiresAt: this.#context.unixSeconds(expires) };
    });
    const fitting = room.fill(records, providerBytes);
    return { records: fitting, page: found.pageAfter(fitting.length), count: found.count };
  }

  #ownRecord(key: Uint8Array, now: Instant): ProviderRecord {
    const { self, config } = this.#context;
    return {
      publicKey: self.publicKey,
      address: undefined, // the asker knows it: that is where it sent the question
      flags: 0,
      factor: commonPrefixLength(self.nodeId, key),
      expiresAt: this.#context.unixSeconds(now) + config.providerTtlSeconds,
    };
  }
}
