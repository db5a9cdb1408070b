import { type Context, Hono, type Next } from "hono";
import { PAGE_POLICY } from "../http/mod.ts";
import { toHex, utf8 } from "../lib/mod.ts";
import type { Node } from "../node/mod.ts";
import type {
  AdminEarners,
  AdminLedger,
  AdminPeers,
  AdminPurchase,
  AdminStatus,
  AdminStore,
} from "./api.ts";
import { type AdminKeys, type AdminRequestInfo, refusalOf } from "./auth.ts";
import { jsonResponse, problemOf, problemResponse } from "./problem.ts";
import { Purchases } from "./purchases.ts";
import { BadQuery, integerOf } from "./query.ts";
import { getRoute } from "./route_get.ts";
import { isPagePath, PAGE_FILES, pageFile } from "./page_files.ts";
import { liveRoute, pageRoute } from "./route_page.ts";
import { placementOf } from "./route_placement.ts";
import { followInvoice, getInvoices, payPeer, peerKeyOf, settleInvoice } from "./route_payments.ts";
import { publicationsOf, unpublish } from "./route_publications.ts";
import { publishRoute } from "./route_publish.ts";
import { tracePageRoute, traceRoute } from "./route_trace.ts";
import { getValue, putValue, withdrawValue } from "./route_value.ts";

export interface AdminOptions {
  /** What every request must bear. */
  readonly token: string;
  /** Opens /metrics besides, and nothing else. */
  readonly metricsToken: string;
  /** Where this node's links open, for the page; without a final slash. */
  readonly gatewayUrl?: string;
  /** Prometheus text of other faces of the same node, for /metrics. */
  readonly moreMetrics?: () => string;
  /** Our own faults, for the log. */
  readonly onFault?: (error: unknown) => void;
}

/** The operator's face of a node, without a socket of its own. */
export interface Admin {
  fetch(request: Request, info: AdminRequestInfo): Promise<Response>;
}

type AdminEnv = { Bindings: AdminRequestInfo };
type AdminContext = Context<AdminEnv>;

const STORE_ROWS_MAX = 10_000;
const PAGE_KEY_BYTES = 32;

/** On every answer: nothing is cached, shared with other sites or shown in their frames. */
const COMMON_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": PAGE_POLICY,
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** Builds the admin API. No route is reached without passing refusalOf(). */
export function createAdmin(node: Node, options: AdminOptions): Admin {
  const onFault = options.onFault ?? (() => {});
  const pageKey = toHex(crypto.getRandomValues(new Uint8Array(PAGE_KEY_BYTES)));
  const keys = { token: options.token, pageKey, metricsToken: options.metricsToken };
  const purchases = new Purchases();
  // The raw path: names in /v1/get must be decoded exactly once.
  const app = new Hono<AdminEnv>({ getPath: (request) => new URL(request.url).pathname });

  app.use(withCommonHeaders);
  app.onError((error) => failed(error, onFault));
  app.notFound((c) => problemResponse(404, `The admin API has no ${c.req.path}.`));
  app.use((c, next) => checked(c, next, keys));
  app.get("/", async () => await pageRoute(node, { pageKey, gatewayUrl: options.gatewayUrl }));
  app.get("/trace", (c) => tracePageRoute(node, c.req.raw));
  for (const [path, file] of PAGE_FILES) app.get(path, () => pageFile(file));
  app.get("/v1/live", async () => await liveRoute(node));
  app.get("/v1/status", async () => jsonResponse(await node.status() satisfies AdminStatus));
  app.get("/v1/peers", () => jsonResponse({ peers: node.peers() } satisfies AdminPeers));
  app.get("/v1/ledger", () => jsonResponse({ entries: node.ledger() } satisfies AdminLedger));
  app.get("/v1/ledger/invoices", () => jsonResponse(getInvoices(node)));
  app.get("/v1/ledger/invoices/:id", (c) => jsonResponse(followInvoice(node, c.req.param("id"))));
  app.post("/v1/ledger/pay", async (c) => jsonResponse(await payPeer(node, c.req.raw)));
  app.post("/v1/ledger/settle", async (c) => jsonResponse(await settleInvoice(node, c.req.raw)));
  app.get(
    "/v1/ledger/:key",
    async (c) => jsonResponse(await node.proveLedger(peerKeyOf(c.req.param("key")))),
  );
  app.get("/v1/placement/:meta", (c) => jsonResponse(placementOf(node, c.req.param("meta"))));
  app.get("/v1/publications", (c) => {
    return jsonResponse(publicationsOf(node, new URL(c.req.url).searchParams));
  });
  app.post("/v1/unpublish", async (c) => jsonResponse(await unpublish(node, c.req.raw)));
  app.get("/v1/store", async (c) => jsonResponse(await storeOf(node, c)));
  app.get("/v1/get/*", (c) => getRoute(node, c.req.raw, purchases));
  app.get("/v1/purchases/:name", (c) => purchaseRoute(purchases, c.req.param("name")));
  app.get("/v1/trace/:id", (c) => traceRoute(node, c.req.raw));
  app.get("/v1/value/:key", async (c) => jsonResponse(await getValue(node, c.req.raw)));
  app.post("/v1/value", async (c) => jsonResponse(await putValue(node, c.req.raw)));
  app.post("/v1/value/withdraw", async (c) => jsonResponse(await withdrawValue(node, c.req.raw)));
  app.post("/v1/publish", (c) => publishRoute(node, c.req.raw, onFault));
  app.get("/metrics", async () => metrics(await node.metricsText(), options.moreMetrics?.() ?? ""));

  return { fetch: async (request, info) => await app.fetch(request, info) };
}

