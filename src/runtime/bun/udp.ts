import type { Address } from "../../lib/mod.ts";
import type { DatagramHandlers, DatagramSocket, OpenDatagramSocket } from "../../ports/mod.ts";
import { CanonicalSender } from "../shared/canonical_sender.ts";
import { bindError, isIpv6Missing } from "../shared/bind_errors.ts";
import { releaseMemory } from "../shared/release_memory.ts";
import { pausableReceive, type ReceivePause } from "./receive_pause.ts";
import { forbidFragments, ignoreIcmpErrors, raiseSocketBuffers } from "./socket_buffers.ts";
import { offloadTrains, type TrainSender } from "./udp_offload.ts";

/** More than this in one sendMany may return short without a drain event (oven-sh/bun#33391). */
const DATAGRAMS_PER_CALL_MAX = 64;

/** How long one wake-up of the loop may be spent on datagrams: as long as all else took since the
 * one before, so that a flood gets half of the processor and leaves half. Less would let the
 * kernel's buffer run over, and honest packets are lost with the others. A millisecond at least: to
 * give the loop its turn costs 10 µs. Ten at most: a request to the gateway passes the loop some
 * five times. */
const RECEIVE_SLICE_MS_MIN = 1;
const RECEIVE_SLICE_MS_MAX = 10;
/** How long a wake-up goes on that must not be ended, see Receiver.isRoomAwaited. What comes after
 * that is dropped, as by a kernel's buffer that is full, which takes a microsecond each and so ends
 * even in a flood. Far longer than the first datagrams of a process take, whose code is cold. */
const UNENDED_MS_MAX = 100;

/** What one call can carry in a train that the kernel cuts up: UDP_MAX_SEGMENTS of older kernels,
 * and a UDP payload. */
const OFFLOAD_SEGMENTS_MAX = 64;
const OFFLOAD_BYTES_MAX = 65_000;

/** Readies a socket for trains, see offloadTrains(). */
export type Offload = (fd: number) => TrainSender | undefined;

/** Bun.udpSocket as a DatagramSocket, with the kernel's help for trains where it gives any. */
export const openBunSocket: OpenDatagramSocket = openBunSocketWith(offloadTrains);

/** The same without: every datagram a send and a receive of its own, as on other systems. */
export const openPortableBunSocket: OpenDatagramSocket = openBunSocketWith(() => undefined);

export function openBunSocketWith(offload: Offload): OpenDatagramSocket {
  return async ({ host, port }, handlers) => {
    try {
      return await open(host, port, handlers, offload);
    } catch (error) {
      if (host !== "::" || !isIpv6Missing(error)) throw bindError("UDP", host, port, error);
    }
    try {
      return await open("0.0.0.0", port, handlers, offload);
    } catch (error) {
      throw bindError("UDP", "0.0.0.0", port, error);
    }
  };
}

async function open(
  hostname: string,
  port: number,
  handlers: DatagramHandlers,
  offload: Offload,
): Promise<DatagramSocket> {
  const receiver = new Receiver(handlers);
  const socket = await Bun.udpSocket({
    hostname,
    port,
    binaryType: "uint8array",
    socket: receiver.handlers,
  });
  const fd = (socket as unknown as { readonly fd?: number }).fd;
  const buffers = fd === undefined ? undefined : raiseSocketBuffers(fd);
  if (fd !== undefined) {
    forbidFragments(fd);
    ignoreIcmpErrors(fd);
    receiver.pause = pausableReceive(fd);
  }
  let trains = fd === undefined ? undefined : offload(fd);
  return {
    localAddress: { ip: socket.hostname, port: socket.port },
    receiveBufferBytes: buffers?.receiveBufferBytes,
    sendBufferBytes: buffers?.sendBufferBytes,
    send: (to, bytes, segmentBytes) =>
      receiver.mustSendLater() ? 0 : send(socket, receiver, trains, to, bytes, segmentBytes),
    close() {
      trains = undefined; // the number of a closed file may soon be another's
      receiver.close();
      socket.close();
      return Promise.resolve();
    },
  };
}

/** Hands over what arrives, for a slice of each wake-up. */
class Receiver {
  readonly #handlers: DatagramHandlers;
  readonly #senders = new CanonicalSender();
  pause: ReceivePause | undefined;
  /** Bun polls the socket for room to send: from its opening on, and where a send of Bun's came up
   * short. It stops by the number of the socket, behind the last read of a wake-up. While paused
   * that is another socket: the real one would go on to be polled, and as it has room, no poll
   * would ever wait again. So there is no pause until then. */
  isRoomAwaited = true;
  #isBatchEndDue = false;
  #sliceEndsAt = 0;
  #batchEndedAt = 0;
  #isOverrun = false;
  #isDrainDue = false;

