import { commonPrefixLength, type Instant, type NodeId, toHex } from "../lib/mod.ts";
import {
  GET_PROVIDERS_ANNOUNCE,
  GET_PROVIDERS_WANT_NODES,
  type Message,
  type ProviderRecord,
  PROVIDERS_MAX,
} from "../wire/mod.ts";
import type { DhtContext, Question } from "./context.ts";
import { compareDistance } from "./distance.ts";
import type { DhtPeer, DhtTarget, FoundProvider, LookupId } from "./events.ts";
import { FoundProviders } from "./found_providers.ts";
import { listingFields, type ListingTerms } from "./listing.ts";
import { regionBits } from "./region.ts";
import type { Search, SearchRun } from "./search.ts";
import type { Candidate } from "./shortlist.ts";

export interface ProviderSearchOptions {
  /** List us too, at the nodes that are near enough to keep the record. */
  readonly listing: ListingTerms | undefined;
  /** Enough at so many with an address; undefined = do not look for any. */
  readonly wanted: number | undefined;
  readonly onFound: (providers: readonly FoundProvider[], id: LookupId) => void;
}

/** Providers that one answer adds at most to those that are wanted: a third of 24, so that three
 * nodes have to tell. */
const COUNTED_PER_ANSWER_MAX = 8;

/** Searches who has the bytes of a key, and lists us with them in the same message (S0-08). */
export class ProviderSearch implements Search {
  readonly #context: DhtContext;
  readonly #options: ProviderSearchOptions;
  readonly #found = new FoundProviders();
  /** Hex keys of providers that count for `wanted`. */
  readonly #counted = new Set<string>();
  /** The nearest node before the key's region that answered and knew of nobody. */
  #ignorant: Candidate | undefined;
  /** Storing nodes in a row that told of providers that we know, and of no new one. */
  #agreeing = 0;
  /** Hex keys of nodes that confirmed the listing. */
  readonly listedAt = new Set<string>();

  constructor(context: DhtContext, options: ProviderSearchOptions) {
    this.#context = context;
    this.#options = options;
  }

  get isEnough(): boolean {
    const { wanted } = this.#options;
    if (wanted === undefined) return false;
    return this.#counted.size >= wanted ||
      this.#agreeing >= this.#context.config.providerAgreement;
  }

  /** Whoever waits has the first provider by then: what is saved is what the rest would cost. */
  get answersWanted(): number {
    if (this.#options.wanted === undefined || this.#found.dialable === 0) return Infinity;
    return this.#context.config.providerAgreement - this.#agreeing;
  }

  /** Once providers are found: who on the way could have told of them, had it known. */
  get ignorant(): DhtTarget | undefined {
    return this.#found.dialable > 0 ? this.#ignorant : undefined;
  }

  /** What others have told us about the key before anybody is asked. */
  begin(run: SearchRun, now: Instant): void {
    if (this.#options.wanted === undefined) return;
    const { records } = this.#context;
    const own = records.sample(run.lookup.target, PROVIDERS_MAX, 0, now).records;
    const told = own.map(({ expires, ...record }) => ({
      ...record,
      expiresAt: this.#context.unixSeconds(expires),
    }));
    if (told.length === 0) return;
    this.#add(run, told, undefined);
    if (this.#isStoredAt(this.#context.self.nodeId, run)) this.#count(told);
  }

  question(run: SearchRun, candidate: Candidate): Question {
    const { listing, wanted } = this.#options;
    const isListing = listing !== undefined && this.#isNear(run, candidate);
    return {
      type: "GET_PROVIDERS",
      key: run.lookup.target,
      max: wanted === undefined ? 0 : PROVIDERS_MAX,
      flags: GET_PROVIDERS_WANT_NODES | (isListing ? GET_PROVIDERS_ANNOUNCE : 0),
      page: 0,
      ...listingFields(isListing ? listing : undefined),
    };
  }

  handleAnswer(run: SearchRun, from: DhtPeer, message: Message): void {
    if (message.type !== "PROVIDERS") return;
    if (message.ttl > 0) this.listedAt.add(toHex(from.publicKey));
    const isNews = this.#add(run, message.providers, from);
    const isStoring = this.#isStoring(run, from);
    if (isStoring) this.#count(message.providers);
    else if (message.providers.length === 0) this.#noteIgnorant(run, from);
    if (isNews) {
      this.#agreeing = 0;
    } else if (isStoring) {
      if (this.#found.dialable > 0 && this.#hasOthers(message.providers)) this.#agreeing++;
      else if (this.#found.size === 0) run.lookup.hasten(); // probably nobody has it
    }
  }

  /** What a storing node told counts, a share of it: whoever lists 24 nodes of his own with those
   * that are asked on the way, or is asked himself, must not end the lookup before the key's region
   * is reached. */
  #count(records: readonly ProviderRecord[]): void {
    let room = COUNTED_PER_ANSWER_MAX;
    for (const { publicKey } of records) {
      const key = toHex(publicKey);
      if (room === 0) break;
      if (this.#counted.has(key) || !this.#found.isDialable(key)) continue;
      this.#counted.add(key);
      room--;
    }
  }

  #noteIgnorant({ lookup }: SearchRun, from: DhtPeer): void {
    const candidate = lookup.get(toHex(from.publicKey));
    const id = candidate?.id;
    if (candidate === undefined || id === undefined) return;
    const best = this.#ignorant?.id;
    if (best !== undefined && compareDistance(lookup.target, best, id) <= 0) return;
    this.#ignorant = candidate;
  }

  /** Whether anybody but us is among them: that we have it ends no search for others. */
  #hasOthers(records: readonly ProviderRecord[]): boolean {
    return records.some(({ publicKey }) => toHex(publicKey) !== this.#context.selfKey);
  }

  /** Whether a node is one that keeps records of the key for their full time. */
  #isStoring(run: SearchRun, node: DhtPeer): boolean {
    const id = run.lookup.get(toHex(node.publicKey))?.id;
    return id !== undefined && this.#isStoredAt(id, run);
  }

  #isStoredAt(id: NodeId, { lookup }: SearchRun): boolean {
    return commonPrefixLength(id, lookup.target) >= regionBits(this.#context);
  }

  /** Whether a node is probably among the k nearest to the key: none of those known now is nearer
   * than it but k - 1, and it is as near as k of so many nodes are. */
  #isNear(run: SearchRun, candidate: Candidate): boolean {
    const { k } = this.#context.config;
    if (candidate.id === undefined || run.lookup.rank(candidate) >= k) return false;
    return this.#isStoredAt(candidate.id, run);
  }

  /** @returns whether there was anything new. */
  #add(run: SearchRun, records: readonly ProviderRecord[], from: DhtPeer | undefined): boolean {
    const { selfKey, config, table } = this.#context;
    const teller = from === undefined ? undefined : toHex(from.publicKey);
    const addressOf = (key: string) =>
      key === teller ? from?.address : table.get(key)?.address ?? run.lookup.get(key)?.address;
    const others = records.filter((record) => toHex(record.publicKey) !== selfKey);
    const news = this.#found.add(others, config.table, addressOf);
    if (news.length > 0) this.#options.onFound(news, run.id);
    return news.length > 0;
  }
}
