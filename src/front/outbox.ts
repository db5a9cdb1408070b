import { Fifo } from "../lib/mod.ts";
import type { StreamSocket } from "../ports/mod.ts";

/** A head leaves in one system call with as much of its body as fits in here: all of a slice. One
 * for all: it is used within one call. */
const SCRATCH = new Uint8Array(96 * 1024);

/** What one client gets before it is others' turn: one who takes as fast as is read would keep
 * everybody else waiting. */
export const TURN_BYTES_MAX = 4 * 2 ** 20;

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
    if (bytes.length === 0) return this.#waitingBytes === 0;
    const taken = this.#waitingBytes > 0 ? 0 : this.#socket.write(bytes);
    if (taken === bytes.length) return true;
    this.#wait(bytes.subarray(taken));
    return false;
  }

  /** As `send`, of a head and what follows it. */
  sendBoth(head: Uint8Array, bytes: Uint8Array): boolean {
    const room = SCRATCH.length - head.length;
    if (this.#waitingBytes > 0 || room < 0) {
      this.send(head);
      return this.send(bytes);
    }
    // A head that leaves alone wakes its reader twice.
    const first = bytes.length <= room ? bytes : bytes.subarray(0, room);
    SCRATCH.set(head);
    SCRATCH.set(first, head.length);
    const size = head.length + first.length;
    const taken = this.#socket.write(SCRATCH.subarray(0, size));
    if (taken === size) return first === bytes || this.send(bytes.subarray(first.length));
    if (taken < head.length) this.#wait(head.subarray(taken));
    this.#wait(bytes.subarray(Math.max(0, taken - head.length)));
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

  #wait(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }
}
