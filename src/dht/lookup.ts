import type { Instant, NodeId } from "../lib/mod.ts";
import { Circle, type Surroundings, UNKNOWN_SURROUNDINGS } from "./circle.ts";
import { prefix32 } from "./distance.ts";
import type { Claim } from "./identities.ts";
import { type Candidate, isOut, isWaiting, type Lead, Shortlist } from "./shortlist.ts";

export interface LookupConfig {
  /** How many of the nearest nodes have to answer: k, or more to explore a whole region. */
  readonly width: number;
  /** More of them, up to this many, where they crowd (see Circle). */
  readonly widthMax: number;
  /** Requests in flight, not counting slow ones; and after `slowRepliesMax` slow replies. */
  readonly alpha: number;
  readonly alphaMax: number;
  readonly slowRepliesMax: number;
  /** Requests in flight, slow ones included. */
  readonly inFlightMax: number;
  /** A node learnt of at this distance in hops is the last that is asked. */
  readonly hopsMax: number;
  readonly queriesMax: number;
  readonly candidatesMax: number;
  /** NodeIds that one lookup may have checked (each costs a scrypt on main). */
  readonly checksMax: number;
}

export type LookupReason = "converged" | "exhausted" | "timed_out" | "enough" | "cancelled";

/** One hop of a lookup as `trace` tells it. */
export interface LookupRound {
  asked: number;
  answered: number;
  /** First question of the lookup → first question of the round. */
  startedMs: number;
  /** First question of the round → last answer. */
  ms: number;
}

/** One iterative lookup (Kademlia §2.3) as a pure shortlist: which node to ask next, what its
 * answer changes, and when it is over. Every node is asked once per address at most, so a circle of
 * referrals ends; hops, questions, candidates and checks are capped, so a liar's endless chain of
 * ever nearer inventions ends too. Finished when the `width` nearest nodes that live have answered
 * and their claims are verified. */
export class Lookup {
  readonly target: Uint8Array;
  readonly #config: LookupConfig;
  readonly #shortlist: Shortlist;
  readonly #surroundings: Surroundings;
  readonly #rounds: (Omit<LookupRound, "startedMs"> & { startedAt: Instant })[] = [];
  #inFlight = 0;
  #slow = 0;
  #slowReplies = 0;
  #queries = 0;
  #answered = 0;
  #checks = 0;
  #isCapped = false;
  #isHasty = false;

  constructor(
    target: Uint8Array,
    config: LookupConfig,
    surroundings: Surroundings = UNKNOWN_SURROUNDINGS,
  ) {
    this.target = target;
    this.#surroundings = surroundings;
    this.#config = config;
    this.#shortlist = new Shortlist(target, config.candidatesMax);
  }

  get queries(): number {
    return this.#queries;
  }

  get answered(): number {
    return this.#answered;
  }

