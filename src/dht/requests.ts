import { after, BoundedMap, type Instant, type PublicKey, type Random } from "../lib/mod.ts";
import { type Address, toHex } from "../lib/mod.ts";
import type { Message } from "../wire/mod.ts";
import { fold, type Rtt, RttTable } from "./rtt_table.ts";

export interface RequestsConfig {
  readonly inFlightMax: number;
  /** Timeout for a node never timed before, ms: at most this, and at least that, by what others
   * took. */
  readonly timeoutUnknownMs: number;
  readonly timeoutUnknownMinMs: number;
  readonly timeoutMinMs: number;
  readonly timeoutMaxMs: number;
  /** Sendings of one request, the first included. */
  readonly attemptsMax: number;
  /** Nodes whose round-trip times are remembered. */
  readonly timedMax: number;
  /** Requests given up whose late answers still count. */
  readonly lateMax: number;
}

/** Whom to ask. */
export interface RequestTarget {
  readonly publicKey: PublicKey;
  readonly address: Address;
}

/** A request in flight; `owner` says on whose behalf. */
export interface PendingRequest<Owner> {
  readonly id: number;
  readonly key: string;
  readonly to: RequestTarget;
  readonly message: Message;
  readonly owner: Owner;
  readonly startedAt: Instant;
  attempts: number;
  deadline: Instant;
}

/** A deadline that has passed. */
export type Expiry<Owner> =
  | { readonly kind: "slow"; readonly request: PendingRequest<Owner> } // was sent again
  | { readonly kind: "failed"; readonly request: PendingRequest<Owner> };

/** Nodes timed before what they took says anything of others. */
const TYPICAL_MIN = 8;
/** A new time's share in what is typical: of the last hundred or so. */
const TYPICAL_GAIN = 1 / 64;

/** Requests in flight: ids, adaptive timeouts, one retry. An answer counts only from the node that
 * was asked, under the id it was asked with. BOUNDED: `inFlightMax` requests, `timedMax` times. */
export class Requests<Owner> {
  readonly #config: RequestsConfig;
  readonly #random: Random;
  readonly #pending = new Map<number, PendingRequest<Owner>>();
  readonly #rtts: RttTable;
  readonly #givenUp: BoundedMap<number, PendingRequest<Owner>>;
  /** What nodes take, all together. */
  readonly #typical: Rtt = { smoothedMs: 0, variationMs: 0 };
  #timed = 0;
  #earliest: Instant | undefined;

  constructor(config: RequestsConfig, random: Random) {
    this.#config = config;
    this.#random = random;
    this.#rtts = new RttTable(config.timedMax);
    this.#givenUp = new BoundedMap(config.lateMax);
  }

  get inFlight(): number {
    return this.#pending.size;
  }

  /** How many more may be started. */
  get room(): number {
    return this.#config.inFlightMax - this.#pending.size;
  }

  /** An id that no request in flight has; hard to guess for whoever is not asked. */
  freshId(): number {
    let id = this.#random.u32();
    while (this.#pending.has(id) || this.#givenUp.has(id)) id = this.#random.u32();
    return id;
  }

  /** Enters a request whose message carries `freshId()`. The caller sends it. @param key the
   * node's, in hex, for callers that have it. */
  start(
    message: Message,
    to: RequestTarget,
    owner: Owner,
    now: Instant,
    key = toHex(to.publicKey),
  ): PendingRequest<Owner> {
    const request = {
      id: message.requestId,
      key,
      to,
      message,
      owner,
      startedAt: now,
      attempts: 1,
      deadline: after(now, this.timeoutMs(key)),
    };
    this.#pending.set(request.id, request);
    this.#hasten(request.deadline);
    return request;
  }

  /** The request that this answer settles, be it one given up lately; undefined if `from` was not
   * asked under this id. */
  settle(requestId: number, from: string, now: Instant): PendingRequest<Owner> | undefined {
    const late = this.#givenUp.get(requestId);
    if (late?.key === from) {
      this.#givenUp.delete(requestId);
      return late;
    }
    const request = this.#pending.get(requestId);
    if (request === undefined || request.key !== from) return undefined;
    this.#forget(request);
    // An answer to one of two sendings says nothing certain about time (Karn's algorithm).
    if (request.attempts === 1) this.#sample(from, now - request.startedAt);
    return request;
  }

  /** Takes all requests to a node out, e.g. since it cannot be reached. */
  abandon(key: string): PendingRequest<Owner>[] {
    const lost = [...this.#pending.values()].filter((request) => request.key === key);
    for (const request of lost) this.#forget(request);
    return lost;
  }

  /** What is overdue: "slow" ones have a new deadline and are for the caller to send again. */
  expire(now: Instant): Expiry<Owner>[] {
    const expiries: Expiry<Owner>[] = [];
    if (this.#earliest === undefined || this.#earliest > now) return expiries;
    for (const request of [...this.#pending.values()]) {
      if (request.deadline > now) continue;
      if (request.attempts < this.#config.attemptsMax) {
        request.attempts++;
        request.deadline = after(now, this.#lastTimeoutMs(request.key));
        expiries.push({ kind: "slow", request });
      } else {
        this.#pending.delete(request.id);
        this.#givenUp.set(request.id, request);
        expiries.push({ kind: "failed", request });
      }
    }
    this.#findEarliest();
    return expiries;
  }

  nextTimeout(): Instant | undefined {
    return this.#earliest;
  }

  /** srtt + 4 rttvar within its bounds (protocol.md §3.2): the node's own, or those of all. */
  timeoutMs(key: string): number {
    const { timeoutMinMs, timeoutMaxMs } = this.#config;
    const rtt = this.#rtts.get(key);
    return rtt === undefined
      ? this.#timeoutUnknownMs()
      : within(rtt.smoothedMs + 4 * rtt.variationMs, timeoutMinMs, timeoutMaxMs);
  }

  #timeoutUnknownMs(): number {
    const { timeoutUnknownMs, timeoutUnknownMinMs } = this.#config;
    if (this.#timed < TYPICAL_MIN) return timeoutUnknownMs;
    const { smoothedMs, variationMs } = this.#typical;
    return within(smoothedMs + 4 * variationMs, timeoutUnknownMinMs, timeoutUnknownMs);
  }

  /** The last attempt at a node that has answered before waits at least so long: where packets are
   * lost, the session needs a probe timeout or two of its own to get a message through. */
  #lastTimeoutMs(key: string): number {
    const least = this.#rtts.get(key) === undefined ? 0 : this.#config.timeoutUnknownMs;
    return Math.max(this.timeoutMs(key), least);
  }

  /** Smoothed, ms; undefined for a node never timed. */
  rttMs(key: string): number | undefined {
    return this.#rtts.get(key)?.smoothedMs;
  }

  #sample(key: string, ms: number): void {
    // The first ones weigh as much as one another, the later ones fade.
    fold(this.#typical, ms, Math.max(TYPICAL_GAIN, 1 / ++this.#timed));
    this.#rtts.note(key, ms);
  }

  #forget(request: PendingRequest<Owner>): void {
    this.#pending.delete(request.id);
    if (request.deadline === this.#earliest) this.#findEarliest();
  }

  #hasten(deadline: Instant): void {
    if (this.#earliest === undefined || deadline < this.#earliest) this.#earliest = deadline;
  }

  #findEarliest(): void {
    this.#earliest = undefined;
    for (const { deadline } of this.#pending.values()) this.#hasten(deadline);
  }
}

const within = (value: number, least: number, most: number): number =>
  Math.min(Math.max(value, least), most);
