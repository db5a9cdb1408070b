import type { KeptAnswer } from "../gateway/mod.ts";
import type { UnixMs } from "../lib/mod.ts";

const REASONS: Readonly<Record<KeptAnswer["status"], string>> = {
  200: "OK",
  206: "Partial Content",
};
/** As the node's server says it (ports/http_server.ts, idleTimeoutMs). */
const KEEP_ALIVE = "Connection: keep-alive\r\nKeep-Alive: timeout=30\r\n\r\n";
const CLOSE = "Connection: close\r\n\r\n";

const UTF8 = new TextEncoder();

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
  #second = 0;
  #date = "";

  constructor(unixMs: () => UnixMs) {
    this.#unixMs = unixMs;
  }

  /** @param isLast the connection ends behind it. @param body what follows in the same piece.
   * @returns bytes to be left as they are. */
  headOf(answer: KeptAnswer, isLast: boolean, body?: Uint8Array): Uint8Array {
    const head = isLast ? this.#write(answer, CLOSE) : this.#lastingHeadOf(answer);
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
    const bytes = this.#write(answer, KEEP_ALIVE);
    this.#heads.set(answer, { second, bytes });
    return bytes;
  }

  #write({ status, headers }: KeptAnswer, end: string): Uint8Array {
    let text = `HTTP/1.1 ${status} ${REASONS[status]}\r\n`;
    for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
    return UTF8.encode(`${text}${this.#dateLine()}${end}`);
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
