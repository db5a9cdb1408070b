import { type Network, RANK_MAX } from "../../identity/mod.ts";
import { after, type Instant, SkerryError } from "../../lib/mod.ts";
import type {
  Clock,
  Logger,
  MachineLoad,
  MiningProgress,
  PrivateFiles,
  ReadMachineLoad,
  WorkPool,
} from "../../ports/mod.ts";
import {
  keepRankSearch,
  type LoadedIdentity,
  type RankFinding,
  readIdentity,
} from "./identity_file.ts";

/** Below this rank a node is a stranger everywhere, so the first search is quick: 256 tries, some
 * seconds, and not put off by load or battery. It is also what a scarce pool asks for first. */
const QUICK_RANK = 8;
const QUICK_SHARE = 0.5;
/** Where a try costs a microsecond a rank proves nothing, and this one is there in a second. */
const TRIVIAL_RANK_MAX = 16;
/** Load is looked at this often, and the search broken off for it. */
const STINT_MS = 30_000;
/** What was tried is written down this often, beside every gain: a crash costs six seconds of work
 * at a tenth of a processor, and a memory card is spared. */
const SAVE_MS = 60_000;
/** After a search that failed: a broken disk or worker is no reason for a busy loop. */
const FAILURE_REST_MS = 600_000;

/** done: the highest rank there is to be had here. elsewhere: `skerry id` searches. */
export type RankSearchState =
  | "searching"
  | "loaded"
  | "on_battery"
  | "elsewhere"
  | "failed"
  | "done";

export interface RankSearchStatus {
  readonly state: RankSearchState;
  /** Of this and all earlier runs, as far as written down or still in memory. */
  readonly tries: number;
  /** Percent of one processor, by now. */
  readonly dutyPercent: number;
}

/** A rank that was earned, as it goes into handshakes. */
export type RankClaim = Pick<LoadedIdentity["work"], "rankNonce" | "rank">;

export interface RankMinerOptions {
  readonly dataDir: string;
  readonly network: Network;
  readonly publicKey: Uint8Array;
  /** 1 … 100, of one processor. */
  readonly dutyPercent: number;
  /** One worker thread of its own; closed with the miner. */
  readonly pool: Pick<WorkPool, "mine" | "close">;
  readonly files: PrivateFiles;
  readonly readLoad: ReadMachineLoad;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Keeps other searches from the identity file. @throws {SkerryError} DATABASE_IN_USE. */
  readonly lock: () => { release(): void };
}

/** Searches for a better rank while the node runs: best of all tries, so that none is in vain. In a
 * worker thread, for a share of its time, and not while the machine is busy with something else.
 * What it finds stands in identity.json, which it shares with `skerry id --target-rank`. */
export class RankMiner {
  readonly #options: RankMinerOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #wakeUp = (): void => {};
  #onGain: (claim: RankClaim) => void = () => {};
  /** As the file says, or as was found since. */
  #rank = 0;
  #nextNonce = 0n;
  #tries = 0;
  /** Found and not written down yet. */
  #finding: RankFinding | undefined;
  #savedAt: Instant;
  #state: RankSearchState = "searching";

  constructor(options: RankMinerOptions) {
    this.#options = options;
    this.#savedAt = options.clock.now();
  }

  /** @param rank the node's own so far. @param onGain told of every better one. */
  start(rank: number, onGain: (claim: RankClaim) => void): void {
    this.#rank = rank;
    this.#onGain = onGain;
    this.#running = this.#run();
  }

  get status(): RankSearchStatus {
    const tries = this.#tries + (this.#finding?.tries ?? 0);
    return { state: this.#state, tries, dutyPercent: Math.round(100 * this.#share) };
  }

  /** Ends the search; what it has done is on disk then, if the disk takes it. Never rejects. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wakeUp();
    await this.#running;
    await this.#options.pool.close();
  }

  async #run(): Promise<void> {
    let isRead = false;
    while (!this.#stop.signal.aborted) {
      try {
        isRead = isRead && !this.#isSaveDue ? true : await this.#synchronise();
        if (!isRead) await this.#rest("elsewhere", SAVE_MS);
        else if (this.#rank >= this.#most) return void (this.#state = "done");
        else await this.#search();
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#options.logger.log("warn", "rank_search_failed", { reason });
        await this.#rest("failed", FAILURE_REST_MS);
      }
    }
    await this.#synchronise().catch(() => {}); // the next run repeats what was not written
  }

  get #most(): number {
    return this.#options.network.rankPuzzle === "rank" ? RANK_MAX : TRIVIAL_RANK_MAX;
  }

  /** Of one processor, by now. */
  get #share(): number {
    const share = this.#options.dutyPercent / 100;
    return this.#rank < QUICK_RANK ? Math.max(share, QUICK_SHARE) : share;
  }

