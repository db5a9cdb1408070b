import { utf8 } from "../lib/mod.ts";
import type { Node } from "../node/mod.ts";
import { NO_STORE } from "./error_map.ts";

/** /healthz: this process answers. */
export function healthRoute(): Response {
  return plain(200, "ok");
}

/** /readyz: this node can answer for the network, and goes on doing so. @param isLeaving as
 * Gateway.leave. */
export function readyRoute(node: Pick<Node, "readiness">, isLeaving: boolean): Response {
  if (isLeaving) return plain(503, "draining");
  const readiness = node.readiness();
  return readiness.ready ? plain(200, "ready") : plain(503, readiness.reason);
}

function plain(status: number, word: string): Response {
  const body = `${word}\n`;
  const headers: Record<string, string> = {
    "content-type": "text/plain; charset=utf-8",
    "content-length": String(utf8(body).length),
    "cache-control": NO_STORE,
  };
  if (status === 503) headers["retry-after"] = "10";
  return new Response(body, { status, headers });
}
