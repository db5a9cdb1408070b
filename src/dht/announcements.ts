import { commonPrefixLength, type Instant, toHex } from "../lib/mod.ts";
import { KEYS_MAX, type Message } from "../wire/mod.ts";
import type { DhtContext } from "./context.ts";
import { compareDistance, prefix32 } from "./distance.ts";
import type { AnnounceId, KnownNode } from "./events.ts";
import { listingFields, type ListingTerms } from "./listing.ts";
import type { FinishedLookup, Lookups } from "./lookups.ts";
import type { PathCopies } from "./path_copies.ts";
import { ProviderSearch } from "./provider_search.ts";
import { storersOf } from "./region.ts";

/** One ANNOUNCE to be sent: keys by their place in the operation's list. */
interface Job {
  readonly to: KnownNode;
  readonly keys: readonly number[];
}

interface Operation {
  readonly id: AnnounceId;
  readonly terms: ListingTerms;
  keys: readonly Uint8Array[];
  uncovered: readonly Uint8Array[];
  nodes: readonly KnownNode[];
  readonly jobs: Job[];
  /** False while the lookup runs. */
  isPlanned: boolean;
  inFlight: number;
  /** Confirmations and reach by key. */
  holders: number[];
  reach: number[];
}

/** Distance told when fewer than k nodes exist: every newcomer is near enough. */
export const REACH_ALL = 2 ** 32 - 1;

/** Announces keys of one region of the keyspace: one lookup that is wide enough to know the k
 * nearest nodes of every key around its target, then one ANNOUNCE to each of those nodes with all
 * the keys it is to hold. The target's own record travels in the lookup's GET_PROVIDERS (S0-08).
 * BOUNDED: `announcesMax` operations of `announceKeysMax` keys. */
export class Announcements {
  readonly #context: DhtContext;
  readonly #lookups: Lookups;
  readonly #copies: PathCopies;
  readonly #active = new Map<AnnounceId, Operation>();
  #nextId = 1;

  constructor(context: DhtContext, lookups: Lookups, copies: PathCopies) {
    this.#context = context;
    this.#lookups = lookups;
    this.#copies = copies;
  }

  get active(): number {
    return this.#active.size;
  }

  /** @returns undefined if too many are under way. `keys` may not be empty. */
  start(keys: readonly Uint8Array[], terms: ListingTerms, now: Instant): AnnounceId | undefined {
    const { config } = this.#context;
    if (this.#active.size >= config.announcesMax) return undefined;
    const target = keys[0];
    if (target === undefined || keys.length > config.announceKeysMax) {
      throw new RangeError(`announce takes 1 … ${config.announceKeysMax} keys, not ${keys.length}`);
    }
    const id = this.#nextId++ as AnnounceId;
    const operation: Operation = {
      id,
      terms,
      keys,
      uncovered: [],
      nodes: [],
      jobs: [],
      isPlanned: false,
      inFlight: 0,
      holders: [],
      reach: [],
    };
    this.#active.set(id, operation);
    const options = { listing: terms, wanted: undefined, onFound: () => {} };
    const search = new ProviderSearch(this.#context, options);
    const lookupId = this.#lookups.start({
      target,
      search,
      width: config.regionWidth,
      timeoutMs: config.lookupTimeoutMs,
      seeds: [],
      onFinished: (lookup, at) => this.#plan(operation, lookup, search.listedAt, at),
    }, now);
    if (lookupId === undefined) {
      this.#active.delete(id);
      return undefined;
    }
    this.#copies.leave(keys, terms, now);
    return id;
  }

  /** The answer to one of our ANNOUNCEs, or undefined if none came. */
  handleReply(
    owner: { readonly id: AnnounceId; readonly keys: readonly number[] },
    message: Message | undefined,
    now: Instant,
  ): void {
    const operation = this.#active.get(owner.id);
    if (operation === undefined) return;
    operation.inFlight--;
    if (message?.type === "ANNOUNCED") {
      owner.keys.forEach((key, i) => {
        const isStored = ((message.stored[i >> 3] ?? 0) >> (i & 7) & 1) === 1;
        if (isStored) operation.holders[key] = (operation.holders[key] ?? 0) + 1;
      });
    }
    this.#advance(operation, now);
  }

