import {
  type IdentityRecord,
  type KeyPair,
  keyPairFromSeed,
  type Network,
  type NetworkName,
  networkOf,
  parseIdentity,
  RANK_MAX,
  SEARCH_START,
  SEED_BYTES,
  serialiseIdentity,
  verifyWork,
} from "../../identity/mod.ts";
import {
  fromUtf8,
  type NodeId,
  type Random,
  randomBytes,
  SkerryError,
  utf8,
} from "../../lib/mod.ts";
import type { MiningProgress, PrivateFiles, WorkPool } from "../../ports/mod.ts";

/** A node's identity, ready for use: the id puzzle is solved and every claim has been checked. */
export interface LoadedIdentity {
  readonly keyPair: KeyPair;
  readonly network: Network;
  readonly nodeId: NodeId;
  /** What goes into handshakes. Rank 0 with nonce 0 = no claim. */
  readonly work: {
    readonly idNonce: bigint;
    readonly rankNonce: bigint;
    readonly rank: number;
  };
}

export interface IdentityDoors {
  readonly files: PrivateFiles;
  readonly random: Random;
  readonly workPool: WorkPool;
}

/** How a search goes, about once a second and at its end. */
export interface SearchReport {
  readonly puzzle: "id" | "rank";
  readonly targetBits: number;
  /** Of this and all earlier runs. */
  readonly tries: number;
  readonly triesPerSecond: number;
  /** The best rank so far; 0 for the id puzzle. */
  readonly rank: number;
}

export interface SearchWatch {
  readonly onReport?: (report: SearchReport) => void;
  /** Calls the search off: it rejects with CANCELLED, and the next one goes on from there. */
  readonly signal?: AbortSignal;
}

const FILE_NAME = "identity.json";
// Generous, so that a file which is something else is called damaged and not too large.
const READ_BYTES_MAX = 2 ** 20;

/** The identity record in a data directory; undefined if there is none.
 * @throws {SkerryError} IDENTITY_DAMAGED (the file stays as it is), DISK_FAILED. */
export async function readIdentity(
  dataDir: string,
  files: PrivateFiles,
): Promise<IdentityRecord | undefined> {
  const path = pathIn(dataDir);
  const bytes = await files.read(path, READ_BYTES_MAX);
  if (bytes === undefined) return undefined;
  const text = fromUtf8(bytes);
  const record = text === undefined ? { fault: "is not UTF-8 text" } : parseIdentity(text);
  if ("fault" in record) throw damaged(path, record.fault);
  return record;
}

/** Loads the identity of a data directory. The first time, makes the directory and a key and solves
 * the id puzzle; a search that was cut short goes on where it stopped, with the same key.
 * @param network undefined takes whatever network the directory belongs to, main for a new one.
 * @throws {SkerryError} IDENTITY_DAMAGED, NETWORK_MISMATCH, DISK_FAILED, STORE_FULL, CANCELLED. */
export async function loadOrCreateIdentity(
  dataDir: string,
  network: NetworkName | undefined,
  doors: IdentityDoors,
  watch: SearchWatch = {},
): Promise<LoadedIdentity> {
  const found = await readIdentity(dataDir, doors.files);
  if (found !== undefined) checkNetwork(dataDir, found, network);
  const record = found ?? await createIdentity(dataDir, network ?? "main", doors);
  const solved = record.idNonce === undefined
    ? await searchId(dataDir, record, doors, watch)
    : record;
  return loaded(dataDir, solved);
}

/** Searches until the rank is at least `targetRank`, keeping the best nonce found so far whatever
 * happens. Returns at once if the identity has that rank. A running node takes the new rank within
 * a minute if it searches for one itself (--mine-duty), else at its next start.
 * @param targetRank 1 … 63. @throws {SkerryError} as loadOrCreateIdentity. */
