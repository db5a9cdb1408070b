import { after, assert, earliest, type Instant, toHex } from "../lib/mod.ts";
import {
  type Contact,
  GET_PROVIDERS_ANNOUNCE,
  GET_PROVIDERS_WANT_NODES,
  type Message,
  type ProviderRecord,
  PROVIDERS_MAX,
} from "../wire/mod.ts";
import type { DhtContext, Question } from "./context.ts";
import { commonPrefixLength, prefix32 } from "./distance.ts";
import type {
  DhtPeer,
  DhtTarget,
  FoundProvider,
  KnownNode,
  LookupId,
  LookupOutcome,
} from "./events.ts";
import type { Claim } from "./identities.ts";
import { FoundProviders } from "./found_providers.ts";
import { listingFields, type ListingTerms } from "./listing.ts";
import { Lookup, type LookupReason } from "./lookup.ts";
import { networkSize } from "./network_size.ts";
import type { PendingRequest } from "./requests.ts";
import type { Candidate, Lead } from "./shortlist.ts";

export interface LookupSpec {
  readonly target: Uint8Array;
  /** "nodes" asks FIND_NODE, "providers" asks GET_PROVIDERS. */
  readonly ask: "nodes" | "providers";
  /** With "providers": list us too, at the nodes that are near enough to keep the record. */
  readonly listing: ListingTerms | undefined;
  /** With "providers": end at so many with an address; undefined = do not look for any. */
  readonly providersWanted: number | undefined;
  readonly width: number;
  readonly timeoutMs: number;
  /** Nodes to begin with beside the routing table's. */
  readonly seeds: readonly (DhtTarget | KnownNode)[];
  readonly onProviders: (providers: readonly FoundProvider[], id: LookupId) => void;
  readonly onFinished: (run: FinishedLookup, now: Instant) => void;
}

export interface FinishedLookup {
  readonly id: LookupId;
  readonly outcome: LookupOutcome;
  /** Hex keys of nodes that confirmed the listing. */
  readonly listedAt: ReadonlySet<string>;
  /** Whether a node, by hex key, answered. */
  readonly hasAnswered: (key: string) => boolean;
}

interface Run {
  readonly id: LookupId;
  readonly spec: LookupSpec;
  readonly lookup: Lookup;
  readonly deadline: Instant;
  readonly providers: FoundProviders;
  readonly listedAt: Set<string>;
}

/** All lookups under way: turns shortlists into questions, answers into leads, and ends them.
 * BOUNDED: `lookupsMax` run, `lookupsWaitingMax` wait in order. */
export class Lookups {
  readonly #context: DhtContext;
  readonly #active = new Map<LookupId, Run>();
  readonly #waiting = new Map<LookupId, Run>();
  #nextId = 1;
  #isStarved = false;

  constructor(context: DhtContext) {
    this.#context = context;
  }

  get active(): number {
    return this.#active.size;
  }