  get rounds(): LookupRound[] {
    const begin = this.#rounds[0]?.startedAt ?? 0;
    return this.#rounds.map(({ asked, answered, ms, startedAt }) => {
      return { asked, answered, startedMs: startedAt - begin, ms };
    });
  }

  get(key: string): Candidate | undefined {
    return this.#shortlist.get(key);
  }

  /** True if what is told of a node changes nothing, since it has been asked already. */
  isPast(publicKey: Uint8Array, idPrefix: number): boolean {
    return this.#shortlist.isPast(publicKey, idPrefix);
  }

  /** Adds a node, or what is new about a known one. @param hop 1 for what we knew ourselves, else
   * one more than the hop of the node that told. @param teller its hex key, if it may be blamed. */
  add(lead: Lead, hop = 1, teller?: string): void {
    this.#shortlist.add(lead, hop, teller);
  }

  /** The next node to ask now, marked as asked; undefined if there is none or enough are asked.
   * @param answersWanted no more need be on their way, as long as nodes do answer: behind silent
   * ones nobody is to wait for one question after the other. */
  next(now: Instant, answersWanted = Infinity): Candidate | undefined {
    const { alpha, alphaMax, slowRepliesMax, inFlightMax } = this.#config;
    const isSlow = this.#isHasty || this.#slowReplies >= slowRepliesMax;
    const limit = isSlow ? alphaMax : Math.min(alpha, answersWanted);
    if (this.#inFlight - this.#slow >= limit || this.#inFlight >= inFlightMax) return undefined;
    const circle = this.#circle();
    for (const candidate of this.#shortlist.ordered) {
      if (isOut(candidate) || candidate.state === "slow") continue;
      if (candidate.state === "new") {
        if (!this.#mayAsk(candidate)) continue;
        this.#ask(candidate, now);
        return candidate;
      }
      if (candidate.id !== undefined && circle.add(candidate.id)) return undefined;
    }
    return undefined;
  }

  /** All of the nearest will have to be asked, and probably in vain: asks more at a time from now
   * on, and ends without those that are slow once as many others have answered in their stead. */
  hasten(): void {
    this.#isHasty = true;
  }

  /** How many nodes that have not failed are nearer than this one, as far as is known now. */
  rank(candidate: Candidate): number {
    let rank = 0;
    for (const other of this.#shortlist.ordered) {
      if (other === candidate) break;
      if (!isOut(other)) rank++;
    }
    return rank;
  }

  /** The node has answered. Its own session's claim replaces what others told about it. */
  handleAnswer(key: string, idNonce: bigint, now: Instant): Candidate | undefined {
    const candidate = this.#shortlist.get(key);
    if (candidate === undefined) return undefined;
    if (isWaiting(candidate)) this.#settle(candidate, "answered");
    else if (candidate.state === "failed") candidate.state = "answered"; // late, but alive
    else return undefined;
    this.#answered++;
    const round = this.#rounds[candidate.hop - 1];
    if (round !== undefined) {
      round.answered++;
      round.ms = now - round.startedAt;
    }
    if (candidate.idNonce !== idNonce) {
      candidate.idNonce = idNonce;
      candidate.told = undefined;
      candidate.isVerified = false;
    }
    return candidate;
  }

  /** Its first timeout has passed: the question was sent again, another node may be asked. */
  handleSlow(key: string): void {
    const candidate = this.#shortlist.get(key);
    if (candidate?.state !== "asked") return;
    candidate.state = "slow";
    this.#slow++;
    this.#slowReplies++;
  }

  handleFailure(key: string): void {
    const candidate = this.#shortlist.get(key);
    if (candidate === undefined || !isWaiting(candidate)) return;
    const { spare } = candidate;
    this.#settle(candidate, spare === undefined ? "failed" : "new");
    if (spare !== undefined) candidate.address = spare;
    candidate.spare = undefined;
  }

  /** Answered nodes among the `width` nearest whose claim is not verified yet. */
  unverified(): Candidate[] {
    return this.#nearest().filter((candidate) =>
      candidate.state === "answered" && !candidate.isVerified
    );
  }

  /** Spends one check of the budget. Without budget the candidate is given up.
   * @returns true if the check may be asked for. */
  spendCheck(candidate: Candidate): boolean {
    if (this.#checks < this.#config.checksMax) {
      this.#checks++;
      return true;
    }
    candidate.state = "rejected";
    this.#isCapped = true;
    return false;
  }

  /** A claim was checked. @returns the tellers of a false one. */
  handleVerified(claim: Claim, key: string, nodeId: NodeId | undefined): readonly string[] {
    const candidate = this.#shortlist.get(key);
    if (candidate === undefined || candidate.idNonce !== claim.idNonce) return [];
    const { told } = candidate;
    const isLie = told?.idNonce === claim.idNonce &&
      (nodeId === undefined || told.idPrefix !== prefix32(nodeId));
    candidate.told = undefined;
    if (nodeId !== undefined) {
      this.#shortlist.settle(candidate, nodeId);
    } else if (candidate.state === "new") {
      this.#shortlist.remove(candidate); // the key may yet be told with a true claim
    } else if (isWaiting(candidate)) {
      candidate.idNonce = undefined; // its own session will tell
    } else {
      candidate.state = "rejected";
    }
    return isLie ? candidate.tellers : [];
  }

  /** Why it is over; undefined if it goes on. To be asked once `next` has nothing more to give. */
  outcome(): LookupReason | undefined {
    const nearest = this.#nearest();
    const isSettled = nearest.every((candidate) =>
      candidate.state === "answered" && candidate.isVerified
    );
    if (isSettled && nearest.length >= this.#config.width) return "converged";
    if (this.#inFlight > 0) return undefined;
    if (nearest.some((candidate) => candidate.state === "answered" && !candidate.isVerified)) {
      return undefined;
    }
    const canAsk = nearest.some((candidate) =>
      candidate.state === "new" && this.#mayAsk(candidate)
    );
    if (canAsk) return undefined;
    return this.#isCapped || !isSettled ? "timed_out" : "exhausted";
  }

  /** The verified nodes that answered, nearest first: `width`, or more in a crowd. */
  closest(): Candidate[] {
    const closest: Candidate[] = [];
    const circle = this.#circle();
    for (const candidate of this.#shortlist.ordered) {
      if (candidate.state !== "answered" || !candidate.isVerified) continue;
      closest.push(candidate);
      if (candidate.id !== undefined && circle.add(candidate.id)) break;
    }
    return closest;
  }

  /** The first that have not failed and have to answer; seeds whose place is not known yet come on
   * top. */
  #nearest(): Candidate[] {
    const nearest: Candidate[] = [];
    const circle = this.#circle();
    for (const candidate of this.#shortlist.ordered) {
      if (isOut(candidate) || (this.#isHasty && candidate.state === "slow")) continue;
      nearest.push(candidate);
      if (candidate.id !== undefined && circle.add(candidate.id)) break;
    }
    return nearest;
  }

  #circle(): Circle {
    return new Circle(this.target, this.#config, this.#surroundings);
  }

  #mayAsk(candidate: Candidate): boolean {
    const isWithin = candidate.hop <= this.#config.hopsMax &&
      this.#queries < this.#config.queriesMax;
    if (!isWithin) this.#isCapped = true;
    return isWithin;
  }

  #ask(candidate: Candidate, now: Instant): void {
    candidate.state = "asked";
    this.#inFlight++;
    this.#queries++;
    for (let hop = this.#rounds.length; hop < candidate.hop; hop++) {
      this.#rounds.push({ asked: 0, answered: 0, ms: 0, startedAt: now });
    }
    const round = this.#rounds[candidate.hop - 1];
    if (round !== undefined) round.asked++;
  }

  #settle(candidate: Candidate, state: "answered" | "failed" | "new"): void {
    if (candidate.state === "slow") this.#slow--;
    candidate.state = state;
    this.#inFlight--;
  }
}
