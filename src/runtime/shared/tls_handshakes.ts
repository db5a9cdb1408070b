import type { Socket } from "node:net";
import { type Address, formatAddress } from "../../lib/mod.ts";
import { remoteAddress } from "./http_request.ts";

interface Handshake {
  readonly socket: Socket;
  readonly end: () => void;
}

/** TLS connections whose handshake is not over, by their other end. Neither runtime ends one whose
 * handshake does not. BOUNDED by who lets them begin. */
export class Handshakes {
  readonly #byRemote = new Map<string, Handshake>();

  get size(): number {
    return this.#byRemote.size;
  }

  begin(socket: Socket, timeoutMs: number): void {
    const key = formatAddress(remoteAddress(socket));
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    const end = (): void => {
      clearTimeout(timer);
      this.#byRemote.delete(key);
    };
    this.#byRemote.set(key, { socket, end });
    socket.once("close", end);
  }

  /** That of a client is over. */
  end(remote: Address): void {
    this.#byRemote.get(formatAddress(remote))?.end();
  }

  /** Cuts off all. */
  destroy(): void {
    for (const { socket } of this.#byRemote.values()) socket.destroy();
  }
}
