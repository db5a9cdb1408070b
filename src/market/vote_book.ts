import { assert, type Instant } from "../lib/mod.ts";
import { hashBytes, hashText, joinHashes } from "./seeded_hash.ts";

/** In an hour one network (/24, /48) counts for one read of a chunk, however often it reads. */
const VOTE_MS = 3_600_000;
/** Votes noted in an hour. Whole chunks at 76 MB/s are as many; what is sold beyond that counts
 * for nothing until the hour is over, whoever it was sold to. 2.5 MiB of memory. */
const VOTES_MAX = 2 ** 18;
/** Of them one network has so many: 4 GiB of chunks, and 64 networks to use up all. */
const VOTES_PER_VOTER_MAX = 4096;
/** Places that a vote may stand in. */
const WAYS = 4;
/** Networks share a counter with one in so many others. */
const VOTERS = 2 ** 16;

/** Which network had how much of what in this hour: so that nobody makes a chunk look popular by
 * reading it again and again, not even for money. Tables of fixed size; nothing is allocated for
 * anybody. Where it is wrong (one in 2^32 reads), or full, it counts too little. */
export class VoteBook {
  readonly #seed: number;
  readonly #marks = new Uint32Array(VOTES_MAX);
  readonly #bytes = new Uint32Array(VOTES_MAX);
  readonly #votesBy = new Uint16Array(VOTERS);
  #hour = -1;

  /** @param seed 32 bits that strangers do not know. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Counts a read.
   * @param voter the reader's network (prefixOf), or its key where addresses tell nothing.
   * @param bytes of it that were paid for. @param bytesMax the chunk's length.
   * @returns the bytes that count for the chunk, 0 … bytes. */
  count(id: Uint8Array, voter: string, bytes: number, bytesMax: number, now: Instant): number {
    assert(bytes >= 0 && bytes <= bytesMax, `${bytes} of ${bytesMax} bytes`);
    this.#turnTo(Math.floor(now / VOTE_MS));
    const voterHash = hashText(voter, this.#seed);
    const hash = joinHashes(hashBytes(id, this.#seed), voterHash);
    const mark = joinHashes(hash, hashBytes(id, ~this.#seed)) || 1; // 0 is an empty place
    const place = this.#placeOf(hash, mark, voterHash % VOTERS);
    if (place === undefined) return 0;
    const before = this.#bytes[place] ?? 0;
    const counted = Math.max(0, Math.min(bytes, bytesMax - before));
    this.#bytes[place] = before + counted;
    return counted;
  }

  #placeOf(hash: number, mark: number, voter: number): number | undefined {
    const first = hash % (VOTES_MAX / WAYS) * WAYS;
    for (let place = first; place < first + WAYS; place++) {
      if (this.#marks[place] === mark) return place;
      if (this.#marks[place] !== 0) continue;
      const votes = this.#votesBy[voter] ?? 0;
      if (votes >= VOTES_PER_VOTER_MAX) return undefined;
      this.#votesBy[voter] = votes + 1;
      this.#marks[place] = mark;
      return place;
    }
    return undefined;
  }

  #turnTo(hour: number): void {
    if (hour === this.#hour) return;
    this.#hour = hour;
    this.#marks.fill(0);
    this.#bytes.fill(0);
    this.#votesBy.fill(0);
  }
}
