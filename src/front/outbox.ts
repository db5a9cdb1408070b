import { Fifo } from "../lib/mod.ts";
import type { StreamSocket } from "../ports/mod.ts";

/** What a connection is to be given. Not bounded: whoever fills it stops when `send` says so. */
export class Outbox {
  readonly #socket: Pick<StreamSocket, "write">;
  readonly #waiting = new Fifo<Uint8Array>();
  #waitingBytes = 0;

  constructor(socket: Pick<StreamSocket, "write">) {
    this.#socket = socket;
  }

  /** Bytes that the kernel has not taken. */
  get writableLength(): number {
    return this.#waitingBytes;
  }

  /** @param bytes not to be changed until all is taken. @returns whether it is; if not, the next
   * `drain` that returns true says so. */
  send(bytes: Uint8Array): boolean {
    const taken = this.#waitingBytes > 0 ? 0 : this.#socket.write(bytes);
    if (taken === bytes.length) return true;
    this.#waiting.push(bytes.subarray(taken));
    this.#waitingBytes += bytes.length - taken;
    return false;
  }

  /** The kernel has room. @returns whether it has taken all. */
  drain(): boolean {
    for (let bytes = this.#waiting.peek(); bytes !== undefined; bytes = this.#waiting.peek()) {
      const taken = this.#socket.write(bytes);
      this.#waitingBytes -= taken;
      this.#waiting.shift();
      if (taken === bytes.length) continue;
      const rest = [bytes.subarray(taken)];
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) rest.push(next);
      for (const one of rest) this.#waiting.push(one);
      return false;
    }
    return true;
  }
}
