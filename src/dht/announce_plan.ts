import { after, BoundedMap, type Instant, type Random, randomUnit, toHex } from "../lib/mod.ts";
import { PROVIDER_PARTIAL } from "../wire/mod.ts";
import { prefix32 } from "./distance.ts";
import type { AnnounceOutcome } from "./events.ts";
import { IdIndex, widened } from "./id_index.ts";

export interface AnnouncePlanConfig {
  /** Keys in the plan: 2^20 chunks are 1 TiB; ~60 bytes each. */
  readonly keysMax: number;
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
  /** Take a random time of so many ms for the first announce: for what is loaded at a start. */
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

/** Bits of a key's state byte: in a running task; to be announced before others; held in part. */
const RUNNING = 1, URGENT = 2, PARTIAL = 4;
/** Newcomers remembered, to tell a new neighbour from one that was there at the last announce. */
const NODES_MAX = 4096;
/** Republishing is spread over the last tenth of its period, so that loads do not stay in step. */
const REPUBLISH_JITTER = 0.1;

interface Task {
  readonly keys: readonly Uint8Array[];
  readonly startedAt: Instant;
}

/** When to announce which keys: at once, again at 11 h, and again when a node appears that is
 * nearer to a key than those that were told (so nothing published before there were peers is lost).
 * Pure planning over typed arrays; Dht.announce() does the work. BOUNDED by `keysMax`. */
export class AnnouncePlan {
  readonly #config: AnnouncePlanConfig;
  readonly #random: Random;
  readonly #keys: IdIndex;
  // By key number. Instants are 0 where the key number is free.
  #prefix = new Uint32Array(64);
  #reach = new Uint32Array(64);
  #due = new Float64Array(64);
  #announcedAt = new Float64Array(64);
  #holders = new Uint8Array(64);
  #state = new Uint8Array(64);
  #isUsed = new Uint8Array(64);
  readonly #urgent: Uint8Array[] = [];
  readonly #tasks = new Map<number, Task>();
  /** Nodes by hex id → since when they are known here. */
  readonly #nodes = new BoundedMap<string, { readonly prefix: number; readonly since: Instant }>(
    NODES_MAX,
  );
  readonly #contacts = new Set<string>();
  #nextTask = 1;
  #nextTaskAt = 0 as Instant;
  /** No key that is not urgent is due before this. */
  #earliestDue = Infinity as Instant;
  #cursor = 0;

  constructor(random: Random, config: AnnouncePlanConfig = ANNOUNCE_PLAN_DEFAULTS) {
    this.#config = config;
    this.#random = random;
    this.#keys = new IdIndex(config.keysMax, random);
  }

  /** Adds a key, or changes what is said of it. @returns false if the plan is full. */
  add(key: Uint8Array, now: Instant, options: AnnounceKeyOptions = {}): boolean {
    const known = this.#keys.find(key);
    const slot = known ?? this.#keys.insert(key);
    if (slot === undefined) return false;
    const flags = (options.isPartial === true ? PARTIAL : 0) | (options.isUrgent ? URGENT : 0);
    if (options.isUrgent === true) this.#urgent.push(Uint8Array.from(key));
    if (known !== undefined) {
      const state = this.#state[slot] ?? 0;
      const isNews = (state & PARTIAL) !== (flags & PARTIAL) || options.isUrgent === true;
      this.#state[slot] = (state & RUNNING) | flags;
      if (isNews) this.#setDue(slot, now);
      return true;
    }
    this.#widen(slot + 1);
    this.#isUsed[slot] = 1;
    this.#state[slot] = flags;
    this.#prefix[slot] = prefix32(key);
    this.#reach[slot] = 2 ** 32 - 1;
    this.#holders[slot] = 0;
    this.#announcedAt[slot] = -Infinity;
    this.#setDue(slot, after(now, randomUnit(this.#random) * (options.spreadMs ?? 0)));
    return true;
  }

  /** The key is held no more: its records run out by themselves. */
  remove(key: Uint8Array): void {
    const slot = this.#keys.remove(key);
    if (slot !== undefined) this.#isUsed[slot] = 0;
  }

