import type { Instant } from "../lib/mod.ts";
import type { DhtContext } from "./context.ts";
import { decodeProviderPart, encodeProviderPart } from "./provider_part.ts";

/** Keys of a part: half a megabyte, some ten milliseconds of work. */
const KEYS_PER_PART = 16_384;

/** The provider records of others in parts, for the disk: a node that starts again answers as
 * before, and does not wait until everybody has announced again. */
export class ProviderArchive {
  readonly #context: DhtContext;

  constructor(context: DhtContext) {
    this.#context = context;
  }

  /** How many parts there are; part n holds other keys than part m, and changes with time. */
  get parts(): number {
    return Math.ceil(this.#context.records.keySlots / KEYS_PER_PART);
  }

  /** One of them as it is now. */
  part(number: number, now: Instant): Uint8Array {
    const first = number * KEYS_PER_PART;
    const { records } = this.#context;
    const unixSeconds = (instant: Instant): number => this.#context.unixSeconds(instant);
    return encodeProviderPart(records.kept(first, first + KEYS_PER_PART, unixSeconds, now));
  }

  /** Takes a part of an earlier run in: what has not expired and is not known better.
   * @returns how many records. */
  restore(part: Uint8Array, now: Instant): number {
    let taken = 0;
    for (const { key, records } of decodeProviderPart(part)) {
      for (const record of records) {
        const expires = (1_000 * record.expires - this.#context.wallOffsetMs) as Instant;
        if (this.#context.records.restore(key, record, expires, now)) taken++;
      }
    }
    return taken;
  }
}
