import { invalidMeta, SCRIPTED_PAGE_POLICY } from "../http/mod.ts";
import { formatMetaId, type MetaId, parseMetaId, SkerryError, utf8 } from "../lib/mod.ts";
import type { Node, Trace } from "../node/mod.ts";
import { jsonResponse, STATUS } from "./problem.ts";
import { timeoutOf } from "./query.ts";
import { TRACED_TEXT_MAX, type TraceOutcome, tracePage } from "./trace_page.tsx";

/** GET /v1/trace/:id. @throws {SkerryError} INVALID_ID, and what the node has against it. */
export async function traceRoute(node: Node, request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const text = pathname.slice("/v1/trace/".length);
  const meta = parseMetaId(text);
  if (meta === undefined) throw invalidMeta(text);
  const options = { signal: request.signal, timeoutMs: timeoutOf(searchParams) };
  return jsonResponse(await node.trace(meta.id, options) satisfies Trace);
}

/** GET /trace?id=: the same for people, who paste whole links. */
export async function tracePageRoute(node: Node, request: Request): Promise<Response> {
  const text = (new URL(request.url).searchParams.get("id") ?? "").slice(0, TRACED_TEXT_MAX).trim();
  const { status, outcome } = await outcomeOf(node, request, text);
  const html = tracePage(text, outcome);
  return new Response(html, {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-length": String(utf8(html).length),
      "content-security-policy": SCRIPTED_PAGE_POLICY,
    },
  });
}

async function outcomeOf(
  node: Node,
  request: Request,
  text: string,
): Promise<{ readonly status: number; readonly outcome: TraceOutcome }> {
  if (text === "") return { status: 200, outcome: { kind: "unasked" } };
  try {
    const meta = metaIn(text);
    if (meta === undefined) throw invalidMeta(text);
    const timeoutMs = timeoutOf(new URLSearchParams());
    const trace = await node.trace(meta.id, { signal: request.signal, timeoutMs });
    return { status: 200, outcome: { kind: "traced", id: formatMetaId(meta), trace } };
  } catch (error) {
    if (!(error instanceof SkerryError)) throw error;
    const detail = `${error.message}.`;
    return { status: STATUS[error.code], outcome: { kind: "failed", detail } };
  }
}

/** The id in what somebody pasted: alone, or the first in a gateway's link. */
function metaIn(text: string): MetaId | undefined {
  for (const word of text.split(/[^A-Za-z0-9]+/)) {
    const meta = parseMetaId(word);
    if (meta !== undefined) return meta;
  }
  return undefined;
}
