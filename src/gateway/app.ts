import { type Context, Hono, type Next } from "hono";
import { openPieces } from "../http/mod.ts";
import { SkerryError, type SkerryErrorCode } from "../lib/mod.ts";
import type { Node, Purchase } from "../node/mod.ts";
import { addCacheTags } from "./cache_tags.ts";
import { clientIp, clientKey, isTrusted, requestHost } from "./client_address.ts";
import { NO_STORE } from "./error_map.ts";
import {
  createExchange,
  type Exchange,
  type GatewayRequestInfo,
  type ReadableBytes,
} from "./exchange.ts";
import { COMMON_HEADERS, PREFLIGHT_HEADERS } from "./headers.ts";
import { HttpMetrics, routeName } from "./http_metrics.ts";
import { placeOf } from "./isolated_origin.ts";
import { ClientBudget, ConcurrencyLimit } from "./limits.ts";
import { DEFAULT_OPTIONS, type GatewayOptions } from "./options.ts";
import { type Problem, ProblemError, problemOf, problemResponse } from "./problem.ts";
import {
  answerKey,
  type GatewayRequestHead,
  type KeptAnswer,
  ReadyAnswers,
} from "./ready_answers.ts";
import { checkRequest } from "./request_rules.ts";
import { chunkRoute } from "./route_chunk.ts";
import { fileRoute } from "./route_file.ts";
import { healthRoute, readyRoute } from "./route_health.ts";
import { nameRoute } from "./route_name.ts";
import { homeRoute, openRoute, robotsRoute } from "./route_home.ts";
import { verifierRoute } from "./route_verifier.ts";

interface GatewayEnv {
  Bindings: GatewayRequestInfo;
  Variables: { exchange: Exchange };
}
type GatewayContext = Context<GatewayEnv>;

/** As ports/http_server.ts has it. */
interface ReadyAnswer extends Omit<KeptAnswer, "body" | "route"> {
  readonly body: Uint8Array | Awaited<ReturnType<typeof openPieces>>;
  readonly onLeft: (bodyBytes: number) => void;
}

/** The public face of a node, without a socket of its own. */
export interface Gateway {
  fetch(request: Request, info?: GatewayRequestInfo): Promise<Response>;
  /** An answer that is at hand and needs no more than the limits' consent; undefined = `fetch`.
   * `onLeft` is to be called when it has left. @param clientGone aborts when nobody wants it. */
  ready(
    head: GatewayRequestHead,
    clientGone?: AbortSignal,
  ): ReadyAnswer | Promise<ReadyAnswer | undefined> | undefined;
  /** Prometheus text of what this gateway counted. */
  metricsText(): string;
}

/** Builds the gateway. The order in which a request meets its rules is the order written here. */
export function createGateway(node: Node, given: Partial<GatewayOptions> = {}): Gateway {
  const options = { ...DEFAULT_OPTIONS, ...given };
  const metrics = new HttpMetrics();
  const limits = new Limits(options, () => node.openPurchase());
  const kept = new ReadyAnswers(options);
  node.watchDenyTags(() => kept.clear()); // before a cache asks again for what it had to purge
  const hostOf = (request: Request, info: GatewayRequestInfo): string =>
    requestHost(request, info.remote?.ip, options.trustedProxies);
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
  app.notFound((c) => problemResponse(noSuchRoute(c.req.path), c.req.header("accept")));
  app.use(async (c, next) => {
    checkRequest(c.req.raw, c.env, options);
    await next();
  });
  app.options("*", () => new Response(null, { status: 204, headers: PREFLIGHT_HEADERS }));
  app.get("/healthz", healthRoute);
  app.get("/readyz", () => readyRoute(node));
  app.get("/robots.txt", robotsRoute);
  app.get("/verify.js", (c) => verifierRoute(c.req.raw));
  app.use((c, next) => limits.apply(c, next));
  app.use(async (c, next) => {
    await next();
    addCacheTags(node, c.get("exchange").path, c.res);
  });
  app.get("/", () => homeRoute(node, options.serve));
  app.get("/open", (c) => openRoute(node, options.serve, c.get("exchange")));
  app.get("/chunk/*", (c) => chunkRoute(node, options, c.get("exchange")));
  app.get("/name/*", (c) => nameRoute(node, options, c.get("exchange")));
  app.get("/file/*", (c) => fileRoute(node, options, c.get("exchange")));

  return {
    fetch: async (request, info = {}) => {
      const { clearings } = kept;
      let source: ReadableBytes | undefined;
      const noteSource = (its: ReadableBytes): void => void (source = its);
      void info.finished?.then((bodyBytes) => metrics.sent(bodyBytes));
      const response = await app.fetch(request, { ...info, noteSource });
      const head = headOf(request, info);
      const key = head === undefined ? undefined : answerKey(head, options);
      if (key === undefined) return response;
      return await kept.keep(key, response, source, performance.now(), clearings);
    },
    ready: (head, clientGone) => {
      const now = performance.now();
      const key = answerKey(head, options);
      const answer = key === undefined ? undefined : kept.find(key, head.header("range"), now);
      if (answer === undefined) return undefined;
      const leave = limits.enter(head.remote.ip, head.header("x-forwarded-for"));
      if (leave === undefined) return undefined; // the long way says so
      return openReady(answer, leave, options.firstByteMs, metrics, clientGone);
    },
    metricsText: () => metrics.text(limits.underWay),
  };
}

