import { after, BoundedMap, type Instant, type Random, randomUnit, toHex } from "../lib/mod.ts";
import { PROVIDER_PARTIAL } from "../wire/mod.ts";
import { prefix32 } from "./distance.ts";
import type { AnnouncedKey, AnnounceOutcome } from "./events.ts";
import { KEY_ALONE, KEY_PARTIAL, KEY_RUNNING, KEY_URGENT, PlannedKeys } from "./planned_keys.ts";

export interface AnnouncePlanConfig {
  /** Keys in the plan: 2^20 chunks are 1 TiB; ~60 bytes each. */
  readonly keysMax: number;
  /** Of them, keys of cached chunks without a manifest: readers may bring any number of those. */
  readonly aloneKeysMax: number;
  /** Keys of one task. */
  readonly taskKeysMax: number;
  readonly tasksMax: number;
  /** Pause between the starts of two tasks, ms: bounds the work per second. */
  readonly taskIntervalMs: number;
  /** Records live 24 h and are renewed well before. */
  readonly republishMs: number;
  /** A key whose neighbourhood changed again is not announced again sooner than this. */
  readonly repeatMinMs: number;
  /** Wait before keys are tried again that nobody could be told of, or that everybody refused. */
  readonly retryMs: number;
  readonly refusedRetryMs: number;
}

export const ANNOUNCE_PLAN_DEFAULTS: AnnouncePlanConfig = {
  keysMax: 1_048_576,
  aloneKeysMax: 262_144,
  taskKeysMax: 1024,
  tasksMax: 4,
  taskIntervalMs: 50,
  republishMs: 11 * 3_600_000,
  repeatMinMs: 15_000,
  retryMs: 5000,
  refusedRetryMs: 300_000,
};

export interface AnnounceKeyOptions {
  /** Before all others, in a task without them: somebody waits for the confirmation. */
  readonly isUrgent?: boolean;
  /** We hold the manifest and part of what it lists. */
  readonly isPartial?: boolean;
  /** A cached chunk that came by its own id. At most `aloneKeysMax` are taken, so that no number
   * of them keeps out what was published or is hosted. */
  readonly isAlone?: boolean;
  /** Spread the first announces over so many ms, region by region: for what a start loads. */
  readonly spreadMs?: number;
}

export interface AnnounceTask {
  readonly id: number;
  /** Hand to Dht.announce(): 1 … taskKeysMax keys, near one another. */
  readonly keys: readonly Uint8Array[];
  /** PROVIDER_PARTIAL or 0, the same for all. */
  readonly flags: number;
}

export interface AnnounceProgress {
  readonly keys: number;
  /** Not yet confirmed by any other node, or due again. */
  readonly pending: number;
}

/** Newcomers remembered, to tell a new neighbour from one that was there at the last announce. */
const NODES_MAX = 4096;
/** Republishing is spread over the last tenth of its period, so that loads do not stay in step. */
const REPUBLISH_JITTER = 0.1;

/** A node by the first bits of its id, and since when it is known here. */
interface Met {
  readonly prefix: number;
  readonly since: Instant;
}

interface Task {
  readonly keys: readonly Uint8Array[];
  readonly isUrgent: boolean;
  readonly startedAt: Instant;
}

/** When to announce which keys: at once, again at 11 h, and again when a node appears that is
 * nearer to a key than those that were told (so nothing published before there were peers is lost).
 * Pure planning; Dht.announce() does the work. BOUNDED by `keysMax`. */
export class AnnouncePlan {
  readonly #config: AnnouncePlanConfig;
  readonly #random: Random;
  readonly #keys: PlannedKeys;
  readonly #urgent: Uint8Array[] = [];
  readonly #tasks = new Map<number, Task>();
  /** By hex id. */
  readonly #nodes = new BoundedMap<string, Met>(NODES_MAX);
  readonly #contacts = new Set<string>();
  /** Where in the keyspace the first announces begin, 0 … 1: nodes start at different places. */
  readonly #origin: number;
  #nextTask = 1;
  #nextTaskAt = 0 as Instant;
  /** No key that is not urgent is due before this. */
  #earliestDue = Infinity as Instant;
  #cursor = 0;

  constructor(random: Random, config: AnnouncePlanConfig = ANNOUNCE_PLAN_DEFAULTS) {
    this.#config = config;
    this.#random = random;
    this.#origin = randomUnit(random);
    this.#keys = new PlannedKeys(config.keysMax, random);
  }

