import { concatBytes } from "../lib/mod.ts";
import { headEnd, headText } from "./head_bytes.ts";

/** A head of the node's own; a longer one is none. */
const HEAD_BYTES_MAX = 65_536;

/** What is known of the answer once its head is there. */
export interface AnswerHead {
  readonly status: number;
  /** Without the status line; names as they were sent. */
  readonly fields: string;
  /** The connection ends behind it. */
  readonly isLast: boolean;
}

/** Where the bytes of one answer begin and end among those of a connection to the node. */
export class AnswerFraming {
  readonly #hasNoBody: boolean;
  /** What came of the head. */
  #early: Uint8Array = new Uint8Array();
  #head: AnswerHead | undefined;
  /** Bytes of the body that are still to come. */
  #left = 0;
  #isEndless = false;

  /** @param method of the request that it answers. */
  constructor(method: string) {
    this.#hasNoBody = method === "HEAD";
  }

  /** Undefined until it is there. */
  get head(): AnswerHead | undefined {
    return this.#head;
  }

  get isOver(): boolean {
    return this.#head !== undefined && !this.#isEndless && this.#left === 0;
  }

  /** It says itself where it ends, in a way that is not looked at here, or ends with the
   * connection. */
  get isEndless(): boolean {
    return this.#isEndless;
  }

  /** Takes what comes next. @returns where in `bytes` the body begins that it holds, and where the
   * answer ends; undefined if that is no answer. */
  take(bytes: Uint8Array): { readonly bodyAt: number; readonly end: number } | undefined {
    let bodyAt = 0;
    if (this.#head === undefined) {
      const before = this.#early.length;
      const some = bytes.subarray(0, HEAD_BYTES_MAX);
      const all = before === 0 ? some : concatBytes(this.#early, some);
      const end = headEnd(all, Math.max(0, before - 3), HEAD_BYTES_MAX);
      if (end === undefined && all.length >= HEAD_BYTES_MAX) return undefined;
      if (end === undefined) {
        this.#early = all;
        return { bodyAt: bytes.length, end: bytes.length };
      }
      if (!this.#read(headText(all.subarray(0, end - 4)))) return undefined;
      bodyAt = end - before;
      this.#early = new Uint8Array();
    }
    if (this.#isEndless) return { bodyAt, end: bytes.length };
    const body = Math.min(this.#left, bytes.length - bodyAt);
    this.#left -= body;
    return { bodyAt, end: bodyAt + body };
  }

  #read(text: string): boolean {
    const [, status = ""] = /^HTTP\/1\.1 ([2-5][0-9]{2}) /.exec(text) ?? [];
    if (status === "") return false;
    const fields = text.slice(text.indexOf("\r\n") + 2);
    const length = fieldOf(fields, "content-length");
    this.#head = {
      status: Number(status),
      fields,
      isLast: fieldOf(fields, "connection")?.toLowerCase() === "close",
    };
    if (this.#hasNoBody || status === "204" || status === "304") return true;
    if (length === undefined) this.#isEndless = true;
    else this.#left = Number(length);
    return length === undefined || /^[0-9]{1,15}$/.test(length);
  }
}

/** The value of a field among the lines of a head; undefined if there is none. */
export function fieldOf(fields: string, name: string): string | undefined {
  for (const line of fields.split("\r\n")) {
    const colon = line.indexOf(":");
    if (line.slice(0, colon).toLowerCase() === name) return line.slice(colon + 1).trim();
  }
  return undefined;
}