export async function searchRank(
  dataDir: string,
  network: NetworkName | undefined,
  targetRank: number,
  doors: IdentityDoors,
  watch: SearchWatch = {},
): Promise<LoadedIdentity> {
  if (!Number.isInteger(targetRank) || targetRank < 1 || targetRank > RANK_MAX) {
    throw new RangeError(`a rank to search for is an integer in 1 … ${RANK_MAX}`);
  }
  const identity = await loadOrCreateIdentity(dataDir, network, doors, watch);
  if (identity.work.rank >= targetRank) return identity;
  const record = await readIdentity(dataDir, doors.files);
  if (record === undefined) throw damaged(pathIn(dataDir), "has gone while it was in use");
  const publicKey = identity.keyPair.publicKey;
  const job = {
    puzzle: identity.network.rankPuzzle,
    publicKey,
    startNonce: record.search.rank.nextNonce,
    targetBits: targetRank,
  };
  const search = new SavedSearch(dataDir, record, "rank", targetRank, doors.files, watch);
  return loaded(dataDir, await search.run(doors.workPool, job));
}

/** What a search came to since it was last written down. */
export interface RankFinding {
  readonly tries: number;
  readonly nextNonce: bigint;
  /** The best one; 0 if it is none worth keeping. */
  readonly rank: number;
  readonly rankNonce: bigint;
}

/** Adds what a search found to what the file holds by now; whoever calls it holds the lock.
 * @returns what is on disk then; undefined if there is no identity any more.
 * @throws {SkerryError} IDENTITY_DAMAGED, DISK_FAILED, STORE_FULL. */
export async function keepRankSearch(
  dataDir: string,
  files: PrivateFiles,
  finding: RankFinding,
): Promise<IdentityRecord | undefined> {
  const record = await readIdentity(dataDir, files);
  if (record === undefined) return undefined;
  const { rank: search, id } = record.search;
  const nextNonce = finding.nextNonce > search.nextNonce ? finding.nextNonce : search.nextNonce;
  const state = { nextNonce, tries: search.tries + finding.tries };
  const { rank, rankNonce } = finding.rank > record.rank ? finding : record;
  const kept = { ...record, rank, rankNonce, search: { id, rank: state } };
  await files.replace(pathIn(dataDir), utf8(serialiseIdentity(kept)));
  return kept;
}

const pathIn = (dataDir: string): string => `${dataDir}/${FILE_NAME}`;

function damaged(path: string, fault: string): SkerryError {
  return new SkerryError(
    "IDENTITY_DAMAGED",
    `The identity file ${path} ${fault}. It was left as it is: ` +
      "restore it from a copy, or move it away to start with a new key and NodeId",
  );
}

function checkNetwork(
  dataDir: string,
  record: IdentityRecord,
  network: NetworkName | undefined,
): void {
  if (network === undefined || record.network === network) return;
  throw new SkerryError(
    "NETWORK_MISMATCH",
    `The data directory ${dataDir} belongs to network ${record.network}, not ${network}: ` +
      `use --network ${record.network}, or another --data for network ${network}`,
  );
}

async function createIdentity(
  dataDir: string,
  network: NetworkName,
  { files, random }: IdentityDoors,
): Promise<IdentityRecord> {
  const record: IdentityRecord = {
    network,
    seed: randomBytes(random, SEED_BYTES),
    idNonce: undefined,
    rankNonce: 0n,
    rank: 0,
    search: { id: SEARCH_START, rank: SEARCH_START },
  };
  await files.makeDirectory(dataDir);
  // Before the search, so that one that is killed goes on with the same key.
  await files.replace(pathIn(dataDir), utf8(serialiseIdentity(record)));
  return record;
}

function searchId(
  dataDir: string,
  record: IdentityRecord,
  doors: IdentityDoors,
  watch: SearchWatch,
): Promise<IdentityRecord> {
  const network = networkOf(record.network);
  const job = {
    puzzle: network.idPuzzle,
    publicKey: keyPairFromSeed(record.seed).publicKey,
    startNonce: record.search.id.nextNonce,
    targetBits: network.idBits,
  };
  return new SavedSearch(dataDir, record, "id", network.idBits, doors.files, watch)
    .run(doors.workPool, job);
}

