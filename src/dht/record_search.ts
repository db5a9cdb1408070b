import { type Instant, toHex } from "../lib/mod.ts";
import {
  expiresMs,
  isSignedAhead,
  openRecord,
  saysTheSame,
  seqOf,
  supersedes,
  type Verified,
} from "../records/mod.ts";
import { isDrop, type Message } from "../wire/mod.ts";
import type { DhtContext, Question } from "./context.ts";
import type { DhtPeer } from "./events.ts";
import type { Search, SearchRun } from "./search.ts";

export interface RecordSearchOptions {
  /** What the caller knows already: only better is asked for. */
  readonly known: Verified | undefined;
  /** Enough once so many nodes told of the newest record; undefined = ask all of the nearest. */
  readonly agreeing: number | undefined;
}

/** Searches the newest record under a key. The greatest seq wins, even if its signed life is over:
 * what its owner has replaced must not come back. A node that hands out a forged record is blamed,
 * since it should have checked it. */
export class RecordSearch implements Search {
  readonly #context: DhtContext;
  readonly #options: RecordSearchOptions;
  #best: Verified | undefined;
  /** Hex keys of the nodes that tell of #best. */
  readonly #agreeing = new Set<string>();
  #unixMs = 0;

  constructor(context: DhtContext, options: RecordSearchOptions) {
    this.#context = context;
    this.#options = options;
    this.#best = options.known;
  }

  /** The newest record found; undefined if nobody has any. */
  get best(): Verified | undefined {
    return this.#best;
  }

  /** How many nodes told of it. */
  get agreeing(): number {
    return this.#agreeing.size;
  }

  get isEnough(): boolean {
    if (this.#best === undefined || this.#options.agreeing === undefined) return false;
    // A value under its own hash needs no second opinion.
    return this.#best.kind === "immutable" || this.#agreeing.size >= this.#options.agreeing;
  }

  /** The caller waits for the last answer that makes it enough: as fast as it goes, then. */
  readonly answersWanted = Infinity;

  begin({ lookup }: SearchRun, now: Instant): void {
    this.#unixMs = this.#context.unixMs(now);
    const stored = this.#context.signedRecords.get(lookup.target, now);
    // Known, but no opinion: what lies here may be what others have long seen replaced.
    const isBetter = this.#best === undefined ||
      (stored !== undefined && supersedes(stored, this.#best));
    if (stored !== undefined && isBetter) this.#best = stored;
  }

  question({ lookup }: SearchRun): Question {
    return { type: "GET_RECORD", key: lookup.target, minSeq: this.#minSeq() };
  }

  handleAnswer({ lookup }: SearchRun, from: DhtPeer, message: Message, now: Instant): void {
    if (message.type !== "RECORD") return;
    const key = toHex(from.publicKey);
    if (message.record.length === 0) {
      const isSame = this.#best !== undefined && message.seq === seqOf(this.#best);
      if (isSame) this.#agreeing.add(key);
      return;
    }
    const record = openRecord(message.record, lookup.target, this.#context.networkId);
    if (isDrop(record)) {
      this.#context.stats.recordsForged++;
      this.#context.blame(key, "false_record", now);
    } else {
      this.#take(record, key);
    }
  }

  /** Who has the same as we need not send it, unless a later signature of it would help. */
  #minSeq(): bigint | undefined {
    const best = this.#best;
    if (best === undefined) return undefined;
    const isFresh = best.kind !== "mutable" ||
      (expiresMs(best) ?? 0) - this.#unixMs > 500 * best.lifetimeSeconds;
    return isFresh && seqOf(best) < 2n ** 64n - 1n ? seqOf(best) + 1n : seqOf(best);
  }

  #take(record: Verified, teller: string): void {
    const best = this.#best;
    if (isSignedAhead(record, this.#unixMs)) return;
    const isSame = best !== undefined && seqOf(record) === seqOf(best) &&
      saysTheSame(record, best);
    if (best === undefined || supersedes(record, best)) {
      this.#best = record;
      if (!isSame) this.#agreeing.clear();
      this.#agreeing.add(teller);
    } else if (isSame) {
      this.#agreeing.add(teller);
    }
  }
}