async function withCommonHeaders(c: AdminContext, next: Next): Promise<void> {
  await next();
  for (const [name, value] of Object.entries(COMMON_HEADERS)) {
    if (!c.res.headers.has(name)) c.res.headers.set(name, value);
  }
}

async function checked(
  c: AdminContext,
  next: Next,
  keys: AdminKeys,
): Promise<Response | undefined> {
  const refusal = refusalOf(c.req.raw, c.env, keys);
  if (refusal !== undefined) {
    const challenge = refusal.status === 401
      ? { "www-authenticate": isPagePath(c.req.path) ? 'Basic realm="skerry admin"' : "Bearer" }
      : {};
    return problemResponse(refusal.status, refusal.detail, undefined, challenge);
  }
  if (!["GET", "HEAD", "POST"].includes(c.req.method)) {
    return problemResponse(405, "The admin API takes GET, HEAD and POST.", undefined, {
      allow: "GET, HEAD, POST",
    });
  }
  await next();
  return undefined;
}

function failed(error: Error, onFault: (error: unknown) => void): Response {
  if (error instanceof BadQuery) {
    const { message } = error;
    return problemResponse(400, `${message.slice(0, 1).toUpperCase()}${message.slice(1)}.`);
  }
  const response = problemOf(error);
  if (response.status === 500) onFault(error);
  return response;
}

function purchaseRoute(purchases: Purchases, name: string): Response {
  const report = purchases.report(name);
  if (report !== undefined) return jsonResponse(report satisfies AdminPurchase);
  return problemResponse(404, "There is no purchase of that name, or it was long ago.");
}

/** @throws {BadQuery}, {SkerryError} REFUSED by revenue where nothing is sold. */
async function storeOf(node: Node, c: AdminContext): Promise<AdminStore | AdminEarners> {
  const query = new URL(c.req.url).searchParams;
  const limit = integerOf(query, "limit", { min: 1, max: STORE_ROWS_MAX, otherwise: 100 });
  const by = query.get("by");
  if (by === null || by === "use") return { entries: await node.storeEntries(limit) };
  if (by === "revenue") return { entries: node.storeEarners(limit) };
  throw new BadQuery(`?by= takes use or revenue, not ${JSON.stringify(by)}`);
}

function metrics(...texts: readonly string[]): Response {
  const body = texts.join("");
  return new Response(body, {
    headers: {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
      "content-length": String(utf8(body).length),
    },
  });
}
