import { type Address, after, earliest, type Instant } from "../../lib/mod.ts";
import type { Clock, DatagramHandlers, DatagramSocket } from "../../ports/mod.ts";

/** A core, or a service around one, that the loop keeps going. */
export interface LoopPart {
  /** Handles what is due and performs every effect that is ready. Cheap when nothing is. */
  turn(now: Instant): void;
  nextTimeout(): Instant | undefined;
}

/** What the loop needs of the transport; the rest of it is the services' business. */
export interface PacketCore {
  handleDatagram(bytes: Uint8Array, from: Address, now: Instant): void;
  handleTimeout(now: Instant): void;
  nextTimeout(): Instant | undefined;
  pollTransmit(
    now: Instant,
    out: Uint8Array,
  ): { readonly to: Address; readonly bytes: number; readonly segmentBytes: number } | undefined;
}

/** One train at a time is built here: the largest a UDP_SEGMENT send may be. */
const SLAB_BYTES = 65_536;
/** Trains sent before the loop lets received packets in: 64 trains of 44 packets are about 3.7 MB,
 * 30 ms at 1 Gbit/s, and ACKs must not wait longer. */
const TRAINS_PER_TURN_MAX = 64;
/** Turns before the socket closes: a train of its own for each of 16,384 sessions, some 100 ms. */
const LAST_TURNS_MAX = 256;
/** Rounds of "a part's effect is another part's input" in one turn. Two suffice for a message that
 * is answered at once; the bound keeps a chatty pair from starving the socket. */
const ROUNDS_PER_TURN_MAX = 4;
/** When the kernel took less than given and no drain event comes. */
const SEND_RETRY_MS = 2;

/** The loop: datagrams in, effects out, one timer for the earliest deadline of all parts. It owns
 * the socket and the send buffer and decides nothing. */
export class Driver {
  readonly #clock: Clock;
  readonly #packets: PacketCore;
  readonly #parts: readonly LoopPart[];
  readonly #slab = new Uint8Array(SLAB_BYTES);
  #socket: DatagramSocket | undefined;
  /** Bytes the kernel did not take, and where they go. BOUNDED: one train. */
  #unsent: { to: Address; bytes: Uint8Array; segmentBytes: number } | undefined;
  #retryAt: Instant | undefined;
  #isTurnQueued = false;
  #isClosed = false;
  #timer: { readonly at: Instant; readonly cancel: () => void } | undefined;
  sentBytes = 0;
  receivedBytes = 0;

  constructor(clock: Clock, packets: PacketCore, parts: readonly LoopPart[]) {
    this.#clock = clock;
    this.#packets = packets;
    this.#parts = parts;
  }

  /** Handed to OpenDatagramSocket. */
  readonly handlers: DatagramHandlers = {
    onDatagram: (bytes, from) => {
      if (this.#isClosed) return;
      this.receivedBytes += bytes.length;
      this.#packets.handleDatagram(bytes, from, this.#clock.now());
    },
    onBatchEnd: () => void this.#turn(),
    onDrain: () => {
      this.#retryAt = undefined;
      this.#turn();
    },
  };

  attach(socket: DatagramSocket): void {
    this.#socket = socket;
    this.wake();
  }

  /** Call after any command to a core: one turn follows once the current work is done. */
  wake(): void {
    if (this.#isTurnQueued || this.#isClosed) return;
    this.#isTurnQueued = true;
    void Promise.resolve().then(() => {
      this.#isTurnQueued = false;
      this.#turn();
    });
  }

  /** Last turns, so that CLOSE packets leave, then nothing more. Resolves when they are with the
   * system. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    // one train for each peer: as many turns as that takes, as long as the kernel has room
    for (let turn = 0; turn < LAST_TURNS_MAX && this.#turn(); turn++);
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#socket?.close();
  }

  /** @returns true if there is more to send at once. */
  #turn(): boolean {
    if (this.#isClosed) return false;
    const now = this.#clock.now();
    const due = this.#packets.nextTimeout();
    if (due !== undefined && due <= now) this.#packets.handleTimeout(now);
    for (let round = 0; round < ROUNDS_PER_TURN_MAX; round++) {
      for (const part of this.#parts) part.turn(now);
    }
    const isMore = this.#transmit(now);
    this.#arm(now, isMore);
    return isMore;
  }

  /** @returns true if it stopped at its bound with more to send. */
  #transmit(now: Instant): boolean {
    const socket = this.#socket;
    if (socket === undefined || !this.#sendUnsent(socket, now)) return false;
    for (let count = 0; count < TRAINS_PER_TURN_MAX; count++) {
      const train = this.#packets.pollTransmit(now, this.#slab);
      if (train === undefined) return false;
      const bytes = this.#slab.subarray(0, train.bytes);
      const accepted = socket.send(train.to, bytes, train.segmentBytes);
      this.sentBytes += accepted;
      if (accepted < train.bytes) {
        const rest = bytes.slice(accepted);
        this.#unsent = { to: train.to, bytes: rest, segmentBytes: train.segmentBytes };
        this.#retryAt = after(now, SEND_RETRY_MS);
        return false;
      }
    }
    return true;
  }

  /** @returns true if nothing is left over from an earlier turn. */
  #sendUnsent(socket: DatagramSocket, now: Instant): boolean {
    const unsent = this.#unsent;
    if (unsent === undefined) return true;
    if (this.#retryAt !== undefined && now < this.#retryAt) return false;
    const accepted = socket.send(unsent.to, unsent.bytes, unsent.segmentBytes);
    this.sentBytes += accepted;
    if (accepted < unsent.bytes.length) {
      this.#unsent = { ...unsent, bytes: unsent.bytes.subarray(accepted) };
      this.#retryAt = after(now, SEND_RETRY_MS);
      return false;
    }
    this.#unsent = undefined;
    this.#retryAt = undefined;
    return true;
  }

  /** Keeps one timer. A timer that is early costs a cheap turn, so only a nearer deadline moves
   * it. */
  #arm(now: Instant, isMore: boolean): void {
    let due = isMore ? now : earliest(this.#packets.nextTimeout(), this.#retryAt);
    for (const part of this.#parts) due = earliest(due, part.nextTimeout());
    if (due === undefined || (this.#timer !== undefined && this.#timer.at <= due)) return;
    this.#timer?.cancel();
    const cancel = this.#clock.schedule(Math.max(0, due - now), () => {
      this.#timer = undefined;
      this.#turn();
    });
    this.#timer = { at: due, cancel };
  }
}
