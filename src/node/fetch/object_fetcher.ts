import { sha1, sha256 } from "../../crypto/mod.ts";
import { type ChunkId, equalBytes, type Instant, SkerryError, toHex } from "../../lib/mod.ts";
import { NO_TERMS, type ReadTerms, type Spending } from "../../market/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import { type ConnectionHandle, FETCH_STATUS } from "../../transport/mod.ts";
import type { LoopPart } from "../loop/driver.ts";
import { SharedWork, type WorkShare } from "../loop/shared_work.ts";
import type { HolderSet } from "../peers/holder_set.ts";
import { beyondCredit } from "../trade/purse.ts";
import { Absences } from "./absences.ts";
import { undelivered } from "./fetch_failure.ts";
import type { FetchRequests, FetchSink } from "./fetch_requests.ts";
import type { HolderDirectory } from "./holder_directory.ts";
import { HolderWait } from "./holder_wait.ts";
import {
  type AttemptDoors,
  type AttemptResult,
  isUsable,
  ObjectAttempt,
} from "./object_attempt.ts";
import { ObjectShopping } from "./object_shopping.ts";
import { Places } from "./places.ts";

type LookupOutcome = HolderSet["outcome"];

/** Objects looked for at once, each for any number of readers; beyond that BUSY (gateway.md §9). */
const FETCHES_MAX = 1_024;
/** Objects received at once, the others wait their turn: each needs a buffer of 1 MiB. */
const ATTEMPTS_MAX = 32;
/** A holder that does not tell a length for this long is left for the next one. */
const STALL_MS = 3_000;

export interface FetchedObject {
  readonly bytes: Uint8Array;
  readonly holders: number;
  readonly lookup: LookupOutcome;
  /** How long it took to prove the bytes. */
  readonly verifyMs: number;
}

export interface ObjectStat {
  readonly size: number;
  readonly lookup: LookupOutcome;
}

/** What tells the right bytes from any other. */
export interface WholeProof {
  /** The same for the same proof of one id. */
  readonly name: string;
  /** SHA-1 alone decides. */
  readonly isBySha1: boolean;
  isRight(bytes: Uint8Array): boolean;
}

/** One fetch on its way from holder to holder. */
interface Search {
  readonly id: ChunkId;
  readonly proof: WholeProof;
  readonly shopping: ObjectShopping;
  readonly signal: AbortSignal;
  readonly tried: Set<ConnectionHandle>;
  /** Who says that it has not got the object. BOUNDED by `tried`, which is by the holders found. */
  readonly lacking: Set<ConnectionHandle>;
  /** Who gave us no credit, or asked more than this node pays. */
  readonly withoutCredit: ConnectionHandle[];
}

/** What all attempts have in common. */
type SharedDoors = Omit<AttemptDoors, "others" | "spending">;

type LengthAnswer = number | "unknown" | "credit" | "failed";

/** Fetches objects that can only be proven whole (manifests by their hash, raw chunks by SHA-1):
 * from one holder at a time, because only then is it known who lied. One network fetch however
 * many ask for the same object, none once they have all left. */
export class ObjectFetcher implements LoopPart {
  readonly #requests: FetchRequests;
  readonly #holders: HolderDirectory;
  readonly #doors: SharedDoors;
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #blame: (connection: ConnectionHandle, id: Uint8Array) => void;
  readonly #work = new SharedWork(FETCHES_MAX, "object fetches");
  /** By the key of the work that they pay for. BOUNDED by FETCHES_MAX: gone with its readers. */
  readonly #shopping = new Map<string, { readonly shopping: ObjectShopping; readers: number }>();
  readonly #places = new Places(ATTEMPTS_MAX);
  /** BOUNDED by ATTEMPTS_MAX. */
  readonly #attempts = new Set<ObjectAttempt>();
  readonly #absences = new Absences();
  started = 0;

