import { after, assert, earliest, type Instant, toHex } from "../lib/mod.ts";
import type { Contact, Message } from "../wire/mod.ts";
import type { DhtContext } from "./context.ts";
import { prefix32 } from "./distance.ts";
import type { DhtPeer, DhtTarget, KnownNode, LookupId, LookupOutcome } from "./events.ts";
import { HearsayLimits } from "./hearsay_limits.ts";
import type { Claim } from "./identities.ts";
import { Lookup, type LookupReason } from "./lookup.ts";
import type { PendingRequest } from "./requests.ts";
import { surroundings } from "./region.ts";
import type { Search, SearchRun } from "./search.ts";
import type { Candidate, Lead } from "./shortlist.ts";

export interface LookupSpec {
  readonly target: Uint8Array;
  /** What is asked on the way there. */
  readonly search: Search;
  readonly width: number;
  readonly timeoutMs: number;
  /** Nodes to begin with beside the routing table's. */
  readonly seeds: readonly (DhtTarget | KnownNode)[];
  readonly onFinished: (run: FinishedLookup, now: Instant) => void;
}

export interface FinishedLookup {
  readonly id: LookupId;
  readonly outcome: LookupOutcome;
  /** Whether a node, by hex key, answered. */
  readonly hasAnswered: (key: string) => boolean;
}

interface Run extends SearchRun {
  readonly spec: LookupSpec;
  readonly deadline: Instant;
  readonly hearsay: HearsayLimits;
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
      lookup: new Lookup(
        spec.target,
        { ...config.lookup, width: spec.width },
        surroundings(this.#context, spec.width),
      ),
      deadline: after(now, spec.timeoutMs),
      hearsay: new HearsayLimits(config.table),
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
    if ("contacts" in message) {
      const candidate = run.lookup.handleAnswer(key, from.idNonce, now);
      if (candidate !== undefined) {
        this.#addContacts(run, message.contacts, candidate, now);
        run.spec.search.handleAnswer(run, from, message, now);
      }
    } else {
      run.lookup.handleFailure(key);
    }
    this.#advance(run, now);
  }

  /** The first bits of a node's id as others told them for the claim that it makes itself. */
  toldPrefix(id: LookupId, from: DhtPeer, key: string): number | undefined {
    const told = this.#active.get(id)?.lookup.get(key)?.told;
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
    if (this.#active.size === 0) return; // then none waits either
    for (const run of [...this.#active.values(), ...this.#waiting.values()]) {
      if (run.deadline <= now) this.#finish(run, "timed_out", now);
    }
  }

  nextTimeout(): Instant | undefined {
    if (this.#active.size === 0) return undefined;
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
    run.spec.search.begin(run, now);
    this.#advance(run, now);
  }

  /** Asks whom it may ask, checks what must be checked, and ends the lookup when it is over. */
  #advance(run: Run, now: Instant): void {
    if (!this.#active.has(run.id)) return;
    if (run.spec.search.isEnough) return this.#finish(run, "enough", now);
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
      const candidate = run.lookup.next(now, run.spec.search.answersWanted);
      if (candidate === undefined) return;
      const owner = { kind: "lookup", id: run.id } as const;
      const question = run.spec.search.question(run, candidate);
      this.#context.ask(question, candidate, owner, now, candidate.key);
    }
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
      if (run.lookup.isPast(contact.publicKey, contact.idPrefix)) continue;
      const known = table.find(contact.publicKey, contact.idPrefix);
      if (known !== undefined) {
        run.lookup.add(asLead(known, known.key), teller.hop + 1);
        continue;
      }
      const key = toHex(contact.publicKey);
      if (!this.#context.isWelcome(contact, key, now)) continue;
      const standing = identities.standing(contact, contact.idPrefix, key);
      if (standing === "false") {
        this.#context.blameTellers([teller.key], now);
        if (identities.isBanned(teller.key, now)) return;
        continue;
      }
      const isKnown = run.lookup.get(key) !== undefined;
      if (!isKnown && !run.hearsay.admit(contact.address)) continue;
      const nodeId = standing === "unknown" ? undefined : standing;
      const { publicKey, address, idNonce, idPrefix } = contact;
      const lead = { key, publicKey, address, idNonce, idPrefix, nodeId };
      run.lookup.add(lead, teller.hop + 1, teller.key);
    }
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
    const closest = lookup.closest().map(asKnownNode);
    if (reason === "converged") {
      this.#context.size.note(lookup.target, closest.map(({ nodeId }) => nodeId), now);
    }
    const outcome: LookupOutcome = {
      reason,
      closest,
      rounds,
      asked: lookup.queries,
      answered: lookup.answered,
    };
    const hasAnswered = (key: string) => lookup.get(key)?.state === "answered";
    run.spec.onFinished({ id: run.id, outcome, hasAnswered }, now);
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
