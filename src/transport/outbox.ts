import { type Address, Fifo } from "../lib/mod.ts";

/** Handshake packets that wait for the socket; ~150 KB. A flood's surplus answers are not sent. */
const PACKETS_MAX = 256;

interface Addressed {
  readonly to: Address;
  readonly packet: Uint8Array;
}

/** Handshake packets on their way out, in order, bounded. */
export class Outbox {
  readonly #packets = new Fifo<Addressed>();

  get size(): number {
    return this.#packets.length;
  }

  /** @returns false, and drops the packet, if too many wait: the peer will ask again. */
  push(to: Address, packet: Uint8Array): boolean {
    if (this.size >= PACKETS_MAX) return false;
    this.#packets.push({ to, packet });
    return true;
  }

  take(): Addressed | undefined {
    return this.#packets.shift();
  }
}
