import { counted } from "../../lib/mod.ts";
import type { Spending } from "../../market/mod.ts";
import type { ConnectionHandle, FetchStanding, FetchStatus } from "../../transport/mod.ts";

/** What asking for objects tells of each FETCH, so that no more is paid than was agreed. */
export interface Purse {
  /** The price of this object at this holder is known, and above what this node pays; or it has
   * refused this node's rank lately. */
  isTooDear(connection: ConnectionHandle, id: Uint8Array): boolean;
  /** The rank that this holder has asked for lately, if this node's is lower. */
  rankAskedBy(connection: ConnectionHandle): number | undefined;
  /** The price factor of this object at this holder; undefined while its place is not proven. */
  priceOf(connection: ConnectionHandle, id: Uint8Array): number | undefined;
  /** The price factor of this object at this holder; where that is not known yet, the greatest that
   * may be asked. */
  factorOf(connection: ConnectionHandle, id: Uint8Array): number;
  /** Bytes that may be asked of this holder now beside what it is asked for already.
   * @param spending the reader's, where it is counted. */
  roomFor(connection: ConnectionHandle, id: Uint8Array, spending?: Spending): number;
  /** A FETCH for `bytes` at most begins. @returns undefined if it may not. */
  begin(
    connection: ConnectionHandle,
    id: Uint8Array,
    bytes: number,
    spending?: Spending,
  ): Payment | undefined;
  /** Bytes that came of this object have proved right. */
  proven(connection: ConnectionHandle, id: Uint8Array, bytes: number): void;
  /** Bytes that came of this object have proved wrong, or cannot be proven any more.
   * @param spending what had paid for them. */
  refund(connection: ConnectionHandle, id: Uint8Array, bytes: number, spending?: Spending): void;
}

/** One FETCH under way. */
export interface Payment {
  /** The greatest price factor that is agreed to. */
  readonly maxPrice: number;
  /** The holder's first answer. @param bytes what it will send. @returns false if that is not the
   * price of this object: nothing of it may be taken. */
  answered(status: FetchStatus, standing: FetchStanding, bytes: number): boolean;
  arrived(bytes: number): void;
  /** Bytes will not come. */
  released(bytes: number): void;
  ended(): void;
  /** It was not asked after all. */
  unasked(): void;
}

/** Why nobody can be bought from, and what helps.
 * @param ranksAsked what each of those that refused this node's rank asks for. */
export function beyondCredit(
  found: number,
  withoutCredit: number,
  ranksAsked: readonly number[],
): string {
  const refused =
    `${counted(found, "holder")} found, ${withoutCredit} of them beyond our credit or our ` +
    "highest price";
  const ranks = ranksAsked.length === 0
    ? ""
    : `; ${counted(ranksAsked.length, "serves", "serve")} only who has rank ${
      Math.min(...ranksAsked)
    } or more`;
  return `${refused}${ranks}. A rank (skerry id --target-rank), time, serving others, paying ` +
    "(skerry ledger pay) or a higher --max-price help";
}
