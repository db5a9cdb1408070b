import { type Address, Fifo } from "../lib/mod.ts";

/** Handshake packets that wait for the socket; ~300 KB. A flood's surplus answers are not sent. */
const PACKETS_MAX = 256;

interface Addressed {
  readonly to: Address;
  /** Builds the packet; undefined if there is nothing to send after all. */
  readonly write: () => Uint8Array | undefined;
}

/** Handshake packets on their way out, in order, bounded. */
export class Outbox {
  readonly #packets = new Fifo<Addressed>();

  get size(): number {
    return this.#packets.length;
  }

  /** @returns false, and drops the packet, if too many wait: the peer will ask again. */
  push(to: Address, packet: Uint8Array): boolean {
    return this.pushLater(to, () => packet);
  }

  /** A packet that is built when its turn to leave has come, so that what is known only at the end
   * of this turn of the loop rides in it. @returns as push(). */
  pushLater(to: Address, write: () => Uint8Array | undefined): boolean {
    if (this.size >= PACKETS_MAX) return false;
    this.#packets.push({ to, write });
    return true;
  }

  take(): { readonly to: Address; readonly packet: Uint8Array } | undefined {
    for (let next = this.#packets.shift(); next !== undefined; next = this.#packets.shift()) {
      const packet = next.write();
      if (packet !== undefined) return { to: next.to, packet };
    }
    return undefined;
  }
}
