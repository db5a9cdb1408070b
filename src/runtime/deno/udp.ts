import type { Address } from "../../lib/mod.ts";
import type { DatagramHandlers, DatagramSocket, OpenDatagramSocket } from "../../ports/mod.ts";
import { CanonicalSender } from "../shared/canonical_sender.ts";
import { bindError, isIpv6Missing } from "../shared/bind_errors.ts";

/** Bytes handed to the runtime and not sent yet. Sends are asynchronous in Deno; past this the
 * driver keeps the rest, as with a full kernel buffer. */
const UNSENT_BYTES_MAX = 512 * 1024;
/** A socket is closed after this though it takes no more: a send is some 20 µs. */
const CLOSE_MS_MAX = 200;

/** Deno.listenDatagram (--unstable-net) as a DatagramSocket: thirty times the receive rate of
 * Deno's node:dgram. */
export const openDenoSocket: OpenDatagramSocket = (bind, handlers) => {
  try {
    return Promise.resolve(open(bind.host, bind.port, handlers));
  } catch (error) {
    if (bind.host !== "::" || !isIpv6Missing(error)) {
      return Promise.reject(bindError("UDP", bind.host, bind.port, error));
    }
  }
  try {
    return Promise.resolve(open("0.0.0.0", bind.port, handlers));
  } catch (error) {
    return Promise.reject(bindError("UDP", bind.host, bind.port, error));
  }
};

function open(hostname: string, port: number, handlers: DatagramHandlers): DatagramSocket {
  const socket = Deno.listenDatagram({ transport: "udp", hostname, port });
  const bound = socket.addr as Deno.NetAddr;
  const sender = new Sender(socket, handlers);
  const receiver = new Receiver(socket, handlers);
  void receiver.run();
  return {
    localAddress: { ip: bound.hostname, port: bound.port },
    receiveBufferBytes: undefined,
    sendBufferBytes: undefined,
    send: (to, bytes, segmentBytes) => sender.send(to, bytes, segmentBytes),
    async close() {
      receiver.isClosed = true;
      // a closed socket sends nothing, and the last words are for those who would wait for us
      await sender.allSent(CLOSE_MS_MAX);
      socket.close();
    },
  };
}

class Receiver {
  isClosed = false;
  readonly #socket: Deno.DatagramConn;
  readonly #handlers: DatagramHandlers;
  readonly #senders = new CanonicalSender();
  #batchEndIsDue = false;

  constructor(socket: Deno.DatagramConn, handlers: DatagramHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
  }

  async run(): Promise<void> {
    const slab = new Uint8Array(65_536);
    while (!this.isClosed) {
      try {
        const [bytes, sender] = await this.#socket.receive(slab);
        if (this.isClosed) return;
        this.#deliver(bytes, sender as Deno.NetAddr);
      } catch {
        // A refused peer's ICMP error surfaces in receive(); a closed socket ends the loop.
        if (this.isClosed) return;
        await new Promise((resolve) => setTimeout(resolve, 1)); // never spin on a lasting error
      }
    }
  }

  #deliver(bytes: Uint8Array, sender: Deno.NetAddr): void {
    const from = this.#senders.of(sender.hostname, sender.port);
    if (from === undefined) return;
    if (!this.#batchEndIsDue) {
      this.#batchEndIsDue = true;
      setTimeout(() => {
        this.#batchEndIsDue = false;
        if (!this.isClosed) this.#handlers.onBatchEnd();
      }, 0);
    }
    this.#handlers.onDatagram(bytes, from);
  }
}

interface Unsent {
  readonly to: Deno.NetAddr;
  readonly datagram: Uint8Array;
}

/** Sends one datagram after the other: several sends in flight at once may overtake each other. */
class Sender {
  readonly #socket: Deno.DatagramConn;
  readonly #handlers: DatagramHandlers;
  #unsent: Unsent[] = [];
  #unsentBytes = 0;
  /** Over when all is sent that was accepted by then; it never rejects. */
  #sending: Promise<void> | undefined;
  /** False in the turn that finds nothing unsent. By #sending it would be told a microtask later,
   * and what is accepted in between would lie until something else is sent. */
  #isSending = false;
  #isClosed = false;
  #wasFull = false;

  constructor(socket: Deno.DatagramConn, handlers: DatagramHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
  }

  send(to: Address, bytes: Uint8Array, segmentBytes: number): number {
    const target: Deno.NetAddr = { transport: "udp", hostname: to.ip, port: to.port };
    let accepted = 0;
    if (this.#isClosed) return 0;
    while (accepted < bytes.length) {
      if (this.#unsentBytes >= UNSENT_BYTES_MAX) {
        this.#wasFull = true;
        break;
      }
      const end = Math.min(accepted + segmentBytes, bytes.length);
      const datagram = bytes.slice(accepted, end); // a copy: the slab is the caller's again
      this.#unsent.push({ to: target, datagram });
      this.#unsentBytes += datagram.length;
      accepted = end;
    }
    if (!this.#isSending) this.#sending = this.#sendAll();
    return accepted;
  }

  /** Takes nothing more. Resolves when all is sent, or when that takes too long. */
  async allSent(timeoutMs: number): Promise<void> {
    this.#isClosed = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, timeoutMs));
    await Promise.race([this.#sending, late]);
    clearTimeout(timer);
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    while (this.#unsent.length > 0) {
      const batch = this.#unsent;
      this.#unsent = [];
      for (const { to, datagram } of batch) {
        try {
          await this.#socket.send(datagram, to);
        } catch {
          // A failed send is a packet lost on the way: the layers above are made for it.
        }
        this.#unsentBytes -= datagram.length;
        if (!this.#isClosed && this.#wasFull && this.#unsentBytes < UNSENT_BYTES_MAX / 2) {
          this.#wasFull = false;
          this.#handlers.onDrain();
        }
      }
    }
    this.#isSending = false;
  }
}
