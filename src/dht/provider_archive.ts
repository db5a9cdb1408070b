import type { Instant } from "../lib/mod.ts";
import type { DhtContext } from "./context.ts";
import { decodeProviderPart, encodeProviderPart } from "./provider_part.ts";

/** Records of a part, however many of them a key has: 128 KiB, 3 ms of work to write and 6 to take
 * in. */
const RECORDS_PER_PART = 4_096;

/** The provider records of others in parts, for the disk: a node that starts again answers as
 * before, and does not wait until everybody has announced again. */
export class ProviderArchive {
  readonly #context: DhtContext;

  constructor(context: DhtContext) {
    this.#context = context;
  }

  /** How many parts there are; part n holds other records than part m, and changes with time. */
  get parts(): number {
    return Math.ceil(this.#context.records.slots / RECORDS_PER_PART);
  }

  /** One of them as it is now. */
  part(number: number, now: Instant): Uint8Array {
    const first = number * RECORDS_PER_PART;
    const { records } = this.#context;
    const unixSeconds = (instant: Instant): number => this.#context.unixSeconds(instant);
    return encodeProviderPart(records.kept(first, first + RECORDS_PER_PART, unixSeconds, now));
  }

  /** Takes a part of an earlier run in: what has not expired and is not known better.
   * @returns how many records. */
  restore(part: Uint8Array, now: Instant): number {
    const { records, wallOffsetMs } = this.#context;
    const instant = (unixSeconds: number) => (1_000 * unixSeconds - wallOffsetMs) as Instant;
    let taken = 0;
    for (const kept of decodeProviderPart(part)) taken += records.restore(kept, instant, now);
    return taken;
  }
}
