import { Hono, type Next } from "hono";
import { openPieces } from "../http/mod.ts";
import type { Node, Purchase } from "../node/mod.ts";
import { answerKey, type GatewayRequestHead } from "./answer_key.ts";
import { addCacheTags } from "./cache_tags.ts";
import { requestHost } from "./client_address.ts";
import type { NamedClient } from "./client_list.ts";
import type { GatewayRequestInfo } from "./exchange.ts";
import { COMMON_HEADERS, PREFLIGHT_HEADERS } from "./headers.ts";
import { NO_STORE } from "./error_map.ts";
import { HttpMetrics, routeName } from "./http_metrics.ts";
import { placeOf } from "./isolated_origin.ts";
import { LongWay } from "./long_way.ts";
import { DEFAULT_OPTIONS, type GatewayOptions } from "./options.ts";
import { type Problem, ProblemError, problemOf, problemResponse } from "./problem.ts";
import { type KeptAnswer, ReadyAnswers } from "./ready_answers.ts";
import {
  type Entered,
  type GatewayContext,
  type GatewayEnv,
  RequestLimits,
} from "./request_limits.ts";
import { checkRequest } from "./request_rules.ts";
import { chunkRoute } from "./route_chunk.ts";
import { fileRoute } from "./route_file.ts";
import { healthRoute, readyRoute } from "./route_health.ts";
import { nameRoute } from "./route_name.ts";
import { homeRoute, openRoute, robotsRoute } from "./route_home.ts";
import { statusRoute } from "./route_status.ts";
import { isPlainlySpelled } from "./spelling.ts";
import { verifierRoute } from "./route_verifier.ts";
import { WorkerDesk } from "./worker_desk.ts";

/** As ports/http_server.ts has it. */
interface ReadyAnswer extends Omit<KeptAnswer, "body" | "route"> {
  readonly body: Uint8Array | Awaited<ReturnType<typeof openPieces>>;
  onLeft(bodyBytes: number): void;
}

/** The public face of a node, without a socket of its own. */
export interface Gateway {
  fetch(request: Request, info?: GatewayRequestInfo): Promise<Response>;
  /** An answer that is at hand and needs no more than the limits' consent; undefined = `fetch`.
   * `onLeft` is to be called when it has left. @param clientGone its signal aborts when the client
   * goes away. */
  ready(
    head: GatewayRequestHead,
    clientGone?: () => AbortSignal,
  ): ReadyAnswer | Promise<ReadyAnswer | undefined> | undefined;
  /** Takes another list of clients, where there was one at first. */
  useClients(clients: readonly NamedClient[]): void;
  /** It is going to close: /readyz says so from now on, while all else is answered as ever. */
  leave(): void;
  /** What answers in this gateway's place have to do with it. */
  readonly workers: WorkerDesk;
  /** Prometheus text of what this gateway counted. */
  metricsText(): string;
}

/** Builds the gateway. The order in which a request meets its rules is the order written here. */
export function createGateway(node: Node, given: Partial<GatewayOptions> = {}): Gateway {
  const options = { ...DEFAULT_OPTIONS, ...given };
  const metrics = new HttpMetrics();
  const openPurchase = (): Purchase => node.openPurchase(options.readBudgetCb);
  const limits = new RequestLimits(options, openPurchase);
  const kept = new ReadyAnswers(options);
  let isLeaving = false;
  const hostOf = (request: Request, info: GatewayRequestInfo): string =>
    requestHost(request, info, options.trustedProxies);
  // The raw path: Hono would decode it, and names must be decoded exactly once.
  const app = new Hono<GatewayEnv>({
    getPath: (request, given) => {
      const host = hostOf(request, given?.env as GatewayRequestInfo ?? {});
      return placeOf(host, new URL(request.url).pathname, options.originHosts).path;
    },
  });

  app.use(measured(metrics));
  app.use(withCommonHeaders);
  app.onError((error, c) => failed(error, c, options));
  app.notFound((c) => told(noSuchRoute(c.req.path), c, options));
  app.use(async (c, next) => {
    checkRequest(c.req.raw, c.env, options);
    await next();
  });
  app.options("*", () => new Response(null, { status: 204, headers: PREFLIGHT_HEADERS }));
  app.get("/healthz", healthRoute);
  app.get("/readyz", () => readyRoute(node, isLeaving));
  app.get("/robots.txt", robotsRoute);
  app.get("/verify.js", (c) => verifierRoute(c.req.raw));
  app.use((c, next) => limits.apply(c, next));
  app.use(async (c, next) => {
    await next();
    addCacheTags(node, c.get("exchange").path, c.res);
  });
  app.get("/", () => homeRoute(node, options));
  if (options.isStatusPublic) app.get("/status", () => statusRoute(node));
  app.get("/open", (c) => openRoute(node, options, c.get("exchange")));
  app.get("/chunk/*", (c) => chunkRoute(node, options, c.get("exchange")));
  app.get("/name/*", (c) => nameRoute(node, options, c.get("exchange")));
  app.get("/file/*", (c) => fileRoute(node, options, c.get("exchange")));

  const longWay = new LongWay(
    (request, info) => Promise.resolve(app.fetch(request, info)),
    kept,
    options,
  );
  const workers = new WorkerDesk(kept, limits, metrics, (key) => longWay.renew(key));
  node.watchDenyTags(() => { // before a cache asks again for what it had to purge
    kept.clear();
    workers.forget();
  });
  return {
    fetch: (request, info = {}) => {
      void info.finished?.then((bodyBytes) => metrics.sent(bodyBytes));
      return longWay.answer(request, info);
    },
    ready: (head, clientGone) => {
      const now = performance.now();
      const key = answerKey(head, options);
      const answer = key === undefined ? undefined : kept.find(key, head.header("range"), now);
      if (answer === undefined) return undefined;
      const entered = limits.enter(head.remote.ip, head.header("x-forwarded-for"));
      if (entered === undefined) return undefined; // the long way says so
      return openReady(answer, entered, options.firstByteMs, metrics, openPurchase, clientGone);
    },
    workers,
    useClients: (clients) => limits.useClients(clients),
    leave: () => void (isLeaving = true),
    metricsText: () => metrics.text(limits.underWay, limits.sentByClient()),
  };
}