/** @returns undefined if its first piece cannot be had: the long way says why. */
function openReady(
  { status, headers, route, body }: KeptAnswer,
  leave: () => void,
  firstByteMs: number,
  metrics: HttpMetrics,
  clientGone: AbortSignal | undefined,
): ReadyAnswer | Promise<ReadyAnswer | undefined> {
  const onLeft = (bodyBytes: number): void => {
    leave();
    metrics.sent(bodyBytes);
  };
  if (body instanceof Uint8Array) {
    metrics.observe(route, status, 0);
    return { status, headers, body, onLeft };
  }
  const startedAt = performance.now();
  const read = (signal: AbortSignal) =>
    body.read({ signal, timeoutMs: firstByteMs, reusePieces: true });
  const opening = openPieces(read, {
    length: body.length,
    firstPieceMs: firstByteMs,
    ...(clientGone === undefined ? {} : { signal: clientGone }),
  });
  return opening.then((pieces) => {
    metrics.observe(route, status, performance.now() - startedAt);
    return { status, headers, body: pieces, onLeft };
  }, () => void leave());
}

function headOf(request: Request, info: GatewayRequestInfo): GatewayRequestHead | undefined {
  const { remote, target } = info;
  if (remote === undefined || target === undefined) return undefined;
  const { method, headers } = request;
  return { method, target, remote, header: (name) => headers.get(name) ?? undefined };
}

