/** @jsxImportSource hono/jsx */
import { formatSize } from "../config/mod.ts";
import { REACHABILITY, renderPage } from "../http/mod.ts";
import type { NodeInfo, NodeStatus } from "../node/mod.ts";

/** How a node does, in figures that say nothing of anybody else: no address, peer or id. */
export function publicStatusPage(info: NodeInfo, status: NodeStatus): string {
  const { store, traffic, uptimeSeconds } = status;
  const rows: readonly (readonly [string, string])[] = [
    ["Network", info.network],
    ["Version", info.version],
    [
      "Runs for",
      `${Math.floor(uptimeSeconds / 3600)} h ${Math.floor(uptimeSeconds / 60) % 60} min`,
    ],
    ["Reachability", REACHABILITY[status.reachability]],
    ["Peers", String(status.peers)],
    ["Nodes it knows", String(status.routingTable.contacts)],
    ["Chunks", String(store.chunks)],
    ["Store", `${formatSize(store.bytes)} of ${formatSize(store.quotaBytes)}`],
    ["Sent to nodes", formatSize(traffic.sentBytes)],
    ["Received from nodes", formatSize(traffic.receivedBytes)],
  ];
  return renderPage(
    "Status - skerry",
    <main>
      <h1>How this node does</h1>
      <dl>
        {rows.map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
      <p>
        <a href="/">What it is</a>
      </p>
    </main>,
  );
}
