import { headEnd, headText } from "./head_bytes.ts";
import {
  HEAD_BYTES_MAX,
  METHODS,
  type PlainFields,
  type PlainHead,
  readPlainHead,
  REQUEST_LINE,
} from "./plain_head.ts";

/** What no part of a plain head has: a bare CR or LF, or anything but ASCII. */
const ODD = /[^\r]\n|\r[^\n]|[^\t -~\r\n]/;
const LF = 10;
/** Of a head whose fields are remembered: what browsers and proxies send has some 300 to 900. */
const REMEMBERED_MAX = 2_048;

/** Reads the heads of one connection as they come, in one pass however small their pieces are. */
export class HeadReader {
  /** Of the last head: the next may well have the same. BOUNDED by REMEMBERED_MAX. */
  #fields: PlainFields | undefined;
  /** Bytes of the head to come that were looked at. */
  #seen = 0;
  /** Its first line is whole, and plain. */
  #hasLine = false;

  /** @param bytes what has come of the next head, and what stands behind it; never less than the
   * last time, unless that time it was whole.
   * @returns "part" if more has to come, "odd" if it can become no plain head. */
  read(bytes: Uint8Array): PlainHead | "part" | "odd" {
    const end = headEnd(bytes, Math.max(0, this.#seen - 3), HEAD_BYTES_MAX);
    if (end === undefined) return this.#readPart(bytes);
    this.#seen = 0;
    this.#hasLine = false;
    const head = readPlainHead(bytes, end, this.#fields);
    this.#fields = head && head.text.length <= REMEMBERED_MAX ? head.fields : undefined;
    return head ?? "odd";
  }

  #readPart(bytes: Uint8Array): "part" | "odd" {
    if (bytes.length >= HEAD_BYTES_MAX || bytes[0] === LF) return "odd";
    // From the last byte that was seen: it may be the first of two that do not belong together.
    if (ODD.test(headText(bytes.subarray(Math.max(0, this.#seen - 1))))) return "odd";
    const length = this.#hasLine ? 0 : bytes.indexOf(LF, this.#seen);
    this.#seen = bytes.length;
    if (this.#hasLine) return "part";
    const line = headText(bytes.subarray(0, length < 0 ? LONGEST : length - 1));
    this.#hasLine = length >= 0;
    if (this.#hasLine) return REQUEST_LINE.test(line) ? "part" : "odd";
    return METHODS.some((its) => line.startsWith(its) || its.startsWith(line)) ? "part" : "odd";
  }
}

const LONGEST = Math.max(...METHODS.map(({ length }) => length));