  /** The next task to start now, if one is due. Every task is followed by handleOutcome. */
  next(now: Instant): AnnounceTask | undefined {
    if (!this.#mayStart() || this.#nextTaskAt > now) return undefined;
    const urgent = this.#takeUrgent();
    const slots = urgent.length > 0 ? urgent : this.#takeDue(now);
    if (slots.length === 0) return undefined;
    const keys = slots.map((slot) => Uint8Array.from(this.#keys.idAt(slot)));
    const isPartial = ((this.#state[slots[0] ?? 0] ?? 0) & PARTIAL) !== 0;
    for (const slot of slots) this.#state[slot] = (this.#state[slot] ?? 0) & ~URGENT | RUNNING;
    const id = this.#nextTask++;
    this.#tasks.set(id, { keys, startedAt: now });
    this.#nextTaskAt = after(now, this.#config.taskIntervalMs);
    return { id, keys, flags: isPartial ? PROVIDER_PARTIAL : 0 };
  }

  /** A task is over. @param outcome undefined if it could not be started. */
  handleOutcome(taskId: number, outcome: AnnounceOutcome | undefined, now: Instant): void {
    const task = this.#tasks.get(taskId);
    if (task === undefined) return;
    this.#tasks.delete(taskId);
    for (const nodeId of outcome?.nodes ?? []) this.#meet(nodeId, task.startedAt);
    const newcomers = [...this.#nodes.values()].filter(({ since }) => since > task.startedAt);
    const covered = new Set<number>();
    for (const { key, holders, reach } of outcome?.covered ?? []) {
      const slot = this.#keys.find(key);
      if (slot === undefined) continue;
      covered.add(slot);
      this.#holders[slot] = Math.min(holders, 255);
      this.#reach[slot] = reach;
      this.#announcedAt[slot] = task.startedAt;
      const isMissed = newcomers.some(({ prefix, since }) => this.#lacks(slot, prefix, since));
      this.#setDue(slot, this.#dueAgain(slot, outcome?.nodes.length ?? 0, isMissed, now));
    }
    for (const key of task.keys) {
      const slot = this.#keys.find(key);
      if (slot === undefined) continue;
      this.#state[slot] = (this.#state[slot] ?? 0) & ~RUNNING;
      if (covered.has(slot)) continue;
      this.#setDue(slot, outcome === undefined ? after(now, this.#config.retryMs) : now);
    }
  }

  /** A node came into the routing table: keys it is nearer to than those told are due again. */
  handleContact(nodeId: Uint8Array, now: Instant): void {
    this.#contacts.add(toHex(nodeId));
    const { prefix, since } = this.#meet(nodeId, now);
    for (let slot = 0; slot < this.#keys.slots; slot++) {
      if (this.#isUsed[slot] === 1 && this.#lacks(slot, prefix, since)) {
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
    return slot === undefined ? undefined : this.#holders[slot] ?? 0;
  }

  progress(now: Instant): AnnounceProgress {
    let pending = 0;
    for (let slot = 0; slot < this.#keys.slots; slot++) {
      if (this.#isUsed[slot] !== 1) continue;
      const isRunning = ((this.#state[slot] ?? 0) & RUNNING) !== 0;
      if (isRunning || this.#holders[slot] === 0 || (this.#due[slot] ?? 0) <= now) pending++;
    }
    return { keys: this.#keys.size, pending };
  }

  #mayStart(): boolean {
    return this.#contacts.size > 0 && this.#tasks.size < this.#config.tasksMax;
  }

  /** Urgent keys with the flags of the first, in the order they came. */
  #takeUrgent(): number[] {
    const slots: number[] = [];
    let flags: number | undefined;
    while (slots.length < this.#config.taskKeysMax) {
      const key = this.#urgent[0];
      if (key === undefined) break;
      const slot = this.#keys.find(key);
      const state = slot === undefined ? 0 : this.#state[slot] ?? 0;
      const isWaiting = slot !== undefined && (state & URGENT) !== 0 && (state & RUNNING) === 0;
      if (isWaiting && flags !== undefined && flags !== (state & PARTIAL)) break;
      this.#urgent.shift();
      if (!isWaiting) continue;
      flags = state & PARTIAL;
      this.#state[slot] = state & ~URGENT;
      slots.push(slot);
    }
    return slots;
  }

  /** One due key and its nearest due neighbours with the same flags, at most a task's worth. */
  #takeDue(now: Instant): number[] {
    if (this.#earliestDue > now) return [];
    const first = this.#findDue(now);
    if (first === undefined) return [];
    const flags = (this.#state[first] ?? 0) & PARTIAL;
    const prefix = this.#prefix[first] ?? 0;
    const shared = (slot: number): number => Math.clz32((this.#prefix[slot] ?? 0) ^ prefix);
    const suits = (slot: number): boolean =>
      this.#isDue(slot, now) && ((this.#state[slot] ?? 0) & PARTIAL) === flags;
    const counts = new Uint32Array(33);
    for (let slot = 0; slot < this.#keys.slots; slot++) {
      if (suits(slot)) counts[shared(slot)] = (counts[shared(slot)] ?? 0) + 1;
    }
    let depth = 32;
    let room = this.#config.taskKeysMax - (counts[32] ?? 0);
    while (depth > 0 && room > 0) room -= counts[--depth] ?? 0;
    const slots = [first];
    for (let at = 0; at < this.#keys.slots; at++) {
      if (at !== first && suits(at) && shared(at) > depth) slots.push(at);
    }
    for (let at = 0; at < this.#keys.slots && slots.length < this.#config.taskKeysMax; at++) {
      if (at !== first && suits(at) && shared(at) === depth) slots.push(at);
    }
    return slots.slice(0, this.#config.taskKeysMax);
  }

  /** The next due key after the last one found; notes when there is none. */
  #findDue(now: Instant): number | undefined {
    const { slots } = this.#keys;
    let earliest = Infinity;
    for (let i = 0; i < slots; i++) {
      const slot = (this.#cursor + i) % slots;
      if (this.#isDue(slot, now)) {
        this.#cursor = slot + 1;
        return slot;
      }
      const isWaiting = this.#isUsed[slot] === 1 && ((this.#state[slot] ?? 0) & RUNNING) === 0;
      if (isWaiting) earliest = Math.min(earliest, this.#due[slot] ?? 0);
    }
    this.#earliestDue = earliest as Instant;
    return undefined;
  }

  #isDue(slot: number, now: Instant): boolean {
    return this.#isUsed[slot] === 1 && ((this.#state[slot] ?? 0) & RUNNING) === 0 &&
      (this.#due[slot] ?? 0) <= now;
  }

  #setDue(slot: number, due: Instant): void {
    this.#due[slot] = due;
    if (due < this.#earliestDue) this.#earliestDue = due;
  }

  /** When a key just announced is due again. @param isMissed a near node came meanwhile. */
  #dueAgain(slot: number, nodes: number, isMissed: boolean, now: Instant): Instant {
    const { republishMs, retryMs, refusedRetryMs } = this.#config;
    if (nodes === 0) return after(now, retryMs);
    if (isMissed) return this.#soon(slot, now);
    if (this.#holders[slot] === 0) return after(now, refusedRetryMs);
    return after(now, republishMs * (1 - REPUBLISH_JITTER * randomUnit(this.#random)));
  }

  /** Whether a node is near enough to a key to hold its record, and came after it was announced. */
  #lacks(slot: number, nodePrefix: number, since: Instant): boolean {
    if (since <= (this.#announcedAt[slot] ?? 0)) return false;
    const reach = this.#reach[slot] ?? 0;
    const distance = (nodePrefix ^ (this.#prefix[slot] ?? 0)) >>> 0;
    return distance < reach || reach === 2 ** 32 - 1;
  }

  #soon(slot: number, now: Instant): Instant {
    if (this.#holders[slot] === 0) return now;
    const earliest = (this.#announcedAt[slot] ?? 0) + this.#config.repeatMinMs;
    return Math.max(now, earliest) as Instant;
  }

  /** Notes a node, unless it is known: since when is it there? */
  #meet(nodeId: Uint8Array, now: Instant): { readonly prefix: number; readonly since: Instant } {
    const key = toHex(nodeId);
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const news = { prefix: prefix32(nodeId), since: now };
    this.#nodes.set(key, news);
    return news;
  }

  #widen(slots: number): void {
    this.#prefix = widened(this.#prefix, slots);
    this.#reach = widened(this.#reach, slots);
    this.#due = widened(this.#due, slots);
    this.#announcedAt = widened(this.#announcedAt, slots);
    this.#holders = widened(this.#holders, slots);
    this.#state = widened(this.#state, slots);
    this.#isUsed = widened(this.#isUsed, slots);
  }
}
