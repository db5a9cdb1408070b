import { assert, type Instant } from "../lib/mod.ts";
import { hashText } from "./seeded_hash.ts";

const HOUR_MS = 3_600_000;
/** What a network has asked for counts up to this many times what it took: readers call off what
 * another holder was faster with, and a range narrows where 1.5 times as much is asked for as is
 * sold (serving_loop.ts). */
const ASKED_PER_TAKEN = 2;
/** And this much besides, in bytes of an hour, so that a first question counts: of a chunk that is
 * out of range nobody takes anything. */
export const ASKED_FREE_BYTES = 16 * 2 ** 20;
/** Networks share a counter with one in so many others; 1 MiB of memory for both tables. */
const VOTERS = 2 ** 16;

/** How far what is asked for is demand: asking costs nothing where nobody is charged, and where
 * one is, a FETCH that is called off costs its fee. In any hour a network's questions count for as
 * much as it takes, ASKED_PER_TAKEN times, and ASKED_FREE_BYTES: so who asks and takes nothing
 * moves nothing for long. Tables of fixed size; nothing is allocated for anybody. */
export class AskBook {
  readonly #seed: number;
  readonly #asked = new Float64Array(VOTERS);
  readonly #taken = new Float64Array(VOTERS);
  #hour = -1;

  /** @param seed 32 bits that strangers do not know. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Somebody asks for so many bytes.
   * @param voter its network (prefixOf), or its key where addresses tell nothing.
   * @returns how many of them count, 0 … bytes. */
  count(voter: string, bytes: number, now: Instant): number {
    assert(bytes >= 0, `${bytes} bytes`);
    const place = this.#placeOf(voter, now);
    const before = this.#asked[place] ?? 0;
    const most = ASKED_PER_TAKEN * (this.#taken[place] ?? 0) + ASKED_FREE_BYTES;
    const counted = Math.max(0, Math.min(bytes, most - before));
    this.#asked[place] = before + counted;
    return counted;
  }

  /** It has acknowledged so many bytes. */
  noteTaken(voter: string, bytes: number, now: Instant): void {
    const place = this.#placeOf(voter, now);
    this.#taken[place] = (this.#taken[place] ?? 0) + bytes;
  }

  #placeOf(voter: string, now: Instant): number {
    const hour = Math.floor(now / HOUR_MS);
    if (hour !== this.#hour) {
      this.#hour = hour;
      this.#asked.fill(0);
      this.#taken.fill(0);
    }
    return hashText(voter, this.#seed) % VOTERS;
  }
}
