import type { Address } from "../lib/mod.ts";

/** One TCP connection. */
export interface StreamSocket {
  /** Of the other end, and of this. */
  readonly remote: Address;
  readonly local: Address;
  /** Hands bytes to the kernel, as many as it takes now: they may change afterwards.
   * @returns how many; if not all, `onDrain` follows when there is room. 0 once it is over. */
  write(bytes: Uint8Array): number;
  /** No data and no end is told until `resume`. Either may be called again for nothing. */
  pause(): void;
  resume(): void;
  /** Nothing more will be written (FIN, behind what the kernel has). */
  end(): void;
  /** Closes it both ways at once (FIN where nothing is unread, else RST). */
  close(): void;
  /** Closes it so that the other end cannot take what it has for the whole (RST). */
  cut(): void;
}

/** What happens on a connection. */
export interface StreamHandler {
  /** @param bytes the handler's to keep. */
  onData(bytes: Uint8Array): void;
  onDrain(): void;
  /** The other end writes no more; this one still may. */
  onEnd(): void;
  /** It is over, both ways; told once, also after `close` and `cut`.
   * @param wasCut by the other end: what came may not be all. */
  onClose(wasCut: boolean): void;
}

export interface StreamServer {
  readonly localAddress: Address;
  /** Takes no more connections; those there are go on. */
  stop(): void;
}

/** Listens for TCP connections; either alone, or beside other processes of this user that listen on
 * the same address (SO_REUSEPORT), over which the kernel spreads new connections.
 * @throws {SkerryError} ADDRESS_IN_USE, INVALID_CONFIG for a foreign address. */
export type ListenStreams = (
  at: Address,
  accept: (socket: StreamSocket) => StreamHandler,
) => StreamServer;

/** Connects; rejects where nobody listens. */
export type ConnectStream = (to: Address, handler: StreamHandler) => Promise<StreamSocket>;
