/** @jsxImportSource hono/jsx */
import { formatSize } from "../config/mod.ts";
import { renderPage } from "../http/mod.ts";
import type { NodeInfo, NodeStatus, PeerInfo, Readiness, StoreEntry } from "../node/mod.ts";

/** Rows shown of peers and of the store. */
export const ROWS_SHOWN = 100;

export interface StatusView {
  readonly info: NodeInfo;
  readonly readiness: Readiness;
  readonly status: NodeStatus;
  readonly peers: readonly PeerInfo[];
  readonly entries: readonly StoreEntry[];
}

/** The node at a glance; nothing on it changes anything. */
export function statusPage(view: StatusView): string {
  const { info, status } = view;
  return renderPage(
    "skerry node",
    <main>
      <h1>skerry node on {info.network}</h1>
      <dl>
        <dt>State</dt>
        <dd>{view.readiness.ready ? "ready" : view.readiness.reason.replaceAll("_", " ")}</dd>
        <dt>URI</dt>
        <dd class="id">{info.uri}</dd>
        <dt>Node id</dt>
        <dd class="id">{info.nodeIdHex}</dd>
        <dt>Version</dt>
        <dd>{info.version}</dd>
        <dt>Role</dt>
        <dd>{status.role}, {status.reachability}</dd>
        <dt>Up</dt>
        <dd>{Math.floor(status.uptimeSeconds)} s</dd>
        <dt>Routing table</dt>
        <dd>{status.routingTable.contacts} contacts</dd>
        <dt>Store</dt>
        <dd>
          {status.store.chunks} chunks, {formatSize(status.store.bytes)} of{" "}
          {formatSize(status.store.quotaBytes)}, {formatSize(status.store.pinnedBytes)} pinned
        </dd>
        <dt>Announced</dt>
        <dd>{status.announce.keys} keys, {status.announce.pending} waiting</dd>
        <dt>Traffic</dt>
        <dd>
          {formatSize(status.traffic.sentBytes)} sent, {formatSize(status.traffic.receivedBytes)}
          {" "}
          received
        </dd>
      </dl>
      <Peers peers={view.peers} />
      <Store entries={view.entries} chunks={status.store.chunks} />
    </main>,
  );
}

function Peers({ peers }: { peers: readonly PeerInfo[] }) {
  return (
    <section>
      <h2>Peers ({peers.length})</h2>
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
          {peers.slice(0, ROWS_SHOWN).map((peer) => (
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
    </section>
  );
}

function Store({ entries, chunks }: { entries: readonly StoreEntry[]; chunks: number }) {
  return (
    <section>
      <h2>Last used in the store ({entries.length} of {chunks})</h2>
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