/** Checks what the record claims: ~20 ms on main, once per start. A flipped bit in the key or a
 * nonce shows here, since the work then no longer fits. */
function loaded(dataDir: string, record: IdentityRecord): LoadedIdentity {
  const network = networkOf(record.network);
  const keyPair = keyPairFromSeed(record.seed);
  const { idNonce = 0n, rankNonce, rank } = record;
  const work = { idNonce, rankNonce, rank };
  const nodeId = verifyWork(network, keyPair.publicKey, work);
  if (nodeId === undefined) {
    throw damaged(pathIn(dataDir), "holds nonces that do not solve the puzzles of its key");
  }
  return { keyPair, network, nodeId, work };
}

/** One search whose state is in identity.json within a second of being known. */
class SavedSearch {
  readonly #dataDir: string;
  readonly #puzzle: "id" | "rank";
  readonly #targetBits: number;
  readonly #files: PrivateFiles;
  readonly #watch: SearchWatch;
  /** What the file held when this search began: progress counts from there. */
  readonly #start: IdentityRecord;
  #record: IdentityRecord;
  #isDirty = false;
  #writing: Promise<void> | undefined;

  constructor(
    dataDir: string,
    record: IdentityRecord,
    puzzle: "id" | "rank",
    targetBits: number,
    files: PrivateFiles,
    watch: SearchWatch,
  ) {
    this.#dataDir = dataDir;
    this.#start = record;
    this.#record = record;
    this.#puzzle = puzzle;
    this.#targetBits = targetBits;
    this.#files = files;
    this.#watch = watch;
  }

  async run(workPool: WorkPool, job: Parameters<WorkPool["mine"]>[0]): Promise<IdentityRecord> {
    // A disk that fails while the search runs must end it, or days of work would be for nothing.
    const failed = new AbortController();
    const { signal } = this.#watch;
    const stop = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
    try {
      const { nonce } = await workPool.mine(job, (progress) => {
        this.#note(progress);
        this.#save().catch((error: unknown) => failed.abort(error));
      }, stop);
      if (this.#puzzle === "id") this.#record = { ...this.#record, idNonce: nonce };
      this.#isDirty = true;
    } catch (error) {
      await this.#save();
      throw failed.signal.aborted ? failed.signal.reason : error;
    }
    await this.#save();
    return this.#record;
  }

  #note(progress: MiningProgress): void {
    const { search, rank, rankNonce } = this.#start;
    const state = {
      nextNonce: progress.nextNonce,
      tries: search[this.#puzzle].tries + progress.tries,
    };
    this.#record = { ...this.#record, search: { ...search, [this.#puzzle]: state } };
    if (this.#puzzle === "rank") {
      const best = progress.best;
      const isBetter = best !== undefined && best.bits > rank;
      const gain = isBetter
        ? { rank: Math.min(best.bits, RANK_MAX), rankNonce: best.nonce }
        : { rank, rankNonce };
      this.#record = { ...this.#record, ...gain };
    }
    this.#isDirty = true;
    this.#watch.onReport?.({
      puzzle: this.#puzzle,
      targetBits: this.#targetBits,
      tries: state.tries,
      triesPerSecond: progress.triesPerSecond,
      rank: this.#record.rank,
    });
  }

  /** Writes the newest state; resolves when everything noted before the call is on disk. */
  #save(): Promise<void> {
    if (this.#isDirty) this.#writing ??= this.#writeAll();
    return this.#writing ?? Promise.resolve();
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#isDirty) {
        this.#isDirty = false;
        const bytes = utf8(serialiseIdentity(this.#record));
        await this.#files.replace(pathIn(this.#dataDir), bytes);
      }
    } finally {
      this.#writing = undefined; // in the same turn as the last look at isDirty
    }
  }
}
