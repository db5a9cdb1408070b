import type { Address } from "../lib/mod.ts";

/** A UDP socket, bound and open. */
export interface DatagramSocket {
  /** The bound address, with the real port where 0 was asked for. */
  readonly localAddress: Address;
  /** What the kernel granted, bytes; undefined where the runtime cannot tell. */
  readonly receiveBufferBytes: number | undefined;
  readonly sendBufferBytes: number | undefined;
  /** Sends `bytes` to `to` as consecutive datagrams of `segmentBytes` each, the last of which may
   * be shorter, in order. The bytes are the socket's only until it returns.
   * @returns how many bytes were accepted: all, or a multiple of `segmentBytes`. When fewer than
   * given, keep the rest and try again after `onDrain` or at the next wake-up. */
  send(to: Address, bytes: Uint8Array, segmentBytes: number): number;
  /** No handler is called from here on. Resolves when what was accepted has been handed to the
   * system, and the port is free. */
  close(): Promise<void>;
}

export interface DatagramHandlers {
  /** A datagram arrived, or several of one sender that the kernel put together: all of one size,
   * the last perhaps shorter. `bytes` are borrowed until the handler returns, and may be
   * empty afterwards: keep a copy or nothing. */
  onDatagram(bytes: Uint8Array, from: Address): void;
  /** Called after a batch of onDatagram calls of one wake-up, so that answers leave in trains. */
  onBatchEnd(): void;
  /** The kernel can take more after a short `send`. May never come: also retry on a timer. */
  onDrain(): void;
}

/** Opens sockets. `host` is an IP address text (`::` = dual stack, falling back to 0.0.0.0 where
 * IPv6 is off), port 0 = any free one. Incoming IPv4-mapped IPv6 addresses are handed over as IPv4.
 * @throws {SkerryError} ADDRESS_IN_USE, or INVALID_CONFIG if the host is not ours to bind. */
export type OpenDatagramSocket = (
  bind: { readonly host: string; readonly port: number },
  handlers: DatagramHandlers,
) => Promise<DatagramSocket>;
