import { after, BoundedMap, type Instant, toHex } from "../lib/mod.ts";
import type { DhtContext } from "./context.ts";
import type { DhtTarget } from "./events.ts";
import { listingFields, type ListingTerms } from "./listing.ts";

/** Keys looked up lately whose way is remembered: more than a node fetches at once, and some 40 KB.
 */
const WAYS_MAX = 256;
/** What was fetched for longer than this leaves no copy: whoever was asked may be gone. */
const WAY_MS = 10 * 60_000;

/** Path caching (protocol.md §3.4): once we have what we looked up, and have ourselves listed at
 * the nodes that keep its records, we also leave our record with the nearest node on the way there
 * that knew of nobody. So the way to a key grows shorter as it is asked for more often. A record
 * is told by nobody but its own provider, over a session of its own: a copy proves as much as the
 * record, and there is nothing on the way to forge. BOUNDED by WAYS_MAX. */
export class PathCopies {
  readonly #context: DhtContext;
  /** By the hex key: who is to have the copy. */
  readonly #ways = new BoundedMap<string, { readonly node: DhtTarget; readonly at: Instant }>(
    WAYS_MAX,
  );

  constructor(context: DhtContext) {
    this.#context = context;
  }

  /** A lookup has found providers of `key`, and `node` was asked on the way and knew of none. */
  note(key: Uint8Array, { publicKey, address }: DhtTarget, now: Instant): void {
    const hex = toHex(key);
    this.#ways.delete(hex);
    this.#ways.set(hex, { node: { publicKey, address }, at: now });
  }

  /** We provide these keys from now on: leaves copies where we have been looking for them. */
  leave(keys: readonly Uint8Array[], terms: ListingTerms, now: Instant): void {
    const { requests, config } = this.#context;
    if (this.#ways.size === 0 || config.passingTtlSeconds === 0) return;
    for (const key of keys) {
      const hex = toHex(key);
      const way = this.#ways.get(hex);
      if (way === undefined || requests.room <= 0) continue;
      this.#ways.delete(hex);
      if (after(way.at, WAY_MS) <= now) continue;
      const ttl = Math.min(terms.ttl, config.passingTtlSeconds);
      const fields = listingFields({ ...terms, ttl });
      const question = { type: "ANNOUNCE", keys: [key], ...fields } as const;
      this.#context.ask(question, way.node, { kind: "copy" }, now);
    }
  }
}
