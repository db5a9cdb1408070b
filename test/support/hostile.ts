/** What a stranger on the wire can do with packets, and what must not come of it. */
import { randomBelow, randomBytes, type SeededRandom } from "../../src/lib/mod.ts";
import type { EndpointNode, EndpointWorld } from "./endpoint_world.ts";

/** What a node has answered and holds. Two equal ones: nothing has come of what was between. */
export function traceOf(world: EndpointWorld, node: EndpointNode) {
  const stats = node.endpoint.stats();
  return {
    sent: world.sent.filter(({ from }) => from.ip === node.address.ip).length,
    events: node.events.length,
    sessions: stats["sessions"],
    halfOpen: stats["half_open"],
    attempts: stats["attempts"],
    deadline: node.endpoint.nextTimeout(),
  };
}

/** Every way to flip one bit per byte of `packet`, and every shorter piece of it. */
export function* damaged(packet: Uint8Array): Generator<Uint8Array> {
  for (let i = 0; i < packet.length; i++) {
    const flipped = new Uint8Array(packet);
    flipped[i] = (flipped[i] ?? 0) ^ (1 << (i % 8));
    yield flipped;
    yield packet.slice(0, i);
  }
}

/** Random bytes, of every length up to 1,500 in turn and then of random ones. */
export function* randomDatagrams(random: SeededRandom, count: number): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) {
    yield randomBytes(random, i <= 1500 ? i : randomBelow(random, 1501));
  }
}
