import {
  after,
  BoundedMap,
  type ChunkId,
  type Instant,
  SkerryError,
  toHex,
} from "../../lib/mod.ts";

/** Ids remembered; the oldest is looked up again. */
const IDS_MAX = 16_384;
/** What one lookup that found nothing is worth, and the most that a row of them is (gateway.md §2):
 * somebody may publish it in the next moment. */
const ONCE_MS = 10_000;
const MOST_MS = 60_000;
/** With fewer nodes than this a lookup has not asked those that would know: k of the table. */
const NODES_TO_BE_SURE = 16;

interface Absence {
  readonly until: Instant;
  readonly forMs: number;
}

/** What nobody had a moment ago, so that asking again and again costs nobody a lookup. BOUNDED by
 * IDS_MAX. */
export class Absences {
  readonly #ids = new BoundedMap<string, Absence>(IDS_MAX);

  get size(): number {
    return this.#ids.size;
  }

  /** A lookup that converged found nobody: that holds for ten seconds, and for ten more each time
   * that a later lookup says so again soon after, if enough nodes were asked. What holds already
   * came of the same lookup, or one beside it, and is told as it is. @returns the error to tell. */
  note(id: ChunkId, answered: number, now: Instant): SkerryError {
    const key = toHex(id);
    const before = this.#ids.get(key);
    if (before !== undefined && now < before.until) return absent(key, before.until - now);
    const isAgain = before !== undefined && now < after(before.until, MOST_MS);
    const isSure = isAgain && answered >= NODES_TO_BE_SURE;
    const forMs = isSure ? Math.min(before.forMs + ONCE_MS, MOST_MS) : ONCE_MS;
    this.#ids.delete(key); // it is young again
    this.#ids.set(key, { until: after(now, forMs), forMs });
    return absent(key, forMs);
  }

  /** The same error as long as it holds; undefined if the network is to be asked. */
  of(id: ChunkId, now: Instant): SkerryError | undefined {
    const key = toHex(id);
    const known = this.#ids.get(key);
    return known === undefined || known.until <= now ? undefined : absent(key, known.until - now);
  }

  /** It is here now. */
  forget(id: ChunkId): void {
    this.#ids.delete(toHex(id));
  }
}

function absent(key: string, forMs: number): SkerryError {
  const holdsSeconds = Math.ceil(forMs / 1000);
  return new SkerryError("CHUNK_NOT_FOUND", `Nobody in the network has ${key}`, { holdsSeconds });
}