  /** Goes on where requests had run out of room. */
  advanceAll(now: Instant): void {
    for (const operation of [...this.#active.values()]) this.#advance(operation, now);
  }

  /** The lookup is over: which keys' k nearest nodes do we know for certain, and who gets what? */
  #plan(
    operation: Operation,
    lookup: FinishedLookup,
    listedAt: ReadonlySet<string>,
    now: Instant,
  ): void {
    const { k, regionWidth } = this.#context.config;
    const nodes = lookup.outcome.closest;
    const target = operation.keys[0] ?? new Uint8Array();
    const depth = regionDepth(target, nodes, k, regionWidth);
    const isCovered = (key: Uint8Array, i: number) =>
      i === 0 || commonPrefixLength(target, key) >= depth;
    operation.uncovered = operation.keys.filter((key, i) => !isCovered(key, i));
    operation.keys = operation.keys.filter(isCovered);
    operation.nodes = nodes;
    operation.holders = operation.keys.map(() => 0);
    operation.reach = operation.keys.map(() => REACH_ALL);
    operation.isPlanned = true;
    this.#assign(operation, listedAt);
    this.#advance(operation, now);
  }

  /** Gives every key to the nodes that store it, and cuts each node's share into messages. */
  #assign(operation: Operation, listedAt: ReadonlySet<string>): void {
    const { k } = this.#context.config;
    const shares = new Map<KnownNode, number[]>(operation.nodes.map((node) => [node, []]));
    operation.keys.forEach((key, i) => {
      const sorted = operation.nodes.length <= k
        ? operation.nodes
        : [...operation.nodes].sort((a, b) => compareDistance(key, a.nodeId, b.nodeId));
      const nearest = storersOf(this.#context, key, sorted);
      const last = nearest.at(-1);
      if (last !== undefined && nearest.length >= k) {
        operation.reach[i] = (prefix32(last.nodeId) ^ prefix32(key)) >>> 0;
      }
      for (const node of nearest) {
        const isListed = i === 0 && listedAt.has(toHex(node.publicKey));
        if (isListed) operation.holders[i] = (operation.holders[i] ?? 0) + 1;
        else shares.get(node)?.push(i);
      }
    });
    for (const [to, keys] of shares) {
      for (let at = 0; at < keys.length; at += KEYS_MAX) {
        operation.jobs.push({ to, keys: keys.slice(at, at + KEYS_MAX) });
      }
    }
  }

  #advance(operation: Operation, now: Instant): void {
    if (!operation.isPlanned) return;
    const { requests, config } = this.#context;
    while (operation.inFlight < config.announceInFlightMax && requests.room > 0) {
      const job = operation.jobs.shift();
      if (job === undefined) break;
      const keys = job.keys.map((i) => operation.keys[i] ?? new Uint8Array());
      const owner = { kind: "announce", id: operation.id, keys: job.keys } as const;
      operation.inFlight++;
      const question = { type: "ANNOUNCE", keys, ...listingFields(operation.terms) } as const;
      this.#context.ask(question, job.to, owner, now);
    }
    if (operation.inFlight === 0 && operation.jobs.length === 0) this.#finish(operation);
  }

  #finish(operation: Operation): void {
    this.#active.delete(operation.id);
    const covered = operation.keys.map((key, i) => ({
      key,
      holders: operation.holders[i] ?? 0,
      reach: operation.reach[i] ?? REACH_ALL,
    }));
    this.#context.emit({
      kind: "announce_finished",
      announceId: operation.id,
      outcome: {
        covered,
        uncovered: operation.uncovered,
        nodes: operation.nodes.map((node) => node.nodeId),
      },
    });
  }
}

/** Length of the prefix that all keys share with the target whose k nearest nodes are certainly
 * among `nodes` (the `width` nearest to the target). All nodes that share one bit more with the
 * target than the farthest of them are known; if those are k or more, they hold the k nearest of
 * every key that shares those bits. 160 = only the target itself. */
export function regionDepth(
  target: Uint8Array,
  nodes: readonly KnownNode[],
  k: number,
  width: number,
): number {
  const farthest = nodes.at(-1);
  if (farthest === undefined || nodes.length < width) return 0; // these are all there are
  const depth = commonPrefixLength(target, farthest.nodeId) + 1;
  const inside = nodes.filter((node) => commonPrefixLength(target, node.nodeId) >= depth);
  return inside.length >= k ? depth : 8 * target.length;
}
