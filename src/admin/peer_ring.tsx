/** @jsxImportSource hono/jsx */
import type { NodeInfo, PeerInfo } from "../node/mod.ts";

/** Peers drawn: more would be one blot, and the page comes anew each second. */
export const RING_PEERS_MAX = 256;

const SIZE = 320;
const MIDDLE = SIZE / 2;
const RADIUS = 124;
/** Where an id's leading hex digit is this, a quarter of the ring begins. */
const QUARTERS = ["0", "4", "8", "c"];

type RingPeer = Pick<PeerInfo, "nodeId" | "address" | "rttMs">;

/** Place in the picture, in its own units. */
export interface RingPoint {
  readonly x: number;
  readonly y: number;
}

/** Where a node id lies on the ring: 0 at the top, then clockwise. Its first 32 bits tell more than
 * eyes do. @param idHex at least 8 hex digits. */
export function ringPoint(idHex: string, radius = RADIUS): RingPoint {
  const angle = 2 * Math.PI * parseInt(idHex.slice(0, 8), 16) / 2 ** 32;
  return {
    x: rounded(MIDDLE + radius * Math.sin(angle)),
    y: rounded(MIDDLE - radius * Math.cos(angle)),
  };
}

const rounded = (value: number): number => Math.round(value * 10) / 10;

/** This node and its peers by node id, each peer tied to this node. */
export function PeerRing(
  { info, peers }: { info: Pick<NodeInfo, "nodeIdHex">; peers: readonly RingPeer[] },
) {
  const own = ringPoint(info.nodeIdHex);
  const drawn = peers.slice(0, RING_PEERS_MAX);
  const left = peers.length - drawn.length;
  return (
    <figure class="ring">
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label="Peers on the ring of node ids">
        <circle class="orbit" cx={MIDDLE} cy={MIDDLE} r={RADIUS} />
        {QUARTERS.map(quarterMark)}
        {drawn.map(({ nodeId }) => tie(own, ringPoint(nodeId)))}
        {drawn.map(peerDot)}
        <rect class="own" x={rounded(own.x - 7)} y={rounded(own.y - 7)} width="14" height="14">
          <title>this node, {info.nodeIdHex}</title>
        </rect>
      </svg>
      <figcaption class="soft">
        By node id, from 00… at the top clockwise. The square is this node
        {left > 0 ? `; ${left} more peers are not drawn` : ""}.
      </figcaption>
    </figure>
  );
}

function quarterMark(digit: string) {
  const { x, y } = ringPoint(digit.padEnd(8, "0"), RADIUS + 20);
  return <text x={x} y={y + 4} text-anchor="middle">{digit}…</text>;
}

function tie(from: RingPoint, to: RingPoint) {
  return <line class="tie" x1={from.x} y1={from.y} x2={to.x} y2={to.y} />;
}

function peerDot({ nodeId, address, rttMs }: RingPeer) {
  const at = ringPoint(nodeId);
  return (
    <circle class="peer" cx={at.x} cy={at.y} r="5">
      <title>{nodeId} at {address}{rttMs !== undefined && `, ${rttMs.toFixed(1)} ms`}</title>
    </circle>
  );
}