function measured(metrics: HttpMetrics) {
  return async (c: GatewayContext, next: Next): Promise<void> => {
    const startedAt = performance.now();
    await next();
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
  return problemResponse(problem, c.req.header("accept"));
}

function noSuchRoute(path: string): Problem {
  return {
    status: 404,
    title: "Not found",
    detail: `Nothing is at ${path.slice(0, 120)}; content is under /file/ and /chunk/.`,
    headers: { "cache-control": "public, max-age=60" },
  };
}

/** Failures that have cost other nodes a lookup. */
const LOOKED_IN_VAIN: readonly SkerryErrorCode[] = [
  "CHUNK_NOT_FOUND",
  "VALUE_NOT_FOUND",
  "LOOKUP_TIMED_OUT",
];

/** Bounds per client and over all (gateway.md §9). */
class Limits {
  readonly #options: GatewayOptions;
  readonly #concurrency: ConcurrencyLimit;
  readonly #lookups: ClientBudget;
  readonly #fetches: ClientBudget;
  readonly #openPurchase: () => Purchase;

  /** @param openPurchase for one request. */
  constructor(options: GatewayOptions, openPurchase: () => Purchase) {
    this.#options = options;
    this.#openPurchase = openPurchase;
    this.#concurrency = new ConcurrencyLimit(options.concurrentMax, options.concurrentPerClientMax);
    const { unknownIdsPerMinute, fetchesBurst, fetchesPerSecond } = options;
    this.#lookups = new ClientBudget(unknownIdsPerMinute, unknownIdsPerMinute / 60);
    this.#fetches = new ClientBudget(fetchesBurst, fetchesPerSecond);
  }

  get underWay(): number {
    return this.#concurrency.total;
  }

  async apply(c: GatewayContext, next: Next): Promise<void> {
    const client = this.#clientOf(c.env.remote?.ip, c.req.header("x-forwarded-for"));
    const leave = this.#concurrency.enter(client);
    if (leave === undefined) throw tooMany("Too many requests at once from this address.");
    try {
      const spent = this.#spentBy(client);
      const host = requestHost(c.req.raw, c.env.remote?.ip, this.#options.trustedProxies);
      const exchange = createExchange(
        c.req.raw,
        host,
        client,
        this.#options,
        spent !== undefined,
        c.env,
        this.#openPurchase(),
      );
      c.set("exchange", exchange);
      await next();
      this.#settle(c, exchange, spent);
    } finally {
      const { finished } = c.env;
      if (finished === undefined) leave();
      else void finished.then(leave);
    }
  }

  /** Counts in a request for what is here. @returns what counts it out; undefined if there is no
   * room, or if the client may not cause the fetch that it turns into where the bytes have gone. */
  enter(remoteIp: string, forwardedFor: string | undefined): (() => void) | undefined {
    const client = this.#clientOf(remoteIp, forwardedFor);
    return this.#spentBy(client) === undefined ? this.#concurrency.enter(client) : undefined;
  }

  #clientOf(remoteIp: string | undefined, forwardedFor: string | undefined): string | undefined {
    if (remoteIp === undefined) return undefined;
    const ip = clientIp(remoteIp, forwardedFor, this.#options.trustedProxies);
    // A proxy that names nobody speaks for all its readers, not for one.
    if (isTrusted(ip, this.#options.trustedProxies)) return undefined;
    const isLoopback = ip === "::1" || ip.startsWith("127.");
    return isLoopback && this.#options.isLoopbackExempt ? undefined : clientKey(ip);
  }

  /** What keeps a client from the network for now: it gets only what is held here. */
  #spentBy(client: string | undefined): ProblemError | undefined {
    if (client === undefined) return undefined;
    const now = performance.now();
    if (this.#lookups.isSpent(client, now)) {
      return tooMany("Too many ids that nobody has were asked for from this address.");
    }
    if (!this.#fetches.isSpent(client, now)) return undefined;
    const { fetchesPerSecond } = this.#options;
    const rule = `at most ${fetchesPerSecond} a second go on to the network`;
    return tooMany(`Too many requests from this address for what is not held here: ${rule}.`, 3);
  }

  /** Books what a request has cost the network. @param spent what it was kept from it by. */
  #settle(c: GatewayContext, exchange: Exchange, spent: ProblemError | undefined): void {
    if (c.res.headers.has("x-skerry-source")) {
      const { spentCb = 0, reservedCb = 0 } = exchange.purchase?.spending ?? {};
      c.res.headers.set("x-skerry-price", String(spentCb + reservedCb));
    }
    const { clientKey } = exchange;
    if (clientKey === undefined) return;
    const code = c.error instanceof SkerryError ? c.error.code : undefined;
    const now = performance.now();
    if (c.res.headers.get("x-skerry-source") === "peer") this.#fetches.spend(clientKey, now);
    if (code !== undefined && LOOKED_IN_VAIN.includes(code)) this.#lookups.spend(clientKey, now);
    if (code !== "NOT_LOCAL" || spent === undefined || exchange.isLocalOnly) return;
    c.res = undefined;
    c.res = problemResponse(spent.problem, c.req.header("accept"));
  }
}

/** @param retrySeconds when a try may succeed. */
function tooMany(detail: string, retrySeconds = 60): ProblemError {
  return new ProblemError({
    status: 429,
    title: "Too many requests",
    detail: `${detail} Try again in ${retrySeconds} seconds.`,
    headers: { "retry-after": String(retrySeconds), "cache-control": NO_STORE },
  });
}
