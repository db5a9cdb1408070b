import { after, ByteBudget, type Instant, toHex } from "../lib/mod.ts";
import type { OfferAnswer, OfferedKey } from "./placement_events.ts";

export interface OfferIntakeConfig {
  /** Bytes an hour that may be fetched because they were offered. */
  readonly bytesPerHour: number;
  /** At once, before the hour counts. */
  readonly burstBytes: number;
  /** Bytes of others' objects that are looked after here. */
  readonly roomBytes: number;
  /** The largest object. */
  readonly objectBytesMax: number;
  /** Fetches at once, waiting ones, and waiting ones of one peer. */
  readonly pullsMax: number;
  readonly waitingMax: number;
  readonly waitingPerPeerMax: number;
  /** What waits longer is forgotten: its offer has run out. */
  readonly waitMs: number;
}

/** @param bytesPerHour as in OfferIntakeConfig. @param roomBytes likewise. */
export function offerIntakeConfig(bytesPerHour: number, roomBytes: number): OfferIntakeConfig {
  return {
    bytesPerHour,
    burstBytes: Math.max(bytesPerHour / 12, 2 ** 22), // five minutes' worth; four chunks at least
    roomBytes,
    objectBytesMax: 2 ** 20,
    pullsMax: 2, // the second is asked for while the first comes
    waitingMax: 192, // four offers full
    waitingPerPeerMax: 96,
    waitMs: 120_000,
  };
}

export interface Pull<P> extends OfferedKey {
  /** Who offered it. */
  readonly peer: P;
}

interface Waiting<P> extends Pull<P> {
  readonly until: Instant;
}

/** What of others' offers this node takes: what it lacks and is near to, as far as room and the
 * hour's bytes go. An offer costs its maker nothing, and a key near to any node is soon found: so
 * everything a stranger can fill is bounded here. */
export class OfferIntake<P> {
  readonly #config: OfferIntakeConfig;
  readonly #holds: (key: Uint8Array) => boolean;
  readonly #wants: (key: Uint8Array) => boolean;
  readonly #guardedBytes: () => number;
  readonly #budget: ByteBudget;
  /** By hex key, in the order of asking. BOUNDED by waitingMax. */
  readonly #waiting = new Map<string, Waiting<P>>();
  /** Hex key to who offered it. BOUNDED by pullsMax. */
  readonly #running = new Map<string, P>();
  /** When each peer had its last turn, counted in turns. BOUNDED by the peers that wait. */
  readonly #turns = new Map<P, number>();
  #turn = 0;
  /** Of both. */
  #promisedBytes = 0;
  /** Bytes fetched so far. */
  takenBytes = 0;

  /** @param wants whether a key belongs here, and nothing forbids it.
   * @param guardedBytes what of others is looked after already. */
  constructor(options: {
    config: OfferIntakeConfig;
    holds: (key: Uint8Array) => boolean;
    wants: (key: Uint8Array) => boolean;
    guardedBytes: () => number;
    now: Instant;
  }) {
    this.#config = options.config;
    this.#holds = options.holds;
    this.#wants = options.wants;
    this.#guardedBytes = options.guardedBytes;
    const { bytesPerHour, burstBytes } = options.config;
    this.#budget = new ByteBudget(bytesPerHour, burstBytes, options.now);
  }

  answer(peer: P, { key, bytes }: OfferedKey, now: Instant): OfferAnswer {
    if (this.#holds(key)) return "held";
    this.#dropExpired(now);
    const hex = toHex(key);
    if (this.#waiting.has(hex) || this.#running.has(hex)) return "coming";
    if (bytes < 1 || bytes > this.#config.objectBytesMax || !this.#wants(key)) return "refused";
    if (!this.#hasRoom(peer, bytes, now)) return "refused";
    const until = after(now, this.#config.waitMs);
    this.#waiting.set(hex, { peer, key: Uint8Array.from(key), bytes, until });
    this.#promisedBytes += bytes;
    return "wanted";
  }

  /** The next object to fetch, if it is time for one; `finished` follows. Peers take turns, and
   * none has two at once: one that stalls holds up nobody else. */
  next(now: Instant): Pull<P> | undefined {
    if (this.#running.size >= this.#config.pullsMax) return undefined;
    this.#dropExpired(now);
    const busy = new Set(this.#running.values());
    const turnOf = ({ peer }: Pull<P>): number => this.#turns.get(peer) ?? 0;
    let first: Pull<P> | undefined;
    for (const pull of this.#waiting.values()) {
      if (busy.has(pull.peer)) continue;
      if (first === undefined || turnOf(pull) < turnOf(first)) first = pull;
    }
    if (first === undefined) return undefined;
    const hex = toHex(first.key);
    this.#waiting.delete(hex);
    this.#running.set(hex, first.peer);
    this.#turns.set(first.peer, ++this.#turn);
    this.#budget.spend(first.bytes, now);
    return first;
  }

  /** A fetch is over. @param isKept it is in the store. @param arrivedBytes what came of it: the
   * hour gets the rest back. */
  finished(
    { key, bytes }: OfferedKey,
    isKept: boolean,
    now: Instant,
    arrivedBytes = isKept ? bytes : 0,
  ): void {
    if (!this.#running.delete(toHex(key))) return;
    this.#promisedBytes -= bytes;
    this.#budget.spend(arrivedBytes - bytes, now);
    if (isKept) this.takenBytes += bytes;
    this.#forgetTurns();
  }

  /** Nothing more is fetched from this peer of what it has offered. */
  forget(peer: P): void {
    for (const [hex, pull] of this.#waiting) {
      if (pull.peer !== peer) continue;
      this.#waiting.delete(hex);
      this.#promisedBytes -= pull.bytes;
    }
  }

  /** Objects that wait to be fetched. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Only who waits has a turn to come. */
  #forgetTurns(): void {
    const peers = new Set([...this.#waiting.values()].map(({ peer }) => peer));
    for (const peer of this.#turns.keys()) if (!peers.has(peer)) this.#turns.delete(peer);
  }

  #hasRoom(peer: P, bytes: number, now: Instant): boolean {
    const { waitingMax, waitingPerPeerMax, roomBytes } = this.#config;
    if (this.#waiting.size >= waitingMax) return false;
    let ofPeer = 0, waitingBytes = bytes;
    for (const waiting of this.#waiting.values()) {
      if (waiting.peer === peer) ofPeer++;
      waitingBytes += waiting.bytes;
    }
    if (ofPeer >= waitingPerPeerMax || waitingBytes > this.#budget.balance(now)) return false;
    return this.#guardedBytes() + this.#promisedBytes + bytes <= roomBytes;
  }

  /** In the order of asking: the first are the oldest. */
  #dropExpired(now: Instant): void {
    for (const [hex, { until, bytes }] of this.#waiting) {
      if (until > now) return;
      this.#waiting.delete(hex);
      this.#promisedBytes -= bytes;
    }
  }
}
