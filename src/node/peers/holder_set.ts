import { after, type Instant, type PublicKey, SkerryError, toHex } from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import type {
  ConnectionHandle,
  DialTarget,
  Transport,
  TransportEvent,
} from "../../transport/mod.ts";

/** Holders kept connected for one key: more do not make a download faster (protocol.md §2.3). */
const HOLDERS_CONNECTED_MAX = 8;
/** A dial that has not been answered for so long counts no more: by then a second INIT has gone
 * unanswered too, and a file's records outlive many who fetched it. The attempt itself goes on. */
const DIAL_PATIENCE_MS = 600;
/** Dials at once, those included: as many as one answer names. */
const DIALS_MAX = 24;
/** Holders remembered beyond those, to replace the ones that fail. A reply holds at most 24. */
const CANDIDATES_MAX = 64;

/** How one lookup went; for Server-Timing and trace. */
export interface LookupOutcome {
  readonly rounds: readonly {
    readonly asked: number;
    readonly answered: number;
    /** Since the lookup's first question. */
    readonly startedMs: number;
    readonly ms: number;
  }[];
  readonly ms: number;
  /** False if it gave up before the closest nodes had answered. */
  readonly isConverged: boolean;
  /** How many nodes answered at all: none means that nobody could be asked. */
  readonly answered: number;
  /** Why there was no lookup at all. */
  readonly refusal?: SkerryError;
}

/** Asks the network who has `key`; tells each holder as soon as it is known. */
export type FindHolders = (
  key: Uint8Array,
  onHolder: (holder: DialTarget) => void,
) => Promise<LookupOutcome>;

export interface HolderReport {
  readonly target: DialTarget;
  readonly connection: ConnectionHandle | undefined;
  /** lacks: it says that it has not got the object; dropped: it was of no use otherwise. */
  readonly result: "candidate" | "connecting" | "connected" | "failed" | "dropped" | "lacks";
}

/** The holders of one key: found by a lookup, dialled, replaced when they fail. */
export class HolderSet {
  readonly key: Uint8Array;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #isUsable: (publicKey: PublicKey) => boolean;
  /** BOUNDED by CANDIDATES_MAX. */
  readonly #reports = new Map<string, HolderReport>();
  /** Dials that have been unanswered for too long; and what ends the patience with the others.
   * BOUNDED by DIALS_MAX. */
  readonly #overdue = new Set<ConnectionHandle>();
  readonly #patience = new Map<ConnectionHandle, () => void>();
  readonly #connected = new Set<ConnectionHandle>();
  /** Of no use to who found them so, and perhaps to others. BOUNDED by CANDIDATES_MAX. */
  readonly #beside = new Set<ConnectionHandle>();
  readonly #listeners = new Set<() => void>();
  #pendingLookups = 0;
  #startedAt: Instant;
  outcome: LookupOutcome | undefined;

  constructor(
    key: Uint8Array,
    transport: Transport,
    clock: Clock,
    isUsable: (publicKey: PublicKey) => boolean,
  ) {
    this.key = key;
    this.#transport = transport;
    this.#clock = clock;
    this.#isUsable = isUsable;
    this.#startedAt = clock.now();
  }

  /** Connections to holders, oldest first. */
  get connected(): ReadonlySet<ConnectionHandle> {
    return this.#connected;
  }

