import { CHUNK_BYTES, SLICE_BYTES } from "../../content/mod.ts";
import type { ChunkId, Instant } from "../../lib/mod.ts";
import type { ReadTerms, Spending } from "../../market/mod.ts";
import { shareOut } from "../../swarm/mod.ts";
import type { ConnectionHandle, Transport } from "../../transport/mod.ts";
import { beyondBudget, ChunkShopping } from "./chunk_shopping.ts";
import type { FetchRequests } from "./fetch_requests.ts";

export interface ObjectShoppingDoors {
  readonly transport: Pick<Transport, "info">;
  readonly requests: Pick<FetchRequests, "factorOf">;
  readonly now: () => Instant;
}

/** Of whom one whole object is bought, which comes from one holder at a time. */
export class ObjectShopping {
  readonly #id: ChunkId;
  readonly #doors: ObjectShoppingDoors;
  readonly #shopping = new ChunkShopping(CHUNK_BYTES); // as long as it may be
  /** Why none of the last ones to choose from can be paid. */
  refusal: string | undefined;

  constructor(id: ChunkId, doors: ObjectShoppingDoors) {
    this.#id = id;
    this.#doors = doors;
  }

  /** A reader joins. @returns a function for when it leaves. */
  join(terms: ReadTerms): () => void {
    return this.#shopping.join(terms);
  }

  /** What pays at the moment. */
  get spending(): Spending | undefined {
    return this.#shopping.at(this.#doors.now()).spending;
  }

  /** The cheapest of those that answer about as soon as the nearest one, or that are in time and
   * within the budget; undefined if none is. */
  choose(holders: readonly ConnectionHandle[]): ConnectionHandle | undefined {
    const { transport, requests, now } = this.#doors;
    const { terms, spending } = this.#shopping.at(now());
    const factors = holders.map((holder) => requests.factorOf(holder, this.#id));
    const offers = holders.map((holder, i) => {
      const rttMs = Math.max(1, transport.info(holder)?.smoothedRttMs ?? 1);
      const sliceCb = this.#shopping.sliceCb(factors[i] ?? 0);
      return { room: 1, waitMs: rttMs, sliceMs: rttMs, sliceCb };
    });
    const chosen = holders[shareOut(offers, 1, terms).indexOf(1)];
    this.refusal = chosen === undefined && spending !== undefined
      ? beyondBudget(spending, Math.min(...factors), SLICE_BYTES, holders.length)
      : undefined;
    return chosen;
  }
}
