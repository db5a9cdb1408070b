/** @jsxImportSource hono/jsx */
import { formatSize } from "../config/mod.ts";
import { REACHABILITY } from "../http/mod.ts";
import type { NodeInfo, NodeStatus, PeerInfo, Readiness, StoreEntry } from "../node/mod.ts";
import { PeerRing } from "./peer_ring.tsx";

/** Rows shown of peers and of the store. */
export const ROWS_SHOWN = 100;

export interface StatusView {
  readonly info: NodeInfo;
  readonly readiness: Readiness;
  readonly status: NodeStatus;
  readonly peers: readonly PeerInfo[];
  readonly entries: readonly StoreEntry[];
}

/** The parts of the page that change, as the page's script puts them in. */
export const nowHtml = (view: StatusView): string => (<NowPart {...view} />).toString();
export const tablesHtml = (view: StatusView): string => (<TablesPart {...view} />).toString();

const ROLES: Readonly<Record<NodeStatus["role"], string>> = {
  super: "answers others and keeps content for them",
  user: "asks others only",
};

/** The node at a glance: what it is, how it stands, and who is around it. */
export function NowPart({ info, readiness, status, peers }: StatusView) {
  const { store, traffic } = status;
  return (
    <div class="glance">
      <dl>
        <dt>State</dt>
        <dd>{readiness.ready ? "ready" : readiness.reason.replaceAll("_", " ")}</dd>
        <dt>Up</dt>
        <dd>{durationText(status.uptimeSeconds)}</dd>
        <dt>Role</dt>
        <dd>{ROLES[status.role]}</dd>
        <dt>Reachability</dt>
        <dd>{REACHABILITY[status.reachability]}</dd>
        <dt>Peers</dt>
        <dd>{status.peers} connected, {status.routingTable.contacts} in the routing table</dd>
        <dt>Traffic</dt>
        <dd>
          {formatSize(traffic.sentBytes)} sent, {formatSize(traffic.receivedBytes)} received
        </dd>
        <dt>Store</dt>
        <dd>
          {store.chunks} chunks, {formatSize(store.bytes)} of {formatSize(store.quotaBytes)},{" "}
          {formatSize(store.pinnedBytes)} published here
        </dd>
        {status.disk === undefined ? null : (
          <>
            <dt>Disk</dt>
            <dd>
              refused last at {new Date(status.disk.faultMs).toISOString()}: {status.disk.fault};
              {" "}
              not kept in all: {status.disk.unkept}
            </dd>
          </>
        )}
        <dt>Announced</dt>
        <dd>{status.announce.keys} keys, {status.announce.pending} waiting</dd>
        <dt>Copies</dt>
        <dd>
          {status.copies.keys} keys, {formatSize(status.copies.guardedBytes)} for others;{" "}
          {formatSize(status.copies.givenBytes)} given, {formatSize(status.copies.takenBytes)} taken
        </dd>
        <dt>URI</dt>
        <dd class="id">{info.uri}</dd>
        <dt>Node id</dt>
        <dd class="id">{info.nodeIdHex}</dd>
        <dt>Version</dt>
        <dd>{info.version}</dd>
      </dl>
      <PeerRing info={info} peers={peers} />
    </div>
  );
}

/** The first ROWS_SHOWN peers, and what the store used last. */
export function TablesPart({ peers, entries, status }: StatusView) {
  return (
    <div>
      <Peers peers={peers} />
      <Store entries={entries} chunks={status.store.chunks} />
    </div>
  );
}

/** As "3 d 4 h", the two largest units. @param seconds ≥ 0. */
function durationText(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts = [
    `${Math.floor(whole / 86_400)} d`,
    `${Math.floor(whole / 3600) % 24} h`,
    `${Math.floor(whole / 60) % 60} min`,
    `${whole % 60} s`,
  ];
  const largest = parts.findIndex((part) => !part.startsWith("0 "));
  const first = largest === -1 ? parts.length - 1 : largest;
  return parts.slice(first, first + 2).join(" ");
}

function Peers({ peers }: { peers: readonly PeerInfo[] }) {
  return (
    <section aria-labelledby="peers">
      <h2 id="peers">Peers ({peers.length})</h2>
      {peers.length === 0
        ? <p class="soft">No other node is connected.</p>
        : <PeerTable peers={peers.slice(0, ROWS_SHOWN)} />}
    </section>
  );
}

function PeerTable({ peers }: { peers: readonly PeerInfo[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Node</th>
          <th scope="col">Address</th>
          <th scope="col" class="number">Round trip</th>
          <th scope="col" class="number">Sent</th>
          <th scope="col" class="number">Received</th>
        </tr>
      </thead>
      <tbody>
        {peers.map((peer) => (
          <tr>
            <td class="id">{peer.nodeId}</td>
            <td>{peer.address}</td>
            <td class="number">
              {peer.rttMs === undefined ? "-" : `${peer.rttMs.toFixed(1)} ms`}
            </td>
            <td class="number">{formatSize(peer.sentBytes)}</td>
            <td class="number">{formatSize(peer.receivedBytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Store({ entries, chunks }: { entries: readonly StoreEntry[]; chunks: number }) {
  return (
    <section aria-labelledby="store">
      <h2 id="store">Last used in the store ({entries.length} of {chunks})</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Id</th>
            <th scope="col" class="number">Size</th>
            <th scope="col">Kept as</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr>
              <td class="id">{entry.id}</td>
              <td class="number">{formatSize(entry.bytes)}</td>
              <td>{entry.pinned ? "published" : "cache"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
