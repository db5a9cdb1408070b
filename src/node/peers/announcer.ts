import { type AnnounceKeyOptions, AnnouncePlan, type AnnounceProgress } from "../../dht/mod.ts";
import { type ChunkId, type Instant, type Random, SkerryError, toHex } from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import type { ReadOptions } from "../contract/api.ts";
import { withDeadline } from "../contract/deadline.ts";
import type { ChunkStore, StoredId } from "../keep/chunk_store.ts";
import type { LoopPart } from "../loop/driver.ts";
import type { DhtService } from "./dht_service.ts";

/** Rows read from the index per turn while the plan is loaded at a start: a millisecond of work. */
const LOAD_PAGE = 1_000;
/** What is loaded at a start is announced over this time: its old records still live. Own content
 * first; what is cached has other holders, and a terabyte of it takes some 250 lookups. */
const LOAD_SPREAD_MS = 10 * 60_000;
const LOAD_SPREAD_CACHED_MS = 60 * 60_000;
const TASKS_PER_TURN_MAX = 8;

interface Waiter {
  readonly key: Uint8Array;
  readonly holders: number;
  readonly resolve: (holders: number) => void;
}

/** What a pass over the index takes up. The plan has an end, and rows come by id: what was
 * published or is hosted has to be in it before what is cached, and what tells of a file before a
 * chunk. */
const LOAD_PASSES = ["pinned", "manifests", "alone"] as const;

interface Load {
  after: ChunkId | undefined;
  /** Which of LOAD_PASSES. */
  pass: number;
  readonly store: Pick<ChunkStore, "ids">;
}

/** Keeps the network told of what this node has: what was published, always; cached content by its
 * manifest. Runs the plan of dht/ and tells who waits for confirmations. */
export class Announcer implements LoopPart {
  readonly #plan: AnnouncePlan;
  readonly #service: Pick<DhtService, "announce">;
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #isDenied: (key: ChunkId) => boolean;
  /** BOUNDED by the publishes that run at once. */
  #waiters: Waiter[] = [];
  #load: Load | undefined;

  constructor(
    service: DhtService,
    clock: Clock,
    random: Random,
    wake: () => void,
    isDenied: (key: ChunkId) => boolean = () => false,
  ) {
    this.#isDenied = isDenied;
    this.#plan = new AnnouncePlan(random);
    this.#service = service;
    this.#clock = clock;
    this.#wake = wake;
    service.onContact = ({ kind, contact }) => {
      if (kind === "contact_added") this.#plan.handleContact(contact.nodeId, clock.now());
      else this.#plan.handleLoss(contact.nodeId);
    };
  }

  progress(): AnnounceProgress {
    return this.#plan.progress(this.#clock.now());
  }

  /** Passes over what is denied: a rule may have come while it was being stored.
   * @returns false if the plan is full: such content is found through its manifest alone. */
  add(keys: readonly Uint8Array[], options?: AnnounceKeyOptions): boolean {
    const now = this.#clock.now();
    let isAllTaken = true;
    for (const key of keys) {
      if (this.#isDenied(key as ChunkId)) continue;
      isAllTaken = this.#plan.add(key, now, options) && isAllTaken;
    }
    this.#wake();
    return isAllTaken;
  }

  remove(keys: readonly Uint8Array[]): void {
    for (const key of keys) this.#plan.remove(key);
  }

  /** Takes up what a former run left in the store: pinned objects under every name, cached
   * manifests under both of theirs, cached chunks that came without one. Again when the denylist
   * has changed: what it names is announced no more, and what it does not name any more, again. */
  loadFrom(store: Pick<ChunkStore, "ids">): void {
    this.#load = { after: undefined, pass: 0, store };
    this.#wake();
  }

  /** Resolves with how many other nodes confirmed to hold the record of `key`, once there are
   * `holders` of them. @throws {SkerryError} LOOKUP_TIMED_OUT, CANCELLED. */
  async confirmed(key: Uint8Array, holders: number, options: ReadOptions): Promise<number> {
    const known = this.#plan.holders(key) ?? 0;
    if (known >= holders) return known;
    let waiter: Waiter | undefined;
    const waiting = new Promise<number>((resolve) => {
      waiter = { key, holders, resolve };
      this.#waiters.push(waiter);
    });
    try {
      return await withDeadline(waiting, this.#clock, options, (waitedMs) => {
        const have = this.#plan.holders(key) ?? 0;
        const what = `${have} of ${holders} nodes confirmed the record of ${toHex(key)}`;
        return new SkerryError("LOOKUP_TIMED_OUT", `Only ${what} within ${waitedMs} ms`);
      });
    } finally {
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
    }
  }

  turn(now: Instant): void {
    this.#loadPage(now);
    for (let count = 0; count < TASKS_PER_TURN_MAX; count++) {
      const task = this.#plan.next(now);
      if (task === undefined) return;
      const announcing = this.#service.announce(task.keys, task.flags);
      if (announcing === undefined) {
        this.#plan.handleOutcome(task.id, undefined, now);
        return;
      }
      void announcing.then((outcome) => {
        this.#plan.handleOutcome(task.id, outcome, this.#clock.now());
        this.#settleWaiters();
        this.#wake();
      });
    }
  }

  nextTimeout(): Instant | undefined {
    return this.#load === undefined ? this.#plan.nextTimeout() : this.#clock.now();
  }

  #loadPage(now: Instant): void {
    const load = this.#load;
    if (load === undefined) return;
    const pass = LOAD_PASSES[load.pass];
    const page = load.store.ids(load.after, LOAD_PAGE);
    for (const row of page) {
      if (passOf(row) !== pass) continue;
      const { id, alias, pinned } = row;
      if (this.#isDenied(id)) {
        this.remove(alias === undefined ? [id] : [id, alias]);
        continue;
      }
      const spreadMs = pinned ? LOAD_SPREAD_MS : LOAD_SPREAD_CACHED_MS;
      const options = { spreadMs, isPartial: !pinned, isAlone: pass === "alone" };
      this.#plan.add(id, now, options);
      if (alias !== undefined) this.#plan.add(alias, now, options);
    }
    load.after = page.at(-1)?.id;
    if (page.length === LOAD_PAGE) return;
    load.after = undefined;
    load.pass++;
    if (load.pass === LOAD_PASSES.length) this.#load = undefined;
  }

  #settleWaiters(): void {
    for (const waiter of this.#waiters) {
      const holders = this.#plan.holders(waiter.key) ?? 0;
      if (holders >= waiter.holders) waiter.resolve(holders);
    }
  }
}

/** A publication whose record fewer nodes hold than was asked for: nothing of it is lost. */
export function unconfirmed(error: SkerryError, link: string): SkerryError {
  const rest = `${link} is published on this node, which goes on announcing it`;
  const hint = "wait for fewer nodes, or for more nodes to join";
  return new SkerryError(error.code, `${error.message}. ${rest}; ${hint}`, { cause: error });
}

/** @returns undefined for a chunk of a file: its manifest tells of it. */
function passOf({ pinned, alias, isAlone }: StoredId): (typeof LOAD_PASSES)[number] | undefined {
  if (pinned) return "pinned";
  if (alias !== undefined) return "manifests";
  return isAlone === true ? "alone" : undefined;
}
