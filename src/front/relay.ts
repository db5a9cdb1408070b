import { AnswerFraming, fieldOf } from "./answer_framing.ts";
import type { PlainHead } from "./plain_head.ts";

/** Bytes [from, to) of a whole. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

/** Connections in a row that the node may end before it knows for whom they are, as it does where
 * this process stood still before it said so. They are replaced at once: a node that has gone takes
 * this process with it. */
const STRANGERS_MAX = 3;

/** One request that the node answers: what it is asked, and which bytes of what it says the client
 * gets. */
export class Relay {
  readonly head: PlainHead;
  /** Of the answer, if it may be asked for by others: as `answerKey`. */
  readonly key: string | undefined;
  /** What the node is told. */
  readonly request: string;
  /** It was written to a connection that had rested, and which the node may have closed. */
  isOnUsedLink = false;
  /** The client has had the head, and what stands before it. */
  readonly #rest: Part | undefined;
  readonly #framing: AnswerFraming;
  #hasTaken = false;
  /** Connections that ended before it was asked. */
  #strangers = 0;

  constructor(head: PlainHead, key: string | undefined, rest?: Part) {
    this.head = head;
    this.key = key;
    this.#rest = rest;
    this.request = rest === undefined ? head.text : withRange(head.text, rest);
    this.#framing = new AnswerFraming(head.method);
  }

  get hasHead(): boolean {
    return this.#framing.head !== undefined;
  }

  get isOver(): boolean {
    return this.#framing.isOver;
  }

  get isEndless(): boolean {
    return this.#framing.isEndless;
  }

  /** Its connection has ended. @param wasIntroduced as NodeLink.isIntroduced. */
  mayBeAskedAgain(wasIntroduced: boolean): boolean {
    if (!wasIntroduced) return this.#strangers < STRANGERS_MAX;
    return this.isOnUsedLink && !this.#hasTaken;
  }

  again(): Relay {
    const again = new Relay(this.head, this.key, this.#rest);
    again.#strangers = this.#strangers + 1;
    return again;
  }

  /** Takes what the node says. @returns what of it the client gets; undefined if that is not the
   * answer, or not what is owed to the client. */
  take(bytes: Uint8Array): Uint8Array | undefined {
    this.#hasTaken = true;
    const taken = this.#framing.take(bytes);
    if (taken === undefined || taken.end < bytes.length) return undefined;
    if (this.#rest === undefined) return bytes;
    const { head } = this.#framing;
    if (head !== undefined && !isOf(head.status, head.fields, this.#rest)) return undefined;
    return bytes.subarray(taken.bodyAt);
  }

  /** The connection ends behind the answer. */
  get isLast(): boolean {
    return this.head.isLast || this.#framing.head?.isLast === true;
  }

  /** Where in the whole the answer begins, if it is of the kind that is at hand for a while
   * (gateway/ready_answers.ts); else undefined. */
  get lendableFrom(): number | undefined {
    const { head, isEndless } = this.#framing;
    if (head === undefined || isEndless || !/immutable\r?$/m.test(head.fields)) return undefined;
    if (fieldOf(head.fields, "x-skerry-source") !== "local") return undefined;
    if (head.status === 200) return 0;
    const range = fieldOf(head.fields, "content-range");
    const from = /^bytes ([0-9]+)-/.exec(range ?? "")?.[1];
    return head.status === 206 && from !== undefined ? Number(from) : undefined;
  }
}

function withRange(text: string, { from, to }: Part): string {
  const plain = text.replace(/^range:.*\r\n/im, "");
  return `${plain.slice(0, -2)}Range: bytes=${from}-${to - 1}\r\n\r\n`;
}

const isOf = (status: number, fields: string, { from, to }: Part): boolean =>
  status === 206 &&
  (fieldOf(fields, "content-range") ?? "").startsWith(`bytes ${from}-${to - 1}/`);
