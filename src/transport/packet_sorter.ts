import { type LocalKey, PacketHead, readInitLength } from "../session/mod.ts";
import {
  CONNECTION_ID_MIN,
  type DropReason,
  INIT_WORD,
  PACKET_OVERHEAD_BYTES,
} from "../wire/mod.ts";
import type { Answer, Dialer } from "./dialer.ts";
import type { Session } from "./session.ts";

/** What one packet is, by its head alone. */
export type Sorted<Owner> =
  | {
    readonly kind: "data";
    readonly session: Session<Owner>;
    /** The one of the session's ids that the packet bears. */
    readonly connectionId: number;
    readonly head: PacketHead;
  }
  | { readonly kind: "init" }
  | { readonly kind: "answer"; readonly answer: Answer<Owner> }
  | { readonly kind: "junk"; readonly reason: DropReason };

const INIT = Object.freeze({ kind: "init" });
const TOO_SMALL = Object.freeze({ kind: "junk", reason: "too_small" });
const UNKNOWN = Object.freeze({ kind: "junk", reason: "unknown_connection" });
const BAD_HEAD = Object.freeze({ kind: "junk", reason: "bad_length" });

/** Tells packets apart without a hash (protocol.md §1, Receiving): the first 8 bytes against the
 * answers that we wait for, then the unmasked first word against connection ids and INIT. */
export class PacketSorter<Owner> {
  readonly #identity: LocalKey;
  readonly #dialer: Dialer<Owner>;
  readonly #sessions: ReadonlyMap<number, Session<Owner>>;
  readonly #head = new PacketHead();
  /** The session that the last DATA was for: the next one is probably for it too. It may have ended
   * since, so the table is asked all the same. */
  #latest: Session<Owner> | undefined;
  #latestId = 0;
  #data: Sorted<Owner> = UNKNOWN;
  /** Bytes of the packet last sorted, as its head gives them; 0 for junk. */
  length = 0;

  constructor(
    identity: LocalKey,
    dialer: Dialer<Owner>,
    sessions: ReadonlyMap<number, Session<Owner>>,
  ) {
    this.#identity = identity;
    this.#dialer = dialer;
    this.#sessions = sessions;
  }

  /** Sorts the packet at `at`, which ends at `end` or before. The result is borrowed until the next
   * call. */
  sort(packet: Uint8Array, at: number, end: number): Sorted<Owner> {
    this.length = 0;
    if (end - at < PACKET_OVERHEAD_BYTES) return TOO_SMALL;
    const answer = this.#dialer.match(packet, at, end);
    if (answer !== undefined) {
      this.length = answer.length;
      return { kind: "answer", answer };
    }
    const probable = this.#latest, head = this.#head;
    const { mask } = this.#identity;
    const word = probable === undefined
      ? mask.firstWord(packet, at)
      : probable.opening.readProbableHead(mask, packet, at, end, this.#latestId, head);
    if (word >= CONNECTION_ID_MIN) return this.#sortData(word, packet, at, end);
    if (word !== INIT_WORD) return UNKNOWN;
    const length = readInitLength(this.#identity, packet, at, end);
    if (length === undefined) return BAD_HEAD;
    this.length = length;
    return INIT;
  }

  #sortData(
    connectionId: number,
    packet: Uint8Array,
    at: number,
    end: number,
  ): Sorted<Owner> {
    const session = this.#sessions.get(connectionId);
    if (session === undefined) return UNKNOWN;
    const head = this.#head;
    const isLatest = session === this.#latest && connectionId === this.#latestId;
    const isHead = isLatest
      ? head.isAccepted
      : session.opening.readHead(packet, at, end, connectionId, head);
    if (!isHead) return BAD_HEAD;
    if (!isLatest) {
      this.#latest = session;
      this.#latestId = connectionId;
      this.#data = { kind: "data", session, connectionId, head };
    }
    this.length = head.length;
    return this.#data;
  }
}