  /** Also while it rests: somebody else may have found something. */
  get #isSaveDue(): boolean {
    const isLate = after(this.#savedAt, SAVE_MS) <= this.#options.clock.now();
    return isLate || (this.#finding?.rank ?? 0) > 0;
  }

  async #search(): Promise<void> {
    const isQuick = this.#rank < QUICK_RANK;
    const reason = isQuick ? undefined : reasonToRest(await this.#options.readLoad());
    if (reason !== undefined) return await this.#rest(reason, STINT_MS);
    this.#state = "searching";
    const stint = new AbortController();
    const callOff = this.#options.clock.schedule(STINT_MS, () => stint.abort());
    const before = this.#finding;
    const { network: { rankPuzzle }, publicKey, pool } = this.#options;
    try {
      await pool.mine(
        {
          puzzle: rankPuzzle,
          publicKey,
          startNonce: before?.nextNonce ?? this.#nextNonce,
          targetBits: isQuick ? QUICK_RANK : this.#rank + 1,
          share: this.#share,
        },
        (progress) => this.#note(progress, before),
        AbortSignal.any([
          stint.signal,
          this.#stop.signal,
        ]),
      );
    } catch (error) {
      if (!(error instanceof SkerryError) || error.code !== "CANCELLED") throw error;
    } finally {
      callOff();
    }
    this.#tellGain();
  }

  /** @param before what was found and not written down before this stint. */
  #note({ tries, nextNonce, best }: MiningProgress, before: RankFinding | undefined): void {
    const isBetter = best !== undefined && best.bits > Math.max(this.#rank, before?.rank ?? 0);
    this.#finding = {
      tries: (before?.tries ?? 0) + tries,
      nextNonce,
      rank: isBetter ? Math.min(best.bits, RANK_MAX) : before?.rank ?? 0,
      rankNonce: isBetter ? best.nonce : before?.rankNonce ?? 0n,
    };
  }

  #tellGain(): void {
    const finding = this.#finding;
    if (finding === undefined || finding.rank <= this.#rank) return;
    this.#take(finding);
  }

  #take({ rank, rankNonce }: RankClaim): void {
    this.#rank = rank;
    this.#options.logger.log("info", "rank_gained", { rank });
    this.#onGain({ rank, rankNonce });
  }

  /** Writes what was found to the identity file, and reads what others found.
   * @returns false if another search holds it. */
  async #synchronise(): Promise<boolean> {
    const { dataDir, files, lock, clock } = this.#options;
    let held: { release(): void };
    try {
      held = lock();
    } catch (error) {
      if (error instanceof SkerryError && error.code === "DATABASE_IN_USE") return false;
      throw error;
    }
    try {
      const record = this.#finding === undefined
        ? await readIdentity(dataDir, files)
        : await keepRankSearch(dataDir, files, this.#finding);
      if (record === undefined) throw new Error(`${dataDir}/identity.json has gone`);
      this.#finding = undefined;
      this.#savedAt = clock.now();
      this.#nextNonce = record.search.rank.nextNonce;
      this.#tries = record.search.rank.tries;
      if (record.rank > this.#rank) this.#take(record);
      return true;
    } finally {
      held.release();
    }
  }

  #rest(state: RankSearchState, ms: number): Promise<void> {
    this.#state = state;
    if (this.#stop.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const callOff = this.#options.clock.schedule(ms, resolve);
      this.#wakeUp = () => {
        callOff();
        resolve();
      };
    });
  }
}

/** Half of the processors are for whoever else is there (protocol.md §5). */
function reasonToRest({ perMinute, processors, isOnBattery }: MachineLoad) {
  if (isOnBattery) return "on_battery";
  return perMinute !== undefined && perMinute > processors / 2 ? "loaded" : undefined;
}
