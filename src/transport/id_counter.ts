import { after, type Instant } from "../lib/mod.ts";

const IDS = 0x1_0000;
const BLOCK = 4_096;

/** Gives out u16 ids in turn. An id may be used again 3 PTO after its last use ended (protocol.md
 * §2.2). That is kept per block of 4,096 ids, not per id: a block is entered once all that was
 * used in it has rested long enough, else it is passed over. */
export class IdCounter {
  #next: number;
  /** By block: until when its ids rest. */
  #restingUntil: Float64Array | undefined;

  /** @param next the first id to try. */
  constructor(next = 0) {
    this.#next = next;
  }

  /** The next id that is not in `live` and has rested; undefined if there is none. */
  take(live: { has(id: number): boolean }, now: Instant): number | undefined {
    for (let tried = 0; tried < IDS; tried++) {
      const id = this.#next;
      if (id % BLOCK === 0 && (this.#restingUntil?.[id / BLOCK] ?? 0) > now) {
        this.#next = (id + BLOCK) % IDS;
        tried += BLOCK - 1;
        continue;
      }
      this.#next = (id + 1) % IDS;
      if (!live.has(id)) return id;
    }
    return undefined;
  }

  /** The id that take() tries next. */
  get next(): number {
    return this.#next;
  }

  /** The use of `id` has ended; its block rests for `restMs` more. */
  finished(id: number, restMs: number, now: Instant): void {
    const block = Math.floor(id / BLOCK);
    const until = after(now, restMs);
    this.#restingUntil ??= new Float64Array(IDS / BLOCK).fill(-Infinity);
    if (until > (this.#restingUntil[block] ?? 0)) this.#restingUntil[block] = until;
  }
}
