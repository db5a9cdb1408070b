import type { Instant } from "../lib/mod.ts";
import { saysTheSame, seqOf, type Verified } from "../records/mod.ts";
import { type Message, PUT_CODE } from "../wire/mod.ts";
import type { DhtContext } from "./context.ts";
import type { KnownNode, PutId, PutRefusal } from "./events.ts";
import type { Lookups } from "./lookups.ts";
import { RecordSearch } from "./record_search.ts";
import { isInRegion } from "./region.ts";

interface Operation {
  readonly id: PutId;
  readonly record: Verified;
  readonly cas: bigint | undefined;
  /** Undefined while the lookup runs. */
  waiting: KnownNode[] | undefined;
  nodes: number;
  inFlight: number;
  holders: number;
  readonly refused: Partial<Record<PutRefusal, number>>;
}

const REFUSALS = new Map<number, PutRefusal>(
  Object.entries(PUT_CODE).flatMap(([name, code]) =>
    code === PUT_CODE.stored ? [] : [[code, name as PutRefusal]]
  ),
);

/** Puts signed records at the nodes nearest to their keys: one lookup, which also finds what is
 * stored there, then one PUT_RECORD to each. Nothing is put against a newer record, or against
 * another value with the same seq. BOUNDED: `putsMax` operations. */
export class RecordPuts {
  readonly #context: DhtContext;
  readonly #lookups: Lookups;
  readonly #active = new Map<PutId, Operation>();
  #nextId = 1;

  constructor(context: DhtContext, lookups: Lookups) {
    this.#context = context;
    this.#lookups = lookups;
  }

  get active(): number {
    return this.#active.size;
  }

  /** @param cas nodes that store another seq shall refuse.
   * @returns undefined if too many are under way. */
  start(record: Verified, cas: bigint | undefined, now: Instant): PutId | undefined {
    const { config } = this.#context;
    if (this.#active.size >= config.putsMax) return undefined;
    const id = this.#nextId++ as PutId;
    const operation: Operation = {
      id,
      record,
      cas,
      waiting: undefined,
      nodes: 0,
      inFlight: 0,
      holders: 0,
      refused: {},
    };
    this.#active.set(id, operation);
    const search = new RecordSearch(this.#context, { known: record, agreeing: undefined });
    const lookupId = this.#lookups.start({
      target: record.key,
      search,
      width: config.k,
      timeoutMs: config.lookupTimeoutMs,
      seeds: [],
      onFinished: ({ outcome }, at) => this.#place(operation, search, outcome.closest, at),
    }, now);
    if (lookupId !== undefined) return id;
    this.#active.delete(id);
    return undefined;
  }

  /** The answer to one of our PUT_RECORDs, or undefined if none came. */
  handleReply(id: PutId, message: Message | undefined, now: Instant): void {
    const operation = this.#active.get(id);
    if (operation === undefined) return;
    operation.inFlight--;
    if (message?.type === "PUT_RESULT" && message.code === PUT_CODE.stored) operation.holders++;
    else {
      const { refused } = operation;
      const reason = reasonOf(message);
      refused[reason] = (refused[reason] ?? 0) + 1;
    }
    this.#advance(operation, now);
  }

  /** Goes on where requests had run out of room. */
  advanceAll(now: Instant): void {
    for (const operation of [...this.#active.values()]) this.#advance(operation, now);
  }

  #place(
    operation: Operation,
    { best }: RecordSearch,
    nodes: readonly KnownNode[],
    now: Instant,
  ): void {
    const { record } = operation;
    const isNewest = best === undefined ||
      (seqOf(best) === seqOf(record) && saysTheSame(best, record));
    operation.nodes = nodes.length;
    if (!isNewest) return this.#finish(operation, best);
    this.#keep(record, now);
    operation.waiting = [...nodes];
    this.#advance(operation, now);
  }

  /** We are asked for it too, and what we put we can show. */
  #keep(record: Verified, now: Instant): void {
    const { signedRecords, self } = this.#context;
    const ourselves = { publicKey: self.publicKey, address: undefined, rank: 0 };
    signedRecords.put(record, ourselves, isInRegion(this.#context, record.key), now);
  }

  #advance(operation: Operation, now: Instant): void {
    const { waiting, record, cas } = operation;
    if (waiting === undefined) return;
    while (this.#context.requests.room > 0) {
      const node = waiting.shift();
      if (node === undefined) break;
      operation.inFlight++;
      const question = { type: "PUT_RECORD", record: record.bytes, cas } as const;
      this.#context.ask(question, node, { kind: "put", id: operation.id }, now);
    }
    if (operation.inFlight === 0 && waiting.length === 0) this.#finish(operation, undefined);
  }

  #finish({ id, holders, refused, nodes }: Operation, newer: Verified | undefined): void {
    this.#active.delete(id);
    this.#context.emit({
      kind: "put_finished",
      putId: id,
      outcome: { holders, refused, nodes, newer },
    });
  }
}

function reasonOf(message: Message | undefined): PutRefusal {
  if (message?.type === "PUT_RESULT") return REFUSALS.get(message.code) ?? "busy";
  return message === undefined ? "silent" : "busy";
}
