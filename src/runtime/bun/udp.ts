import type { Address } from "../../lib/mod.ts";
import type { DatagramHandlers, DatagramSocket, OpenDatagramSocket } from "../../ports/mod.ts";
import { CanonicalSender } from "../shared/canonical_sender.ts";
import { bindError, isIpv6Missing } from "../shared/bind_errors.ts";
import { forbidFragments, ignoreIcmpErrors, raiseSocketBuffers } from "./socket_buffers.ts";

/** More than this in one sendMany may return short without a drain event (oven-sh/bun#33391). */
const DATAGRAMS_PER_CALL_MAX = 64;

/** Bun.udpSocket as a DatagramSocket. */
export const openBunSocket: OpenDatagramSocket = async (bind, handlers) => {
  try {
    return await open(bind.host, bind.port, handlers);
  } catch (error) {
    if (bind.host === "::" && isIpv6Missing(error)) {
      return await openOrExplain("0.0.0.0", bind.port, handlers);
    }
    throw bindError(bind.host, bind.port, error);
  }
};

async function openOrExplain(host: string, port: number, handlers: DatagramHandlers) {
  try {
    return await open(host, port, handlers);
  } catch (error) {
    throw bindError(host, port, error);
  }
}

async function open(
  hostname: string,
  port: number,
  handlers: DatagramHandlers,
): Promise<DatagramSocket> {
  const senders = new CanonicalSender();
  let batchEndIsDue = false;
  const endBatch = (): void => {
    batchEndIsDue = false;
    handlers.onBatchEnd();
  };
  const socket = await Bun.udpSocket({
    hostname,
    port,
    binaryType: "uint8array",
    socket: {
      data(_socket, bytes, senderPort, senderIp) {
        const from = senders.of(senderIp, senderPort);
        if (from === undefined) return;
        if (!batchEndIsDue) {
          batchEndIsDue = true;
          setImmediate(endBatch); // after every datagram of this wake-up, before the next poll
        }
        handlers.onDatagram(bytes, from);
      },
      drain() {
        handlers.onDrain();
      },
      // An unreachable peer's ICMP error ends up here; without a handler Bun prints each one.
      error() {},
    },
  });
  const fd = (socket as unknown as { readonly fd?: number }).fd;
  const buffers = fd === undefined ? undefined : raiseSocketBuffers(fd);
  if (fd !== undefined) {
    forbidFragments(fd);
    ignoreIcmpErrors(fd);
  }
  return {
    localAddress: { ip: socket.hostname, port: socket.port },
    receiveBufferBytes: buffers?.receiveBufferBytes,
    sendBufferBytes: buffers?.sendBufferBytes,
    send: (to, bytes, segmentBytes) => sendTrain(socket, to, bytes, segmentBytes),
    close: () => socket.close(),
  };
}

type BunSocket = Bun.udp.Socket<"uint8array">;

function sendTrain(
  socket: BunSocket,
  to: Address,
  bytes: Uint8Array,
  segmentBytes: number,
): number {
  try {
    if (bytes.length <= segmentBytes) {
      return socket.send(bytes, to.port, to.ip) ? bytes.length : 0;
    }
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
      if (3 * sent < batch.length) return accepted + sent * segmentBytes;
      accepted = end;
    }
    return accepted;
  } catch {
    // ENETUNREACH, EPERM, EMSGSIZE, a closed socket: like a packet lost on the way, which is what
    // the layers above are made for.
    return bytes.length;
  }
}
