import { BoundedMap } from "../lib/mod.ts";

/** Told when there is no room for one more request of a client, and when there is again.
 * @param client undefined: of any. */
export type OnFull = (client: string | undefined, isFull: boolean) => void;

/** Counts requests under way, over all clients and for each. */
export class ConcurrencyLimit {
  readonly #totalMax: number;
  readonly #perClientMax: number;
  /** Where somebody else lets requests in. */
  onFull: OnFull = () => {};
  readonly #clients = new Map<string, number>(); // bounded by the total
  #total = 0;

  constructor(totalMax: number, perClientMax: number) {
    this.#totalMax = totalMax;
    this.#perClientMax = perClientMax;
  }

  /** Requests under way. */
  get total(): number {
    return this.#total;
  }

  /** Counts one request in. @param client undefined for one that has no limit of its own.
   * @returns what counts it out (once); undefined if there is no room. */
  enter(client: string | undefined): (() => void) | undefined {
    return this.take(client) ? this.#leaver(client) : undefined;
  }

  /** Counts one in that is under way already, elsewhere. @returns what counts it out. */
  enterAnyway(client: string | undefined): () => void {
    this.#takeAnyway(client);
    return this.#leaver(client);
  }

  /** As `enter`. @returns whether it was counted in: the caller owes one `leave`. */
  take(client: string | undefined): boolean {
    if (this.#total >= this.#totalMax) return false;
    const mine = client === undefined ? 0 : this.#clients.get(client) ?? 0;
    if (client !== undefined && mine >= this.#perClientMax) return false;
    this.#takeAnyway(client);
    return true;
  }

  #takeAnyway(client: string | undefined): void {
    if (++this.#total === this.#totalMax) this.onFull(undefined, true);
    if (client !== undefined) {
      const mine = (this.#clients.get(client) ?? 0) + 1;
      this.#clients.set(client, mine);
      if (mine === this.#perClientMax) this.onFull(client, true);
    }
  }

  #leaver(client: string | undefined): () => void {
    let isOut = false;
    return () => {
      if (isOut) return;
      isOut = true;
      this.leave(client);
    };
  }

  /** Counts out one that `take` has counted in. */
  leave(client: string | undefined): void {
    if (this.#total-- === this.#totalMax) this.onFull(undefined, false);
    if (client === undefined) return;
    const left = (this.#clients.get(client) ?? 1) - 1;
    if (left === this.#perClientMax - 1) this.onFull(client, false);
    if (left === 0) this.#clients.delete(client);
    else this.#clients.set(client, left);
  }
}

/** Clients remembered by a ClientBudget; the oldest gives way and starts afresh. */
const CLIENTS_REMEMBERED = 4096;

/** How much of something a client may still cause: a bucket for each, which refills evenly. */
export class ClientBudget {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #buckets = new BoundedMap<string, { left: number; at: number }>(CLIENTS_REMEMBERED);

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
  }

  /** @param now monotonic ms. */
  isSpent(client: string, now: number): boolean {
    return this.#left(client, now) < 1;
  }

  /** Counts one. */
  spend(client: string, now: number): void {
    this.#buckets.set(client, { left: this.#left(client, now) - 1, at: now });
  }

  #left(client: string, now: number): number {
    const bucket = this.#buckets.get(client);
    if (bucket === undefined) return this.#burst;
    const refill = (now - bucket.at) * this.#perSecond / 1000;
    return Math.min(this.#burst, bucket.left + refill);
  }
}