  constructor(
    options: SharedDoors & {
      holders: HolderDirectory;
      wake: () => void;
      blame: (connection: ConnectionHandle, id: Uint8Array) => void;
    },
  ) {
    this.#requests = options.requests;
    this.#holders = options.holders;
    const { transport, requests, buffers, clock } = options;
    this.#doors = { transport, requests, buffers, clock };
    this.#clock = options.clock;
    this.#wake = options.wake;
    this.#blame = options.blame;
  }

  /** Objects that somebody waits for. */
  get activeCount(): number {
    return this.#work.size;
  }

  /** Joins or starts the fetch of `id`; its result rejects with CHUNK_NOT_FOUND, HOLDERS_FAILED,
   * NO_PEERS or DRAINING.
   * @param proof who asks for the same id with another proof gets a fetch of its own.
   * @param listedBy the key of an object that names this one: its holders are asked first, which
   * saves a lookup and finds what has not been announced yet.
   * @param terms on which this reader buys it.
   * @throws {SkerryError} BUSY, DRAINING. */
  open(
    id: ChunkId,
    proof: WholeProof,
    listedBy?: ChunkId,
    terms?: ReadTerms,
  ): WorkShare<FetchedObject> {
    const absent = this.#absences.of(id, this.#clock.now());
    // Who holds the object that lists it may have what nobody has announced.
    if (absent !== undefined && listedBy === undefined) return settled(absent);
    return this.#join(`${toHex(id)} ${proof.name}`, id, terms, (signal, shopping) => {
      this.started++;
      return this.#run(id, proof, listedBy, signal, shopping);
    });
  }

  /** The object's length by a holder's word, moving no payload: the first answer to a FETCH for no
   * slices. As `open`. */
  openStat(id: ChunkId, terms?: ReadTerms): WorkShare<ObjectStat> {
    const absent = this.#absences.of(id, this.#clock.now());
    if (absent !== undefined) return settled(absent);
    return this.#join(
      `${toHex(id)} length`,
      id,
      terms,
      (signal, shopping) => this.#stat(id, signal, shopping),
    );
  }

  /** Joins or begins work that all its readers pay for. */
  #join<T>(
    key: string,
    id: ChunkId,
    terms: ReadTerms = NO_TERMS,
    begin: (signal: AbortSignal, shopping: ObjectShopping) => Promise<T>,
  ): WorkShare<T> {
    const doors = {
      transport: this.#doors.transport,
      requests: this.#requests,
      now: () => this.#clock.now(),
    };
    const known = this.#shopping.get(key);
    const bought = known ?? { shopping: new ObjectShopping(id, doors), readers: 0 };
    const share = this.#work.join(key, (signal) => begin(signal, bought.shopping));
    this.#shopping.set(key, bought);
    const leave = bought.shopping.join(terms);
    bought.readers++;
    let isOpen = true;
    return {
      result: share.result,
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        leave();
        bought.readers--;
        if (bought.readers === 0 && this.#shopping.get(key) === bought) this.#shopping.delete(key);
        share.close();
      },
    };
  }

  /** Ends every fetch: the node is stopping. */
  stop(): void {
    this.#work.stop();
  }

  async #stat(id: ChunkId, signal: AbortSignal, shopping: ObjectShopping): Promise<ObjectStat> {
    const set = this.#holders.of(id);
    const tried = new Set<ConnectionHandle>();
    const holders = new HolderWait(set, signal, tried, (open) => shopping.choose(open));
    const withoutCredit: ConnectionHandle[] = [];
    try {
      for (;;) {
        const connection = await holders.next();
        if (connection === undefined) throw this.#exhausted(id, set, withoutCredit, shopping);
        const factor = this.#requests.factorOf(connection, id);
        const answer = await this.#askLength(connection, id, signal, shopping);
        if (typeof answer === "number") return { size: answer, lookup: set.outcome };
        if (answer === "unknown") set.drop(connection, "lacks");
        if (answer === "credit" && this.#requests.factorOf(connection, id) > factor) {
          tried.delete(connection); // it has told its price: it is thought of again
        } else if (answer === "credit") withoutCredit.push(connection);
      }
    } finally {
      holders.close();
    }
  }

  #askLength(
    connection: ConnectionHandle,
    id: ChunkId,
    signal: AbortSignal,
    { spending }: ObjectShopping,
  ): Promise<LengthAnswer> {
    return new Promise((resolve) => {
      const state: { requestId?: number; stopTimer: () => void } = { stopTimer: () => {} };
      const none = (): void => end("failed");
      const end = (answer: LengthAnswer): void => {
        state.stopTimer();
        signal.removeEventListener("abort", none);
        if (state.requestId !== undefined) {
          this.#requests.cancel(connection, state.requestId, this.#clock.now());
          this.#wake();
        }
        resolve(answer);
      };
      const sink: FetchSink = {
        info: (status, length) => {
          if (status === FETCH_STATUS.unknown) return end("unknown");
          if (status === FETCH_STATUS.credit) return end("credit");
          end(isUsable(status, length) ? length : "failed");
        },
        slice: none,
        refused: none,
        closed: none,
      };
      state.stopTimer = this.#clock.schedule(STALL_MS, none);
      signal.addEventListener("abort", none, { once: true });
      const request = { id, bitmap: 0, into: new Uint8Array(), spending };
      const requestId = this.#requests.start(connection, request, sink, this.#clock.now());
      if (requestId === undefined) {
        return end(this.#requests.isTooDear(connection, id) ? "credit" : "failed");
      }
      state.requestId = requestId;
      this.#wake();
    });
  }

  #exhausted(
    id: ChunkId,
    set: HolderSet,
    withoutCredit: readonly ConnectionHandle[],
    { refusal }: ObjectShopping,
  ): SkerryError {
    const hex = toHex(id);
    if (refusal !== undefined) {
      return new SkerryError("BUDGET_EXHAUSTED", `Cannot fetch ${hex}: ${refusal}`);
    }
    // Who was left for its rank in an earlier search is not asked again, and is still why.
    const known = set.reports().flatMap(({ connection }) => connection ?? []);
    const byRank = known.filter((peer) => this.#requests.rankAskedBy(peer) !== undefined);
    const without = new Set([...withoutCredit, ...byRank]);
    if (set.found > 0 && without.size > 0) {
      const ranks = [...without].flatMap((peer) => this.#requests.rankAskedBy(peer) ?? []);
      const why = beyondCredit(set.found, without.size, ranks);
      return new SkerryError("CREDIT_LIMIT_REACHED", `Cannot fetch ${hex}: ${why}`);
    }
    if (set.found > 0) {
      return new SkerryError("HOLDERS_FAILED", `Cannot fetch ${hex}: ${undelivered(set.found)}`);
    }
    if (set.outcome?.refusal !== undefined) return set.outcome.refusal;
    const { answered, isConverged } = set.outcome ?? { answered: 0, isConverged: false };
    if (answered > 0 && !isConverged) {
      const why = `those of the ${answered} nodes asked that would know did not all answer`;
      return new SkerryError("LOOKUP_TIMED_OUT", `Whether anybody has ${hex} is not known: ${why}`);
    }
    if (answered > 0) return this.#absences.note(id, answered, this.#clock.now());
    return new SkerryError("NO_PEERS", `Cannot look ${hex} up: no other node answers`);
  }

  async #run(
    id: ChunkId,
    proof: WholeProof,
    listedBy: ChunkId | undefined,
    signal: AbortSignal,
    shopping: ObjectShopping,
  ): Promise<FetchedObject> {
    const search: Search = {
      id,
      proof,
      shopping,
      signal,
      tried: new Set(),
      lacking: new Set(),
      withoutCredit: [],
    };
    if (listedBy !== undefined) {
      const found = await this.#fromSet(this.#holders.of(listedBy), false, search);
      if (found !== undefined) return found;
    }
    const set = this.#holders.of(id);
    const found = await this.#fromSet(set, true, search);
    if (found !== undefined) return found;
    for (const connection of search.lacking) set.drop(connection, "lacks");
    throw this.#exhausted(id, set, search.withoutCredit, shopping);
  }

  /** @param isOwn the set is of this very object: who does not deliver leaves it. A holder of the
   * object that lists it may lack it honestly. */
  async #fromSet(
    set: HolderSet,
    isOwn: boolean,
    search: Search,
  ): Promise<FetchedObject | undefined> {
    const { id, proof, signal, tried, lacking, shopping } = search;
    const holders = new HolderWait(set, signal, tried, (open) => shopping.choose(open));
    try {
      for (;;) {
        const connection = await holders.next();
        if (connection === undefined) return undefined;
        const { spending } = shopping;
        const factor = this.#requests.factorOf(connection, id);
        const begin = () => this.#attempt(connection, search, spending, holders);
        const attempt = await this.#places.run(signal, begin);
        const isWhole = attempt.result === "whole";
        const arrivedAt = this.#clock.now();
        if (isWhole && proof.isRight(attempt.bytes)) {
          const verifyMs = this.#clock.now() - arrivedAt;
          this.#absences.forget(id);
          this.#requests.proven(connection, id, attempt.bytes.length);
          return { bytes: attempt.bytes, holders: tried.size, lookup: set.outcome, verifyMs };
        }
        const isCredit = attempt.result === "credit";
        if (isCredit && this.#requests.factorOf(connection, id) > factor) {
          tried.delete(connection); // it has told its price: it is thought of again
          continue;
        }
        if (attempt.result === "silent") {
          holders.putOff(connection);
          continue;
        }
        if (isCredit) search.withoutCredit.push(connection);
        if (isWhole) this.#requests.refund(connection, id, attempt.bytes.length, spending);
        if (isWhole && isNamed(id, attempt.bytes)) throw onlyOtherwiseNamed(id);
        if (isWhole) this.#blame(connection, id);
        signal.throwIfAborted();
        if (attempt.result === "unknown") lacking.add(connection);
        if (isOwn) set.drop(connection, attempt.result === "unknown" ? "lacks" : "dropped");
        else if (isWhole) set.drop(connection);
      }
    } finally {
      holders.close();
    }
  }

  #attempt(
    connection: ConnectionHandle,
    { id, signal }: Search,
    spending: Spending | undefined,
    others: HolderWait,
  ): Promise<AttemptResult> {
    return new Promise((resolve) => {
      const doors = { ...this.#doors, others, spending };
      const cancel = (): void => attempt.cancel();
      const attempt = new ObjectAttempt(connection, id, doors, (result) => {
        signal.removeEventListener("abort", cancel);
        this.#attempts.delete(attempt);
        this.#wake();
        resolve(result);
      });
      signal.addEventListener("abort", cancel, { once: true });
      this.#attempts.add(attempt);
      this.#wake();
    });
  }

  /** Runs before the chunk fetcher: a manifest page must not wait behind the chunks of its file. */
  turn(now: Instant): void {
    for (const attempt of this.#attempts) attempt.advance(now);
  }

  nextTimeout = (): undefined => undefined;
}

/** An object has two names of 20 bytes: its SHA-1, and for a manifest the start of its SHA-256. A
 * holder that sends what bears the name it was asked for is honest, whatever its asker wanted. */
export function isNamed(id: ChunkId, bytes: Uint8Array): boolean {
  return equalBytes(sha1(bytes), id) || equalBytes(sha256(bytes).subarray(0, id.length), id);
}

function onlyOtherwiseNamed(id: ChunkId): SkerryError {
  const why = "what bears this id in the network does not hash to what was asked for";
  return new SkerryError("CHUNK_NOT_FOUND", `Nobody in the network has ${toHex(id)}: ${why}`);
}

/** Work that was over before it began. */
function settled<T>(error: SkerryError): WorkShare<T> {
  const result = Promise.reject<T>(error);
  result.catch(() => {}); // perhaps nobody is left to hear it
  return { result, close() {} };
}
