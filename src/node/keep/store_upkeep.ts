import { type ChunkId, ID_BYTES, type SkerryError, toSkerryError } from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import type { StoreSpace } from "./store_space.ts";

const EVERY_MS = 1000;
/** Measuring asks the file system about every segment file. */
const MEASURE_MS = 60_000;
/** Of all objects, hashed anew in a day: hot ones are not hashed again after their first read, so
 * this is what finds rot while a node runs for months (gateway.md §9). */
const SCRUB_SHARE = 0.01;
const DAY_MS = 86_400_000;

export interface UpkeepDoors {
  readonly clock: Clock;
  readonly saveUses: () => Promise<void>;
  readonly space: Pick<StoreSpace, "measure" | "maintain">;
  /** Objects in the store. */
  readonly count: () => number;
  /** The one whose id comes next; undefined behind the last. */
  readonly next: (after: ChunkId | undefined) => ChunkId | undefined;
  /** Hashes an object anew; a damaged one is dropped, and told. */
  readonly reprove: (id: ChunkId) => Promise<unknown>;
  readonly onFailed: (error: SkerryError) => void;
}

/** What a store does by itself, once a second: writes down what was used, keeps within its space,
 * and goes through its objects in the order of their ids to prove 1 % of them a day, at most one a
 * second. */
export class StoreUpkeep {
  readonly #doors: UpkeepDoors;
  #cancelTimer = (): void => {};
  #running: Promise<void> | undefined;
  #isStopped = false;
  #measuredAt: number;
  #scrubbedAt: number;
  /** Objects that should have been proven by now and are not. */
  #owed = 0;
  #cursor: ChunkId | undefined;

  constructor(doors: UpkeepDoors) {
    this.#doors = doors;
    this.#measuredAt = doors.clock.now();
    this.#scrubbedAt = doors.clock.now();
    this.#cursor = anywhere(doors.clock.unixMs());
  }

  start(): void {
    if (this.#isStopped) return;
    this.#cancelTimer = this.#doors.clock.schedule(EVERY_MS, () => {
      this.#running = this.#turn().finally(() => this.start());
    });
  }

  /** Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer();
    await this.#running;
  }

  async #turn(): Promise<void> {
    const { clock, saveUses, space, onFailed } = this.#doors;
    try {
      await saveUses();
      if (clock.now() - this.#measuredAt >= MEASURE_MS) {
        this.#measuredAt = clock.now();
        await space.measure();
      }
      await space.maintain();
      await this.#scrub();
    } catch (error) {
      onFailed(toSkerryError(error, "DISK_FAILED", "Cannot keep the store in order"));
    }
  }

  async #scrub(): Promise<void> {
    const { clock, count, next, reprove } = this.#doors;
    const elapsedMs = clock.now() - this.#scrubbedAt;
    this.#scrubbedAt = clock.now();
    this.#owed += count() * SCRUB_SHARE * elapsedMs / DAY_MS;
    if (this.#owed < 1) return;
    this.#owed = Math.min(this.#owed - 1, 1); // a machine that slept does not make up for it
    const id = next(this.#cursor) ?? next(undefined);
    this.#cursor = id;
    if (id !== undefined) await reprove(id);
  }
}

/** A node that is started often should not prove the same few each time. */
function anywhere(unixMs: number): ChunkId {
  const id = new Uint8Array(ID_BYTES);
  new DataView(id.buffer).setUint32(0, Math.imul(unixMs % 2 ** 32, 0x9e3779b1) >>> 0);
  return id as ChunkId;
}