  /** Adds a key, or changes what is said of it. @returns false if the plan is full. */
  add(key: Uint8Array, now: Instant, options: AnnounceKeyOptions = {}): boolean {
    const { isUrgent = false, isPartial = false, isAlone = false, spreadMs = 0 } = options;
    const known = this.#keys.find(key);
    const isOver = isAlone && this.#keys.aloneCount >= this.#config.aloneKeysMax;
    if (known === undefined && isOver) return false;
    const slot = known ?? this.#keys.enter(key);
    if (slot === undefined) return false;
    const isNews = known === undefined || isUrgent ||
      this.#keys.has(slot, KEY_PARTIAL) !== isPartial;
    this.#keys.set(slot, KEY_PARTIAL, isPartial);
    // What is known for something else stays it, though it comes alone as well.
    const mayBeAlone = known === undefined || this.#keys.has(slot, KEY_ALONE);
    this.#keys.set(slot, KEY_ALONE, isAlone && mayBeAlone);
    if (isUrgent) this.#hurry(key, slot);
    if (isNews) this.#setDue(slot, after(now, this.#place(key) * spreadMs));
    return true;
  }

  /** Where the key lies on the way once round the keyspace, 0 … 1. Neighbours are due together, so
   * that one lookup serves them and the next region waits for its time. */
  #place(key: Uint8Array): number {
    return (prefix32(key) / 2 ** 32 + this.#origin) % 1;
  }

  /** The key is held no more: its records run out by themselves. */
  remove(key: Uint8Array): void {
    this.#keys.remove(key);
  }

