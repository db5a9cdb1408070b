import { SCRIPTED_PAGE_POLICY } from "../http/mod.ts";
import { utf8 } from "../lib/mod.ts";
import type { Node } from "../node/mod.ts";
import type { AdminLive } from "./api.ts";
import { nowHtml, ROWS_SHOWN, type StatusView, tablesHtml } from "./live_page.tsx";
import { jsonResponse } from "./problem.ts";
import { type PageSecrets, statusPage } from "./status_page.tsx";

/** GET /: the page. */
export async function pageRoute(node: Node, secrets: PageSecrets): Promise<Response> {
  const html = statusPage(await viewOf(node), secrets);
  return new Response(html, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-length": String(utf8(html).length),
      "content-security-policy": SCRIPTED_PAGE_POLICY,
    },
  });
}

/** GET /v1/live: what changes on it. */
export async function liveRoute(node: Node): Promise<Response> {
  const view = await viewOf(node);
  const { uptimeSeconds, traffic, store } = view.status;
  return jsonResponse(
    {
      uptimeSeconds,
      sentBytes: traffic.sentBytes,
      receivedBytes: traffic.receivedBytes,
      storeBytes: store.bytes,
      quotaBytes: store.quotaBytes,
      roomBytes: Math.max(0, store.quotaBytes - store.pinnedBytes),
      now: nowHtml(view),
      tables: tablesHtml(view),
    } satisfies AdminLive,
  );
}

async function viewOf(node: Node): Promise<StatusView> {
  return {
    info: node.info,
    readiness: node.readiness(),
    status: await node.status(),
    peers: node.peers(),
    entries: await node.storeEntries(ROWS_SHOWN),
  };
}
