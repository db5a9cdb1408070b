import {
  after,
  BoundedMap,
  type ChunkId,
  equalBytes,
  type Instant,
  type PublicKey,
} from "../lib/mod.ts";

/** What a node has said that keeping a chunk costs. */
export interface Quote {
  readonly id: ChunkId;
  readonly publisher: PublicKey;
  readonly bytes: number;
  readonly weeks: number;
  readonly priceCb: bigint;
}

/** How long a quote holds: the revenue it is reckoned from changes within minutes. */
export const QUOTE_TTL_MS = 60_000;
/** Quotes that hold at once; the oldest gives way, and its publisher asks again. */
const QUOTES_MAX = 4_096;

/** The quotes that hold. Who names none is not listened to (S2-13). */
export class Quotes {
  readonly #open = new BoundedMap<number, Quote & { readonly endsAt: Instant }>(QUOTES_MAX);

  /** @param number drawn at random, so that nobody names another's by chance. */
  add(number: number, quote: Quote, now: Instant): void {
    this.#open.delete(number);
    this.#open.set(number, { ...quote, endsAt: after(now, QUOTE_TTL_MS) });
  }

  /** The quote of that number, if it holds and is for this publisher and chunk. */
  find(number: number, publisher: PublicKey, id: Uint8Array, now: Instant): Quote | undefined {
    const quote = this.#open.get(number);
    if (quote === undefined || quote.endsAt <= now) return undefined;
    return equalBytes(quote.publisher, publisher) && equalBytes(quote.id, id) ? quote : undefined;
  }

  /** It has been taken up. */
  close(number: number): void {
    this.#open.delete(number);
  }
}
