import type { KeptAnswer } from "../gateway/mod.ts";
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
const CLOSE = "Connection: close\r\n\r\n";
/** RFC 9110 §5.1, §5.5: what may stand in a field's name and its value. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t -~\x80-\xff]*$/;
/** RFC 9110 §8.6, and what a number holds. */
const LENGTH = /^[0-9]{1,15}$/;

interface Head {
  /** Of the date in it, Unix time. */
  readonly second: number;
  readonly bytes: Uint8Array;
}

/** The heads of answers as the node's own server writes them. */
export class AnswerText {
  readonly #unixMs: () => UnixMs;
  /** As they were written last, for an answer that the connection outlives. */
  readonly #heads = new WeakMap<KeptAnswer, Head>();
  readonly #keepAlive: string;
  /** What is the same for each answer of a kind, by its fields. */
  readonly #starts = new WeakMap<readonly string[], string>();
  #second = -1;
  #date = "";

  /** @param idleTimeoutMs as ports/http_server.ts has it. */
  constructor(unixMs: () => UnixMs, idleTimeoutMs: number) {
    this.#unixMs = unixMs;
    const timeout = Math.floor(idleTimeoutMs / 1000);
    this.#keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${timeout}\r\n\r\n`;
  }

  /** @param isLast the connection ends behind it. @param body what follows in the same piece.
   * @returns bytes to be left as they are. */
  headOf(answer: KeptAnswer, isLast: boolean, body?: Uint8Array): Uint8Array {
    const head = isLast ? this.#write(answer, true) : this.#lastingHeadOf(answer);
    if (body === undefined) return head;
    const bytes = new Uint8Array(head.length + body.length);
    bytes.set(head);
    bytes.set(body, head.length);
    return bytes;
  }

  /** The same bytes within one second. */
  #lastingHeadOf(answer: KeptAnswer): Uint8Array {
    const second = Math.floor(this.#unixMs() / 1000);
    const known = this.#heads.get(answer);
    if (known?.second === second) return known.bytes;
    const bytes = this.#write(answer, false);
    this.#heads.set(answer, { second, bytes });
    return bytes;
  }

  #write({ status, headers }: KeptAnswer, isLast: boolean): Uint8Array {
    const text = this.textOfKept(status, headers, isLast);
    return writeLatin1(text, new Uint8Array(text.length));
  }

  /** As `textOf`, of fields that are given again and stay with that status as they are. */
  textOfKept(status: number, headers: readonly string[], isLast: boolean): string {
    let start = this.#starts.get(headers);
    if (start === undefined) this.#starts.set(headers, start = startOf(status, headers));
    return start + this.#endOf(isLast);
  }

  /** @param headers names and values in turn. @returns Latin-1. @throws {RangeError} for a field
   * that would be no field on the wire. */
  textOf(status: number, headers: readonly string[], isLast: boolean): string {
    return startOf(status, headers) + this.#endOf(isLast);
  }

  #endOf(isLast: boolean): string {
    return this.#dateLine() + (isLast ? CLOSE : this.#keepAlive);
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
