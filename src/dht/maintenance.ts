import { after, earliest, type Instant, shuffle, toHex } from "../lib/mod.ts";
import { asKnown, type DhtContext } from "./context.ts";
import { randomIdAt } from "./distance.ts";
import type { DhtTarget, KnownNode } from "./events.ts";
import type { FinishedLookup, Lookups } from "./lookups.ts";
import { NodeSearch } from "./search.ts";

/** Provider records looked at per ping interval: all of them about once a minute. Signed ones are
 * far fewer: they are looked at together in every twelfth. */
const SWEEPS_PER_ROUND = 12;

/** Whether a bucket has become idle is looked at so often in the time after which it counts as
 * idle; a node that comes in has it looked at soon. */
const LOOKS_PER_IDLE_TIME = 16;

/** Keeps the table alive: joins, pings a random contact, refreshes idle buckets, looks for our own
 * neighbours, and tries again while nobody is there. */
export class Maintenance {
  readonly #context: DhtContext;
  readonly #lookups: Lookups;
  /** Where to begin when the table is empty: seeds given, and contacts of old. */
  #seeds: readonly DhtTarget[] = [];
  #remembered: readonly KnownNode[] = [];
  /** Some node we began with has answered: we are in the network and not an island beside it. */
  #isAnchored = false;
  #isJoining = false;
  #isRefreshing = false;
  #rejoinDelayMs: number;
  #rejoinAt: Instant | undefined;
  #pingAt: Instant | undefined;
  #pings = 0;
  #refreshAt: Instant | undefined;
  #selfLookupAt: Instant | undefined;
  /** Contacts when our neighbours were last looked for. */
  #sizeThen = 0;

  constructor(context: DhtContext, lookups: Lookups) {
    this.#context = context;
    this.#lookups = lookups;
    this.#rejoinDelayMs = context.config.rejoinMinMs;
  }

  /** Starts joining, and with it all the housekeeping. */
  join(seeds: readonly DhtTarget[], known: readonly KnownNode[], now: Instant): void {
    const { rememberedMax, pingIntervalMs, refreshIntervalMs } = this.#context.config;
    this.#seeds = seeds;
    this.#remembered = known.slice(0, rememberedMax);
    this.#pingAt ??= after(now, pingIntervalMs);
    this.#refreshAt ??= after(now, refreshIntervalMs);
    this.#lookUpSelf(now);
  }