  /** Holders known, reached or not; who says that it has not got the object is none. */
  get found(): number {
    let count = 0;
    for (const { result } of this.#reports.values()) if (result !== "lacks") count++;
    return count;
  }

  /** No lookup and no dial is under way and no candidate is left: `connected` is all there is. */
  get isSettled(): boolean {
    if (this.#pendingLookups > 0) return false;
    for (const { result } of this.#reports.values()) {
      if (result === "connecting" || result === "candidate") return false;
    }
    return true;
  }

  isOlderThan(ms: number, now: Instant): boolean {
    return after(this.#startedAt, ms) <= now;
  }

  reports(): HolderReport[] {
    return [...this.#reports.values()];
  }

  /** Somebody waits for its news. */
  get isInUse(): boolean {
    return this.#listeners.size > 0;
  }

  /** @returns a function that ends the subscription. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Starts (or repeats) the lookup; resolves when it is over, never rejects. */
  async look(find: FindHolders): Promise<void> {
    if (this.#pendingLookups === 0) this.#forgive();
    this.#pendingLookups++;
    this.#startedAt = this.#clock.now();
    try {
      this.outcome = await find(this.key, (holder) => this.add(holder));
    } catch (error) {
      const refusal = error instanceof SkerryError ? { refusal: error } : {};
      this.outcome = { rounds: [], ms: 0, isConverged: false, answered: 0, ...refusal };
    } finally {
      this.#pendingLookups--;
      this.#changed();
    }
  }

  /** What made a holder useless may have passed: it was busy, its session ended, the object came
   * to it since. A new lookup that names it gives it another chance; `isUsable` keeps liars out. */
  #forgive(): void {
    for (const [key, { result }] of this.#reports) {
      if (result !== "candidate" && result !== "connecting" && result !== "connected") {
        this.#reports.delete(key);
      }
    }
  }

  add(target: DialTarget): void {
    const key = toHex(target.publicKey);
    const known = this.#reports.get(key);
    const isAgain = known?.result === "failed"; // it announced anew, perhaps from another address
    if (known !== undefined && !isAgain) return;
    if (!this.#isUsable(target.publicKey)) return;
    if (known === undefined && this.#reports.size >= CANDIDATES_MAX) return;
    this.#reports.set(key, { target, connection: undefined, result: "candidate" });
    this.#dial();
  }

  /** @param key the event's public key in hex, which the directory makes once for all its sets. */
  handleEvent(
    event: Extract<TransportEvent, { kind: "connected" | "connect_failed" | "closed" }>,
    key: string,
  ): void {
    const report = this.#reports.get(key);
    if (report === undefined || report.connection !== event.connection) return;
    const isUp = event.kind === "connected";
    this.#overdue.delete(event.connection);
    this.#patience.get(event.connection)?.();
    this.#patience.delete(event.connection);
    if (report.result === "dropped" || report.result === "lacks") return;
    this.#reports.set(key, { ...report, result: isUp ? "connected" : "failed" });
    if (isUp) this.#connected.add(event.connection);
    else this.#leave(event.connection);
    this.#dial();
    this.#changed();
  }

  /** This holder is of no use for this key; the next candidate takes its place. */
  drop(connection: ConnectionHandle, result: "dropped" | "lacks" = "dropped"): void {
    this.#leave(connection);
    for (const [key, report] of this.#reports) {
      if (report.connection === connection) {
        this.#reports.set(key, { ...report, result });
      }
    }
    this.#dial();
    this.#changed();
  }

  /** This holder is of no use to one of several who read by this key: it stays connected, and the
   * next candidate is dialled all the same. */
  putBeside(connection: ConnectionHandle): void {
    if (!this.#connected.has(connection)) return;
    this.#beside.add(connection);
    this.#dial();
    this.#changed();
  }

  #leave(connection: ConnectionHandle): void {
    this.#connected.delete(connection);
    this.#beside.delete(connection);
  }

  #dial(): void {
    let dials = 0;
    for (const { result } of this.#reports.values()) if (result === "connecting") dials++;
    let active = this.#connected.size - this.#beside.size + dials - this.#overdue.size;
    for (const [key, report] of this.#reports) {
      if (active >= HOLDERS_CONNECTED_MAX || dials >= DIALS_MAX) return;
      if (report.result !== "candidate") continue;
      const connection = this.#transport.connect(report.target, this.#clock.now());
      const isUp = this.#transport.info(connection)?.isEstablished ?? false;
      this.#reports.set(key, { ...report, connection, result: isUp ? "connected" : "connecting" });
      if (isUp) this.#connected.add(connection);
      else {
        dials++;
        const noteOverdue = (): void => this.#noteOverdue(connection);
        this.#patience.set(connection, this.#clock.schedule(DIAL_PATIENCE_MS, noteOverdue));
      }
      active++;
      this.#changed();
    }
  }

  /** Others are dialled beside one that does not answer, while somebody waits for them. */
  #noteOverdue(connection: ConnectionHandle): void {
    if (!this.#patience.delete(connection)) return;
    this.#overdue.add(connection);
    if (this.isInUse) this.#dial();
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