  /** @returns undefined if too many wait already. A lookup with nobody to ask ends at once. */
  start(spec: LookupSpec, now: Instant): LookupId | undefined {
    const { config, stats } = this.#context;
    if (this.#waiting.size >= config.lookupsWaitingMax) return undefined;
    const id = this.#nextId++ as LookupId;
    const run: Run = {
      id,
      spec,
      lookup: new Lookup(spec.target, { ...config.lookup, width: spec.width }),
      deadline: after(now, spec.timeoutMs),
      providers: new FoundProviders(),
      listedAt: new Set(),
    };
    stats.lookupsStarted++;
    if (this.#active.size >= config.lookupsMax) this.#waiting.set(id, run);
    else this.#begin(run, now);
    return id;
  }

  cancel(id: LookupId, now: Instant): void {
    const run = this.#active.get(id) ?? this.#waiting.get(id);
    if (run !== undefined) this.#finish(run, "cancelled", now);
  }

  /** The answer to a question of ours; `message` is a reply of the right kind, or an ERROR. */
  handleReply(id: LookupId, from: DhtPeer, message: Message, now: Instant): void {
    const run = this.#active.get(id);
    if (run === undefined) return;
    const key = toHex(from.publicKey);
    if (message.type === "NODES" || message.type === "PROVIDERS") {
      const candidate = run.lookup.handleAnswer(key, from.idNonce, now);
      if (candidate !== undefined) {
        this.#addContacts(run, message.contacts, candidate, now);
        if (message.type === "PROVIDERS") {
          if (message.ttl > 0) run.listedAt.add(key);
          this.#addProviders(run, message.providers, from);
        }
      }
    } else {
      run.lookup.handleFailure(key);
    }
    this.#advance(run, now);
  }

  /** The first bits of a node's id as others told them for the claim that it makes itself. */
  toldPrefix(id: LookupId, from: DhtPeer): number | undefined {
    const told = this.#active.get(id)?.lookup.get(toHex(from.publicKey))?.told;
    return told?.idNonce === from.idNonce ? told.idPrefix : undefined;
  }

  handleSlow(id: LookupId, request: PendingRequest<unknown>, now: Instant): void {
    const run = this.#active.get(id);
    if (run === undefined) return;
    run.lookup.handleSlow(request.key);
    this.#advance(run, now);
  }

  handleFailure(id: LookupId, request: PendingRequest<unknown>, now: Instant): void {
    const run = this.#active.get(id);
    if (run === undefined) return;
    run.lookup.handleFailure(request.key);
    this.#advance(run, now);
  }

  /** A claim was checked: every lookup that has the node moves it or drops it. */
  handleVerified(claim: Claim, now: Instant): void {
    const key = toHex(claim.publicKey);
    for (const run of [...this.#active.values()]) {
      if (run.lookup.get(key) === undefined) continue;
      this.#applyStanding(run, claim, key, now);
      this.#advance(run, now);
    }
    // A place among the checks is free: whoever waited for one goes on.
    if (this.#isStarved) this.advanceAll(now);
  }

  /** Goes on where requests or checks had run out of room. */
  advanceStarved(now: Instant): void {
    if (this.#isStarved && this.#context.requests.room > 0) this.advanceAll(now);
  }

  advanceAll(now: Instant): void {
    this.#isStarved = false;
    for (const run of [...this.#active.values()]) this.#advance(run, now);
  }

  handleTimeout(now: Instant): void {
    for (const run of [...this.#active.values(), ...this.#waiting.values()]) {
      if (run.deadline <= now) this.#finish(run, "timed_out", now);
    }
  }

  nextTimeout(): Instant | undefined {
    let first: Instant | undefined;
    for (const { deadline } of this.#active.values()) first = earliest(first, deadline);
    for (const { deadline } of this.#waiting.values()) first = earliest(first, deadline);
    return first;
  }

  #begin(run: Run, now: Instant): void {
    const { table, identities } = this.#context;
    this.#active.set(run.id, run);
    table.markRefreshed(run.spec.target, now);
    for (const seed of run.spec.seeds) {
      const key = toHex(seed.publicKey);
      if (key === this.#context.selfKey || identities.isBanned(key, now)) continue;
      run.lookup.add(asLead(seed, key));
    }
    const { candidatesMax } = this.#context.config.lookup;
    const known = table.closest(run.spec.target, Math.min(2 * run.spec.width, candidatesMax));
    for (const contact of known) run.lookup.add(asLead(contact, contact.key));
    this.#addOwnRecords(run, now);
    this.#advance(run, now);
  }

  /** Asks whom it may ask, checks what must be checked, and ends the lookup when it is over. */
  #advance(run: Run, now: Instant): void {
    if (!this.#active.has(run.id)) return;
    const { providersWanted } = run.spec;
    if (providersWanted !== undefined && run.providers.dialable >= providersWanted) {
      return this.#finish(run, "enough", now);
    }
    do {
      this.#askMore(run, now);
    } while (this.#checkMore(run, now));
    const reason = run.lookup.outcome();
    if (reason !== undefined) this.#finish(run, reason, now);
  }

  #askMore(run: Run, now: Instant): void {
    const { requests } = this.#context;
    for (;;) {
      if (requests.room <= 0) {
        this.#isStarved = true;
        return;
      }
      const candidate = run.lookup.next(now);
      if (candidate === undefined) return;
      const owner = { kind: "lookup", id: run.id } as const;
      this.#context.ask(this.#question(run, candidate), candidate, owner, now);
    }
  }

  #question(run: Run, candidate: Candidate): Question {
    const { spec } = run;
    if (spec.ask === "nodes") {
      return { type: "FIND_NODE", target: spec.target, want: this.#context.config.want };
    }
    const { listing } = spec;
    const isListing = listing !== undefined && this.#isNear(run, candidate);
    return {
      type: "GET_PROVIDERS",
      key: spec.target,
      max: spec.providersWanted === undefined ? 0 : PROVIDERS_MAX,
      flags: GET_PROVIDERS_WANT_NODES | (isListing ? GET_PROVIDERS_ANNOUNCE : 0),
      page: 0,
      ...listingFields(isListing ? listing : undefined),
    };
  }

  /** Whether a node is probably among the k nearest to the key: none of those known now is nearer
   * than it but k - 1, and it is as near as k of so many nodes are. */
  #isNear(run: Run, candidate: Candidate): boolean {
    const { config, table } = this.#context;
    if (candidate.id === undefined || run.lookup.rank(candidate) >= config.k) return false;
    const depth = Math.floor(Math.log2(networkSize(table, config.k) / config.k));
    return commonPrefixLength(candidate.id, run.spec.target) >= depth;
  }

  /** @returns true if a candidate was given up or placed, so that another may be asked. */
  #checkMore(run: Run, now: Instant): boolean {
    let changed = false;
    for (const candidate of run.lookup.unverified()) {
      if (candidate.idNonce === undefined) continue;
      const claim = { publicKey: candidate.publicKey, idNonce: candidate.idNonce };
      if (this.#context.identities.standing(claim) !== "unknown") {
        this.#applyStanding(run, claim, candidate.key, now);
        changed = true;
      } else if (!this.#context.identities.isPending(claim)) {
        if (!this.#context.identities.hasRoom(now)) this.#isStarved = true;
        else if (!run.lookup.spendCheck(candidate)) changed = true;
        else this.#context.check(claim.publicKey, claim.idNonce, "lookup", now);
      }
    }
    return changed;
  }

  #applyStanding(run: Run, claim: Claim, key: string, now: Instant): void {
    const standing = this.#context.identities.standing(claim);
    if (standing === "unknown") return;
    const nodeId = standing === "false" ? undefined : standing;
    this.#context.blameTellers(run.lookup.handleVerified(claim, key, nodeId), now);
  }

  #addContacts(run: Run, contacts: readonly Contact[], teller: Candidate, now: Instant): void {
    const { identities, table } = this.#context;
    for (const contact of contacts) {
      const key = toHex(contact.publicKey);
      const known = table.get(key);
      if (known !== undefined) {
        run.lookup.add(asLead(known, key), teller.hop + 1);
        continue;
      }
      if (!this.#context.isWelcome(contact, key, now)) continue;
      const standing = identities.standing(contact, contact.idPrefix);
      if (standing === "false") {
        this.#context.blameTellers([teller.key], now);
        if (identities.isBanned(teller.key, now)) return;
        continue;
      }
      const nodeId = standing === "unknown" ? undefined : standing;
      run.lookup.add({ ...contact, key, nodeId }, teller.hop + 1, teller.key);
    }
  }

  /** What others have told us about the key before anybody is asked. */
  #addOwnRecords(run: Run, now: Instant): void {
    const { records } = this.#context;
    if (run.spec.providersWanted === undefined) return;
    const own = records.sample(run.spec.target, PROVIDERS_MAX, 0, now).records;
    const told = own.map(({ expires, ...record }) => ({
      ...record,
      expiresAt: this.#context.unixSeconds(expires),
    }));
    if (told.length > 0) this.#addProviders(run, told, undefined);
  }

  #addProviders(run: Run, records: readonly ProviderRecord[], from: DhtPeer | undefined): void {
    const { selfKey, config, table } = this.#context;
    const teller = from === undefined ? undefined : toHex(from.publicKey);
    const addressOf = (key: string) =>
      key === teller ? from?.address : table.get(key)?.address ?? run.lookup.get(key)?.address;
    const others = records.filter((record) => toHex(record.publicKey) !== selfKey);
    const news = run.providers.add(others, config.table, addressOf);
    if (news.length > 0) run.spec.onProviders(news, run.id);
  }

  #finish(run: Run, reason: LookupReason, now: Instant): void {
    const { stats, config } = this.#context;
    // Its questions stay in flight: their answers, or silence, still say who is alive.
    this.#active.delete(run.id);
    this.#waiting.delete(run.id);
    const { lookup } = run;
    const { rounds } = lookup;
    stats.lookupsFinished++;
    stats.lookupRounds += rounds.length;
    const outcome: LookupOutcome = {
      reason,
      closest: lookup.closest().map(asKnownNode),
      rounds,
      asked: lookup.queries,
      answered: lookup.answered,
      providers: run.providers.size,
    };
    const hasAnswered = (key: string) => lookup.get(key)?.state === "answered";
    run.spec.onFinished({ id: run.id, outcome, listedAt: run.listedAt, hasAnswered }, now);
    for (const next of this.#waiting.values()) {
      if (this.#active.size >= config.lookupsMax) break;
      this.#waiting.delete(next.id);
      this.#begin(next, now);
    }
  }
}

function asLead(node: DhtTarget | KnownNode, key: string): Lead {
  const { publicKey, address } = node;
  if (!("nodeId" in node)) {
    return { key, publicKey, address, idNonce: undefined, idPrefix: undefined, nodeId: undefined };
  }
  const { idNonce, nodeId } = node;
  return { key, publicKey, address, idNonce, idPrefix: prefix32(nodeId), nodeId };
}

function asKnownNode(candidate: Candidate): KnownNode {
  const { publicKey, address, idNonce, id } = candidate;
  assert(idNonce !== undefined && id !== undefined, "only verified candidates are results");
  return { publicKey, address, idNonce, nodeId: id };
}