  /** The next task to start now, if one is due. Every task is followed by handleOutcome. */
  next(now: Instant): AnnounceTask | undefined {
    if (!this.#mayStart() || this.#nextTaskAt > now) return undefined;
    const urgent = this.#takeUrgent();
    const slots = urgent.length > 0 ? urgent : this.#takeDue(now);
    const [first] = slots;
    if (first === undefined) return undefined;
    for (const slot of slots) {
      this.#keys.set(slot, KEY_RUNNING, true);
      this.#keys.set(slot, KEY_URGENT, false);
    }
    const id = this.#nextTask++;
    const keys = slots.map((slot) => this.#keys.key(slot));
    this.#tasks.set(id, { keys, isUrgent: urgent.length > 0, startedAt: now });
    this.#nextTaskAt = after(now, this.#config.taskIntervalMs);
    return { id, keys, flags: this.#keys.has(first, KEY_PARTIAL) ? PROVIDER_PARTIAL : 0 };
  }

  /** A task is over. @param outcome undefined if it could not be started. */
  handleOutcome(taskId: number, outcome: AnnounceOutcome | undefined, now: Instant): void {
    const task = this.#tasks.get(taskId);
    if (task === undefined) return;
    this.#tasks.delete(taskId);
    for (const nodeId of outcome?.nodes ?? []) this.#meet(nodeId, task.startedAt);
    const newcomers = [...this.#nodes.values()].filter(({ since }) => since > task.startedAt);
    const covered = new Set<number>();
    for (const told of outcome?.covered ?? []) {
      const slot = this.#keys.find(told.key);
      if (slot === undefined) continue;
      covered.add(slot);
      this.#keys.announcedAt[slot] = task.startedAt;
      this.#note(slot, told, outcome?.nodes.length ?? 0, newcomers, now);
    }
    for (const key of task.keys) {
      const slot = this.#keys.find(key);
      if (slot === undefined) continue;
      this.#keys.set(slot, KEY_RUNNING, false);
      if (covered.has(slot)) continue;
      if (outcome === undefined) this.#setDue(slot, after(now, this.#config.retryMs));
      else if (task.isUrgent) this.#hurry(key, slot);
      else this.#setDue(slot, Math.max(now, this.#keys.due[slot] ?? 0) as Instant);
    }
  }

  /** A node came into the routing table: keys it is nearer to than those told are due again. */
  handleContact(nodeId: Uint8Array, now: Instant): void {
    this.#contacts.add(toHex(nodeId));
    const { prefix, since } = this.#meet(nodeId, now);
    for (let slot = 0; slot < this.#keys.slots; slot++) { // a million in a few ms: keep it plain
      if (this.#keys.isUsed(slot) && this.#keys.lacks(slot, prefix, since)) {
        this.#setDue(slot, this.#soon(slot, now));
      }
    }
  }

  /** A node left the routing table; when it comes back it may have lost its records. */
  handleLoss(nodeId: Uint8Array): void {
    const key = toHex(nodeId);
    this.#contacts.delete(key);
    this.#nodes.delete(key);
  }

  nextTimeout(): Instant | undefined {
    if (!this.#mayStart()) return undefined;
    const due = this.#urgent.length > 0 ? this.#nextTaskAt : this.#earliestDue;
    if (due === Infinity) return undefined;
    return Math.max(due, this.#nextTaskAt) as Instant;
  }

  /** How many other nodes confirmed the record at the last announce; undefined: not in the plan. */
  holders(key: Uint8Array): number | undefined {
    const slot = this.#keys.find(key);
    return slot === undefined ? undefined : this.#keys.holders[slot] ?? 0;
  }

  progress(now: Instant): AnnounceProgress {
    let pending = 0;
    for (let slot = 0; slot < this.#keys.slots; slot++) {
      if (!this.#keys.isUsed(slot)) continue;
      const isTold = this.#keys.holders[slot] !== 0 && !this.#keys.has(slot, KEY_RUNNING);
      if (!isTold || this.#keys.isDue(slot, now)) pending++;
    }
    return { keys: this.#keys.size, pending };
  }

  #mayStart(): boolean {
    return this.#contacts.size > 0 && this.#tasks.size < this.#config.tasksMax;
  }

  #hurry(key: Uint8Array, slot: number): void {
    this.#keys.set(slot, KEY_URGENT, true);
    this.#urgent.push(Uint8Array.from(key));
  }

  /** Urgent keys with the flags of the first, in the order they came. */
  #takeUrgent(): number[] {
    const slots: number[] = [];
    let isPartial: boolean | undefined;
    for (let key = this.#urgent[0]; key !== undefined; key = this.#urgent[0]) {
      if (slots.length >= this.#config.taskKeysMax) break;
      const slot = this.#keys.find(key);
      const isWaiting = slot !== undefined && this.#keys.has(slot, KEY_URGENT) &&
        !this.#keys.has(slot, KEY_RUNNING);
      if (isWaiting) {
        isPartial ??= this.#keys.has(slot, KEY_PARTIAL);
        if (this.#keys.has(slot, KEY_PARTIAL) !== isPartial) break;
      }
      this.#urgent.shift();
      if (!isWaiting) continue;
      this.#keys.set(slot, KEY_URGENT, false);
      slots.push(slot);
    }
    return slots;
  }

  /** One due key and its nearest due neighbours with the same flags, at most a task's worth. */
  #takeDue(now: Instant): number[] {
    if (this.#earliestDue > now) return [];
    const first = this.#findDue(now);
    if (first === undefined) return [];
    const isPartial = this.#keys.has(first, KEY_PARTIAL);
    return this.#keys.nearest(
      first,
      this.#config.taskKeysMax,
      (slot) => this.#mayGoAlong(slot, now) && this.#keys.has(slot, KEY_PARTIAL) === isPartial,
    );
  }

  /** Whether a key is announced with a neighbour that is due: if it is due too, or would be within
   * the time over which republishing is spread. Else each key of a region would have a lookup of
   * its own. One that all refused, or that was announced just now, waits for its time. */
  #mayGoAlong(slot: number, now: Instant): boolean {
    if (this.#keys.isDue(slot, now)) return true;
    const { republishMs, repeatMinMs } = this.#config;
    if (!this.#keys.isDue(slot, after(now, republishMs * REPUBLISH_JITTER))) return false;
    const announcedAt = this.#keys.announcedAt[slot] ?? -Infinity;
    if (announcedAt === -Infinity) return true;
    return this.#keys.holders[slot] !== 0 && announcedAt + repeatMinMs <= now;
  }

  /** The next due key after the last one found; notes when there is none. */
  #findDue(now: Instant): number | undefined {
    let earliest = Infinity;
    const { slots } = this.#keys;
    for (let i = 0; i < slots; i++) {
      const slot = (this.#cursor + i) % slots;
      if (this.#keys.isDue(slot, now)) {
        this.#cursor = slot + 1;
        return slot;
      }
      const isWaiting = this.#keys.isUsed(slot) && !this.#keys.has(slot, KEY_RUNNING);
      if (isWaiting) earliest = Math.min(earliest, this.#keys.due[slot] ?? 0);
    }
    this.#earliestDue = earliest as Instant;
    return undefined;
  }

  #setDue(slot: number, due: Instant): void {
    this.#keys.due[slot] = due;
    if (due < this.#earliestDue) this.#earliestDue = due;
  }

  /** Enters what an announce has brought, and when the key is due again. @param newcomers nodes
   * that came while it ran. */
  #note(
    slot: number,
    told: AnnouncedKey,
    nodes: number,
    newcomers: readonly Met[],
    now: Instant,
  ): void {
    const { republishMs, retryMs, refusedRetryMs } = this.#config;
    this.#keys.holders[slot] = Math.min(told.holders, 255);
    this.#keys.reach[slot] = told.reach;
    const spread = 1 - REPUBLISH_JITTER * randomUnit(this.#random);
    if (nodes === 0) this.#setDue(slot, after(now, retryMs));
    else if (newcomers.some(({ prefix, since }) => this.#keys.lacks(slot, prefix, since))) {
      this.#setDue(slot, this.#soon(slot, now));
    } else {
      this.#setDue(slot, after(now, told.holders === 0 ? refusedRetryMs : republishMs * spread));
    }
  }

  #soon(slot: number, now: Instant): Instant {
    if (this.#keys.holders[slot] === 0) return now;
    const earliest = (this.#keys.announcedAt[slot] ?? 0) + this.#config.repeatMinMs;
    return Math.max(now, earliest) as Instant;
  }

  /** Notes a node, unless it is known: since when is it there? */
  #meet(nodeId: Uint8Array, now: Instant): Met {
    const key = toHex(nodeId);
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const news = { prefix: prefix32(nodeId), since: now };
    this.#nodes.set(key, news);
    return news;
  }
}
