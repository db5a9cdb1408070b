import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { concatBytes, utf8 } from "../../src/lib/mod.ts";

/** A client by TCP or TLS that sends exactly the bytes it is told to and keeps what comes back. */
export class RawClient {
  readonly socket: Socket;
  /** How the connection ended, once it has. */
  ending: "open" | "fin" | "reset" = "open";
  /** Bytes so far. */
  received = 0;
  #pieces: Uint8Array[] = [];
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (piece: Uint8Array) => {
      this.#pieces.push(piece);
      this.received += piece.length;
      this.#wake?.();
    });
    socket.on("end", () => this.#finish("fin"));
    socket.on("error", () => this.#finish("reset"));
    socket.on("close", () => this.#finish("fin"));
  }

  static open(port: number, host = "127.0.0.1"): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host }, () => resolve(new RawClient(socket)));
      socket.once("error", reject);
    });
  }

  /** Over TLS, whoever answers. @param protocol as ALPN has it. */
  static openTls(port: number, protocol = "http/1.1"): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const options = { port, host: "127.0.0.1", rejectUnauthorized: false };
      const socket = connectTls({ ...options, ALPNProtocols: [protocol] }, () => {
        resolve(new RawClient(socket));
      });
      socket.once("error", reject);
    });
  }

  /** Sends `text` (UTF-8) on a new connection and returns what came until it closed or, having said
   * something, was silent for `quietMs`: a busy machine may take its time to begin. */
  static async ask(port: number, text: string | Uint8Array, quietMs = 300): Promise<RawClient> {
    const client = await RawClient.open(port);
    client.send(text);
    await client.until(({ received }) => received > 0);
    await client.untilQuiet(quietMs);
    client.socket.destroy();
    return client;
  }

  send(text: string | Uint8Array): void {
    if (this.socket.writable) this.socket.write(typeof text === "string" ? utf8(text) : text);
  }

  /** Everything received so far. */
  get bytes(): Uint8Array {
    const whole = concatBytes(...this.#pieces);
    this.#pieces = [whole];
    return whole;
  }

  /** Everything received so far, byte by byte as characters. */
  get text(): string {
    return new TextDecoder("latin1").decode(this.bytes);
  }

  /** Waits until `isEnough` or the connection has ended. @throws after `timeoutMs`. */
  async until(isEnough: (client: this) => boolean, timeoutMs = 5_000): Promise<this> {
    const deadline = Date.now() + timeoutMs;
    while (this.ending === "open" && !isEnough(this)) {
      if (Date.now() > deadline) throw new Error(`still waiting after ${timeoutMs} ms`);
      await this.#change(deadline - Date.now());
    }
    return this;
  }

  /** Waits for the end of the connection. */
  untilClosed(timeoutMs = 5_000): Promise<this> {
    return this.until(() => false, timeoutMs);
  }

  async untilQuiet(quietMs: number): Promise<void> {
    let before = -1;
    while (this.ending === "open" && before !== this.received) {
      before = this.received;
      await this.#change(quietMs);
    }
  }

  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #finish(how: "fin" | "reset"): void {
    if (this.ending === "open") this.ending = how;
    this.#wake?.();
  }
}

/** One parsed response out of raw text; bodies by Content-Length only. */
export interface RawResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** All whole responses in `text`, in order. `methods` says which answers have no body (HEAD). */
export function parseResponses(text: string, methods: readonly string[] = []): RawResponse[] {
  const responses: RawResponse[] = [];
  let rest = text;
  while (rest.includes("\r\n\r\n")) {
    const [head = "", ...tail] = rest.split("\r\n\r\n");
    const [statusLine = "", ...lines] = head.split("\r\n");
    const headers = new Map(lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }));
    const status = Number(statusLine.split(" ")[1]);
    const isEmpty = methods[responses.length] === "HEAD" || status === 304 || status === 204 ||
      status === 100;
    const length = isEmpty ? 0 : Number(headers.get("content-length") ?? 0);
    const after = tail.join("\r\n\r\n");
    if (after.length < length) break;
    responses.push({ status, headers, body: after.slice(0, length) });
    rest = after.slice(length);
  }
  return responses;
}
