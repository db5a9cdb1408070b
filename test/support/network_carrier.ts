/** One direction between two machines of a virtual network, for flows that are no endpoints: they
 * share its line with all else that goes the same way. */
import type { Carry } from "./dumbbell.ts";
import type { EndpointWorld } from "./endpoint_world.ts";

/** Datagrams remembered until they arrive; older ones are lost by then. */
const UNDER_WAY_MAX = 4_096;

/** Carries datagrams of ≥ 4 bytes from one machine to `port` of another. Their first four bytes
 * become the number by which they are known on arrival. */
export function carrierBetween(
  world: EndpointWorld,
  fromIp: string,
  toIp: string,
  port: number,
): Carry {
  const underWay = new Map<number, (bytes: Uint8Array) => void>();
  let sent = 0;
  const ignored = { onDatagram: () => {}, onBatchEnd: () => {}, onDrain: () => {} };
  const socket = world.host(fromIp).bind(0, ignored);
  world.host(toIp).bind(port, {
    ...ignored,
    onDatagram: (bytes) => {
      const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
      const deliver = underWay.get(number);
      underWay.delete(number);
      deliver?.(bytes);
    },
  });
  return (bytes, deliver) => {
    const number = sent++;
    underWay.set(number, deliver);
    underWay.delete(number - UNDER_WAY_MAX);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, number);
    socket.send({ ip: toIp, port }, bytes, bytes.length);
  };
}
