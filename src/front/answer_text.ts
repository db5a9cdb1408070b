import type { UnixMs } from "../lib/mod.ts";
import { writeLatin1 } from "./latin1.ts";

/** What the gateway and the server before it answer with; another status goes without a word. */
const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  204: "No Content",
  206: "Partial Content",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  410: "Gone",
  412: "Precondition Failed",
  413: "Payload Too Large",
  414: "URI Too Long",
  416: "Range Not Satisfiable",
  421: "Misdirected Request",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  451: "Unavailable For Legal Reasons",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};
const EMPTY = new Uint8Array();
const CLOSE = "Connection: close\r\n\r\n";
/** RFC 9110 §5.1, §5.5: what may stand in a field's name and its value. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t -~\x80-\xff]*$/;
/** RFC 9110 §8.6, and what a number holds. */
const LENGTH = /^[0-9]{1,15}$/;

/** What is the same for each answer of a kind, and its head as it was written last, for an answer
 * that the connection outlives. */
interface Kept {
  readonly start: string;
  /** Of the date in it, Unix time. */
  second: number;
  bytes: Uint8Array;
}

/** The heads of answers as the node's own server writes them: bytes to be left as they are. */
export class AnswerText {
  readonly #unixMs: () => UnixMs;
  readonly #keepAlive: string;
  /** By the fields of answers that are given again. */
  readonly #kept = new WeakMap<readonly string[], Kept>();
  #second = -1;
  #date = "";

  /** @param idleTimeoutMs as ports/http_server.ts has it. */
  constructor(unixMs: () => UnixMs, idleTimeoutMs: number) {
    this.#unixMs = unixMs;
    const timeout = Math.floor(idleTimeoutMs / 1000);
    this.#keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${timeout}\r\n\r\n`;
  }

  /** As `headOf`, of fields that are given again and stay with that status as they are. */
  headOfKept(status: number, headers: readonly string[], isLast: boolean): Uint8Array {
    let kept = this.#kept.get(headers);
    if (kept === undefined) {
      kept = { start: startOf(status, headers), second: -1, bytes: EMPTY };
      this.#kept.set(headers, kept);
    }
    const date = this.#dateLine();
    if (isLast) return bytesOf(kept.start + date + CLOSE);
    if (kept.second !== this.#second) {
      kept.second = this.#second;
      kept.bytes = bytesOf(kept.start + date + this.#keepAlive);
    }
    return kept.bytes;
  }

  /** @param headers names and values in turn. @param isLast the connection ends behind it.
   * @throws {RangeError} for a field that would be no field on the wire. */
  headOf(status: number, headers: readonly string[], isLast: boolean): Uint8Array {
    return bytesOf(
      startOf(status, headers) + this.#dateLine() + (isLast ? CLOSE : this.#keepAlive),
    );
  }

  #dateLine(): string {
    const now = this.#unixMs();
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#date = `Date: ${new Date(now).toUTCString()}\r\n`;
    }
    return this.#date;
  }
}

/** @param text of Latin-1. */
const bytesOf = (text: string): Uint8Array => writeLatin1(text, new Uint8Array(text.length));

function startOf(status: number, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? "";
    const value = headers[i + 1] ?? "";
    const isLength = name.toLowerCase() === "content-length";
    if (!NAME.test(name) || !(isLength ? LENGTH : VALUE).test(value)) {
      const shown = JSON.stringify(`${name}: ${value}`.slice(0, 200));
      throw new RangeError(`an answer's field is no field of HTTP: ${shown}`);
    }
    text += `${name}: ${value}\r\n`;
  }
  return text;
}