  constructor(handlers: DatagramHandlers) {
    this.#handlers = handlers;
  }

  readonly handlers: Bun.udp.SocketHandler<"uint8array"> = {
    data: (_socket, bytes, senderPort, senderIp) => {
      const from = this.#senders.of(senderIp, senderPort);
      if (from === undefined) return;
      this.#beginBatch();
      if (!this.#isOverrun) this.#handlers.onDatagram(bytes, from);
      releaseMemory(bytes); // Bun's copy, which was borrowed until here
      const overMs = performance.now() - this.#sliceEndsAt;
      if (overMs < 0) return;
      if (!this.isRoomAwaited) this.pause?.pause();
      else if (this.pause !== undefined) this.#isOverrun = overMs >= UNENDED_MS_MAX;
    },
    drain: () => {
      this.isRoomAwaited = false;
      this.#handlers.onDrain();
    },
    // An unreachable peer's ICMP error ends up here; without a handler Bun prints each one.
    error() {},
  };

  /** While paused there is no socket to send on; onDrain() follows. */
  mustSendLater(): boolean {
    if (this.pause?.isPaused !== true) return false;
    this.#isDrainDue = true;
    return true;
  }

  close(): void {
    this.pause?.close();
    this.pause = undefined;
  }

  #beginBatch(): void {
    if (this.#isBatchEndDue) return;
    this.#isBatchEndDue = true;
    const now = performance.now();
    const elsewhereMs = Math.max(now - this.#batchEndedAt, RECEIVE_SLICE_MS_MIN);
    this.#sliceEndsAt = now + Math.min(elsewhereMs, RECEIVE_SLICE_MS_MAX);
    setImmediate(this.#endBatch); // after every datagram of this wake-up, before the next poll
  }

  readonly #endBatch = (): void => {
    this.#isBatchEndDue = false;
    this.#isOverrun = false;
    this.pause?.resume();
    if (this.#isDrainDue) {
      this.#isDrainDue = false;
      this.#handlers.onDrain();
    }
    this.#handlers.onBatchEnd();
    this.#batchEndedAt = performance.now();
  };
}

type BunSocket = Bun.udp.Socket<"uint8array">;

function send(
  socket: BunSocket,
  receiver: Receiver,
  trains: TrainSender | undefined,
  to: Address,
  bytes: Uint8Array,
  segmentBytes: number,
): number {
  try {
    if (bytes.length <= segmentBytes) {
      if (socket.send(bytes, to.port, to.ip)) return bytes.length;
      receiver.isRoomAwaited = true;
      return 0;
    }
    const sent = trains && sendOffloaded(trains, to, bytes, segmentBytes);
    return sent ?? sendEach(socket, receiver, to, bytes, segmentBytes);
  } catch {
    // ENETUNREACH, EPERM, EMSGSIZE, a closed socket: like a packet lost on the way, which is what
    // the layers above are made for.
    return bytes.length;
  }
}

/** @returns bytes accepted; undefined if the kernel cuts no trains and none of it has left. */
function sendOffloaded(
  trains: TrainSender,
  to: Address,
  bytes: Uint8Array,
  segmentBytes: number,
): number | undefined {
  const segments = Math.min(OFFLOAD_SEGMENTS_MAX, Math.floor(OFFLOAD_BYTES_MAX / segmentBytes));
  if (segments < 2) return undefined;
  for (let at = 0; at < bytes.length; at += segments * segmentBytes) {
    const end = Math.min(at + segments * segmentBytes, bytes.length);
    const train = at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end);
    const accepted = trains.send(to, train, segmentBytes);
    if (accepted === undefined) return at === 0 ? undefined : at; // the rest at the next wake-up
    if (accepted < train.length) return at;
  }
  return bytes.length;
}

function sendEach(
  socket: BunSocket,
  receiver: Receiver,
  to: Address,
  bytes: Uint8Array,
  segmentBytes: number,
): number {
  let accepted = 0;
  while (accepted < bytes.length) {
    const batch: (Uint8Array | number | string)[] = [];
    let end = accepted;
    while (end < bytes.length && batch.length < 3 * DATAGRAMS_PER_CALL_MAX) {
      const next = Math.min(end + segmentBytes, bytes.length);
      batch.push(bytes.subarray(end, next), to.port, to.ip);
      end = next;
    }
    const sent = socket.sendMany(batch);
    if (3 * sent < batch.length) {
      receiver.isRoomAwaited = true;
      return accepted + sent * segmentBytes;
    }
    accepted = end;
  }
  return accepted;
}
