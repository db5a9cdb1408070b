import { utf8 } from "../lib/mod.ts";
import type { Node } from "../node/mod.ts";
import { PAGE_HEADERS } from "./headers.ts";
import { publicStatusPage } from "./status_page.tsx";

/** So long a cache in front may answer in the node's place. */
const FRESH_SECONDS = 10;

/** /status, where the operator opens it. */
export async function statusRoute(node: Pick<Node, "info" | "status">): Promise<Response> {
  const html = publicStatusPage(node.info, await node.status());
  return new Response(html, {
    headers: {
      ...PAGE_HEADERS,
      "content-type": "text/html; charset=utf-8",
      "content-length": String(utf8(html).length),
      "cache-control": `public, max-age=${FRESH_SECONDS}`,
    },
  });
}