  /** A contact has come in. Housekeeping starts with the first; and whoever has twice as many as
   * when it looked for its neighbours (it may have joined by a node that knew nobody yet) looks
   * again soon: log2 N times at most. */
  noteContact(now: Instant): void {
    const { pingIntervalMs, refreshIntervalMs, selfLookupIntervalMs } = this.#context.config;
    this.#pingAt ??= after(now, pingIntervalMs);
    this.#selfLookupAt ??= after(now, selfLookupIntervalMs);
    this.#refreshAt = earliest(this.#refreshAt, after(now, refreshIntervalMs));
    if (this.#isJoining || this.#context.table.size < 2 * this.#sizeThen) return;
    this.#selfLookupAt = earliest(this.#selfLookupAt, after(now, 2 * refreshIntervalMs));
  }

  /** A contact has gone. It may come back: remembered as long as there is room. */
  noteLoss(contact: KnownNode, now: Instant): void {
    const key = toHex(contact.publicKey);
    const others = this.#remembered.filter((node) => toHex(node.publicKey) !== key);
    this.#remembered = [contact, ...others].slice(0, this.#context.config.rememberedMax);
    if (this.#context.table.size > 0) return;
    this.#isAnchored = false;
    if (!this.#isJoining) this.#rejoinAt ??= after(now, this.#rejoinDelayMs);
  }

  handleTimeout(now: Instant): void {
    const { config } = this.#context;
    if (isDue(this.#pingAt, now)) {
      this.#pingAt = after(now, config.pingIntervalMs);
      this.#ping(now);
      const { records, signedRecords } = this.#context;
      records.sweep(Math.ceil(config.records.recordsMax / SWEEPS_PER_ROUND), now);
      if (this.#pings++ % SWEEPS_PER_ROUND === 0) signedRecords.sweep(now);
    }
    if (isDue(this.#refreshAt, now)) this.#refresh(now);
    if (isDue(this.#rejoinAt, now) || isDue(this.#selfLookupAt, now)) this.#lookUpSelf(now);
  }

  nextTimeout(): Instant | undefined {
    return earliest(this.#pingAt, this.#refreshAt, this.#selfLookupAt, this.#rejoinAt);
  }

  /** Contacts worth storing for the next start, a random choice if there are more. */
  remembered(): KnownNode[] {
    const { table, random, config } = this.#context;
    const alive = [...table.contacts()].filter((contact) => contact.failures === 0).map(asKnown);
    const chosen = shuffle(random, alive).slice(0, config.rememberedMax);
    const keys = new Set(chosen.map((node) => toHex(node.publicKey)));
    const old = this.#remembered.filter((node) => !keys.has(toHex(node.publicKey)));
    return [...chosen, ...old].slice(0, config.rememberedMax);
  }

  /** A random contact, and one that has been silent: it is confirmed or on its way out. */
  #ping(now: Instant): void {
    const { table, random, config, requests } = this.#context;
    const picked = table.pick(random), doubtful = table.pickDoubtful(random);
    for (const contact of doubtful === picked ? [picked] : [picked, doubtful]) {
      if (contact === undefined || requests.room === 0) continue;
      if (now - contact.lastSeen < config.pingIntervalMs && contact.failures === 0) continue;
      const question = { type: "PING", seq: 1 } as const;
      this.#context.ask(question, contact, { kind: "ping" }, now, contact.key);
    }
  }

  /** One idle bucket at a time, the widest first. */
  #refresh(now: Instant): void {
    const { table, random, config, self } = this.#context;
    this.#refreshAt = after(now, config.refreshIntervalMs);
    if (this.#isRefreshing || this.#isJoining) return;
    const [idle] = table.idleBuckets(after(now, -config.bucketIdleMs));
    if (idle === undefined) {
      this.#refreshAt = after(now, config.bucketIdleMs / LOOKS_PER_IDLE_TIME);
      return;
    }
    this.#isRefreshing = true;
    this.#find(randomIdAt(self.nodeId, idle, random), [], () => this.#isRefreshing = false, now);
  }

  /** Also begins at the seeds again: two networks that grew apart find each other by them. */
  #lookUpSelf(now: Instant): void {
    this.#rejoinAt = undefined;
    this.#selfLookupAt = after(now, this.#context.config.selfLookupIntervalMs);
    if (this.#isJoining) return;
    const { table, self } = this.#context;
    this.#isJoining = true;
    const seeds = this.#isAnchored ? this.#seeds : [...this.#seeds, ...this.#remembered];
    this.#find(self.nodeId, seeds, ({ hasAnswered }, at) => {
      this.#isJoining = false;
      this.#isAnchored ||= seeds.length === 0 ||
        seeds.some((seed) => hasAnswered(toHex(seed.publicKey)));
      this.#sizeThen = Math.max(table.size, 1);
      this.#context.emit({ kind: "joined", contacts: table.size });
      if (!this.#isAnchored || table.size === 0) this.#tryAgain(at);
    }, now);
  }

  #tryAgain(now: Instant): void {
    const { rejoinMinMs, rejoinMaxMs } = this.#context.config;
    if (this.#seeds.length + this.#remembered.length === 0) return;
    this.#rejoinAt = after(now, this.#rejoinDelayMs);
    this.#rejoinDelayMs = Math.min(2 * this.#rejoinDelayMs, rejoinMaxMs);
    if (this.#isAnchored) this.#rejoinDelayMs = rejoinMinMs;
  }

  #find(
    target: Uint8Array,
    seeds: readonly (DhtTarget | KnownNode)[],
    whenDone: (lookup: FinishedLookup, now: Instant) => void,
    now: Instant,
  ): void {
    const { config } = this.#context;
    const id = this.#lookups.start({
      target,
      search: new NodeSearch(config.want),
      width: config.k,
      timeoutMs: config.lookupTimeoutMs,
      seeds,
      onFinished: whenDone,
    }, now);
    if (id !== undefined) return;
    this.#isJoining = false;
    this.#isRefreshing = false;
  }
}

function isDue(deadline: Instant | undefined, now: Instant): boolean {
  return deadline !== undefined && deadline <= now;
}
