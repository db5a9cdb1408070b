import { type PublicKey, toHex } from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import type { Transport, TransportEvent } from "../../transport/mod.ts";
import { type FindHolders, HolderSet } from "../peers/holder_set.ts";

/** Keys whose holders are remembered beyond their last use: one for each file read lately. */
const SETS_MAX = 1_024;
/** A lookup's answer serves new readers for this long; then they ask the network again. */
const FRESH_MS = 60_000;
/** An answer that held nobody is asked again after this: content may have just been published. */
const EMPTY_FRESH_MS = 2_000;

/** All holder sets, one per key, so that readers of one file share one lookup. */
export class HolderDirectory {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #find: FindHolders;
  readonly #isUsable: (publicKey: PublicKey) => boolean;
  /** Least recently asked for first. BOUNDED by SETS_MAX and those in use, of which a fetch has two
   * or three: dropping one of them would leave its fetch deaf to its own connections. */
  readonly #sets = new Map<string, HolderSet>();
  /** Sets outside the directory that want the news too (traces). */
  readonly #watchers = new Set<() => readonly HolderSet[]>();
  lookups = 0;

  constructor(
    transport: Transport,
    clock: Clock,
    find: FindHolders,
    isUsable: (publicKey: PublicKey) => boolean,
  ) {
    this.#transport = transport;
    this.#clock = clock;
    this.#find = find;
    this.#isUsable = isUsable;
  }

  get size(): number {
    return this.#sets.size;
  }

  /** The holders of `key` if they were asked for lately; causes no lookup. */
  known(key: Uint8Array): HolderSet | undefined {
    return this.#sets.get(toHex(key));
  }

  /** The holders of `key`; starts a lookup if none is fresh. The set hears of its connections for
   * as long as somebody is subscribed to it: subscribe before anything else is awaited. */
  of(key: Uint8Array): HolderSet {
    const hex = toHex(key);
    const known = this.#sets.get(hex);
    if (known !== undefined) {
      this.#sets.delete(hex);
      this.#sets.set(hex, known); // the youngest now
      const freshMs = known.connected.size > 0 ? FRESH_MS : EMPTY_FRESH_MS;
      if (!known.isSettled || !known.isOlderThan(freshMs, this.#clock.now())) return known;
      void known.look(this.#counted);
      return known;
    }
    const set = new HolderSet(key, this.#transport, this.#clock, this.#isUsable);
    this.#makeRoom();
    this.#sets.set(hex, set);
    void set.look(this.#counted);
    return set;
  }

  #makeRoom(): void {
    if (this.#sets.size < SETS_MAX) return;
    for (const [hex, set] of this.#sets) {
      if (set.isInUse) continue;
      this.#sets.delete(hex);
      if (this.#sets.size < SETS_MAX) return;
    }
  }

  handleEvent(
    event: Extract<TransportEvent, { kind: "connected" | "connect_failed" | "closed" }>,
  ): void {
    const key = toHex(event.publicKey);
    for (const set of this.#sets.values()) set.handleEvent(event, key);
    for (const watched of this.#watchers) for (const set of watched()) set.handleEvent(event, key);
  }

  /** Hands connection events to sets that are not kept here. @returns a function that ends it. */
  watch(sets: () => readonly HolderSet[]): () => void {
    this.#watchers.add(sets);
    return () => this.#watchers.delete(sets);
  }

  readonly #counted: FindHolders = (key, onHolder) => {
    this.lookups++;
    return this.#find(key, onHolder);
  };
}