/** @returns undefined if its first piece cannot be had: the long way says why. */
function openReady(
  { status, headers, route, body }: KeptAnswer,
  entered: Entered,
  firstByteMs: number,
  metrics: HttpMetrics,
  openPurchase: () => Purchase,
  clientGone: (() => AbortSignal) | undefined,
): ReadyAnswer | Promise<ReadyAnswer | undefined> {
  const onLeft = (bodyBytes: number): void => {
    entered.leave();
    metrics.sent(bodyBytes);
  };
  if (body instanceof Uint8Array) {
    metrics.observe(route, status, 0);
    return { status, headers, body, onLeft };
  }
  const startedAt = performance.now();
  const purchase = openPurchase(); // what was here may have to be fetched again
  const read = (signal: AbortSignal) =>
    body.read({ signal, timeoutMs: firstByteMs, reusePieces: true, purchase });
  const opening = openPieces(read, {
    length: body.length,
    firstPieceMs: firstByteMs,
    onLateFailure: (error) => entered.bookFailure(error),
    ...(clientGone === undefined ? {} : { signal: clientGone() }),
  });
  return opening.then((pieces) => {
    metrics.observe(route, status, performance.now() - startedAt);
    return { status, headers, body: pieces, onLeft };
  }, () => void entered.leave());
}

function measured(metrics: HttpMetrics) {
  return async (c: GatewayContext, next: Next): Promise<void> => {
    const startedAt = performance.now();
    await next();
    if (c.env.isRenewal === true) return;
    metrics.observe(routeName(c.req.path), c.res.status, performance.now() - startedAt);
  };
}

async function withCommonHeaders(c: GatewayContext, next: Next): Promise<void> {
  await next();
  for (const [name, value] of Object.entries(COMMON_HEADERS)) c.res.headers.set(name, value);
}

function failed(error: Error, c: GatewayContext, options: GatewayOptions): Response {
  const problem = problemOf(error);
  // What is no peer's, client's or publisher's doing belongs in the log.
  const isOurs = (problem.status === 500 && !(error instanceof ProblemError)) ||
    /^(DISK|DATABASE|STORE)_/.test(problem.code ?? "");
  if (isOurs) options.onFault(error);
  return told(problem, c, options);
}

function told(problem: Problem, c: GatewayContext, { contact }: GatewayOptions): Response {
  const target = c.env.target ?? c.req.url;
  const kept = isPlainlySpelled(target) ? {} : { "cache-control": NO_STORE };
  const headers = { ...problem.headers, ...kept };
  const detail = problem.detail + questionsTo(problem.status, contact);
  return problemResponse({ ...problem, detail, headers }, c.req.header("accept"));
}

/** Who is kept from something may want to know by whom (RFC 7725 §3). */
function questionsTo(status: number, contact: string | undefined): string {
  const isDenied = status === 410 || status === 451;
  return isDenied && contact !== undefined ? ` Questions go to ${contact}.` : "";
}

function noSuchRoute(path: string): Problem {
  return {
    status: 404,
    title: "Not found",
    detail: `Nothing is at ${path.slice(0, 120)}; content is under /file/ and /chunk/.`,
    headers: { "cache-control": "public, max-age=60" },
  };
}
