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

/** The heads of answers as the node's own server writes them. */
export class AnswerText {
  readonly #unixMs: () => UnixMs;
  /** What is the same for each answer of a kind. */
  readonly #starts = new WeakMap<KeptAnswer, string>();
  #second = 0;
  #date = "";

  constructor(unixMs: () => UnixMs) {
    this.#unixMs = unixMs;
  }

  /** @param isLast the connection ends behind it. @param body what follows in the same piece. */
  headOf(answer: KeptAnswer, isLast: boolean, body?: Uint8Array): Uint8Array {
    const text = `${this.#startOf(answer)}${this.#dateLine()}${isLast ? CLOSE : KEEP_ALIVE}`;
    if (body === undefined) return UTF8.encode(text);
    const bytes = new Uint8Array(text.length + body.length); // a head is ASCII
    UTF8.encodeInto(text, bytes);
    bytes.set(body, text.length);
    return bytes;
  }

  #startOf(answer: KeptAnswer): string {
    const known = this.#starts.get(answer);
    if (known !== undefined) return known;
    const { status, headers } = answer;
    let text = `HTTP/1.1 ${status} ${REASONS[status]}\r\n`;
    for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
    this.#starts.set(answer, text);
    return text;
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
