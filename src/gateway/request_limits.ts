import type { Context, Next } from "hono";
import { SkerryError, type SkerryErrorCode } from "../lib/mod.ts";
import type { Purchase } from "../node/mod.ts";
import { charge, checkQuota } from "./charged_answer.ts";
import { limitedClient, requestHost } from "./client_address.ts";
import type { NamedClient } from "./client_list.ts";
import type { ClientQuota } from "./client_quota.ts";
import { NO_STORE } from "./error_map.ts";
import { createExchange, type Exchange, type GatewayRequestInfo } from "./exchange.ts";
import { routeName } from "./http_metrics.ts";
import { ClientBudget, ConcurrencyLimit, type OnFull } from "./limits.ts";
import { NamedClients } from "./named_clients.ts";
import type { GatewayOptions } from "./options.ts";
import { ProblemError, problemResponse } from "./problem.ts";
import { spanOf, traceparentOf } from "./trace_context.ts";

/** What the app hands from one rule to the next. */
export interface GatewayEnv {
  Bindings: GatewayRequestInfo;
  Variables: { exchange: Exchange };
}
export type GatewayContext = Context<GatewayEnv>;

/** Failures that have cost other nodes a lookup. */
const LOOKED_IN_VAIN: readonly SkerryErrorCode[] = [
  "CHUNK_NOT_FOUND",
  "VALUE_NOT_FOUND",
  "LOOKUP_TIMED_OUT",
];

/** Unknown tokens that an address may show: some in a row, as a client does whose token was
 * replaced, then one every three seconds. */
const WRONG_TOKENS_BURST = 20;
const WRONG_TOKENS_PER_SECOND = 1 / 3;

/** What bodies ask of the node before its turn, over all clients and for one: of the 32 objects
 * that it receives at once half are left to those that somebody waits for. */
const AHEAD_MAX = 16;
const AHEAD_PER_CLIENT_MAX = 8;

type BookFailure = (client: string | undefined, error: unknown) => void;

/** A request that was counted in. One object: small answers are many. */
export class Entered {
  readonly #client: string | undefined;
  readonly #concurrency: ConcurrencyLimit;
  readonly #book: BookFailure;
  #hasLeft = false;

  constructor(client: string | undefined, concurrency: ConcurrencyLimit, book: BookFailure) {
    this.#client = client;
    this.#concurrency = concurrency;
    this.#book = book;
  }

  /** Counts it out; again does nothing. */
  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#concurrency.leave(this.#client);
  }

  /** As BodyLimits. */
  bookFailure(error: unknown): void {
    this.#book(this.#client, error);
  }
}

/** Bounds per client and over all (gateway.md §9). A client is an address, or who shows a token. */
export class RequestLimits {
  readonly #options: GatewayOptions;
  readonly #concurrency: ConcurrencyLimit;
  readonly #ahead = new ConcurrencyLimit(AHEAD_MAX, AHEAD_PER_CLIENT_MAX);
  readonly #lookups: ClientBudget;
  readonly #fetches: ClientBudget;
  readonly #wrongTokens = new ClientBudget(WRONG_TOKENS_BURST, WRONG_TOKENS_PER_SECOND);
  readonly #openPurchase: () => Purchase;
  /** Undefined: all are strangers, whatever they show. */
  readonly #named: NamedClients | undefined;

  /** @param openPurchase for one request. */
  constructor(options: GatewayOptions, openPurchase: () => Purchase) {
    this.#named = options.clients === undefined ? undefined : new NamedClients(options.clients);
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

  /** Takes another list of those who may show a token. Does nothing where there was none at first:
   * what was kept then was kept for all. */
  useClients(clients: readonly NamedClient[]): void {
    this.#named?.use(clients);
  }

  /** What each of them was sent. */
  *sentByClient(): Generator<readonly [name: string, bytes: number]> {
    for (const { name, sent } of this.#named?.quotas() ?? []) yield [name, sent];
  }

  async apply(c: GatewayContext, next: Next): Promise<void> {
    const address = this.#clientOf(c.env.remote?.ip, c.req.header("x-forwarded-for"));
    const quota = await this.#quotaOf(c.req.header("authorization"), address);
    if (quota !== undefined) checkQuota(quota, Date.now());
    const client = quota === undefined ? address : `client ${quota.name}`;
    const leave = this.#concurrency.enter(client);
    if (leave === undefined) throw tooMany("Too many requests at once from this client.");
    const { finished } = c.env;
    try {
      const spent = this.#spentBy(client);
      c.set("exchange", this.#exchangeOf(c, client, spent !== undefined));
      const startedAt = c.env.startedAt ?? performance.now();
      await next();
      this.#settle(c, c.get("exchange"), spent);
      if (quota !== undefined) await this.#bill(c, quota, startedAt);
    } finally {
      if (finished === undefined) leave();
      else void finished.then(leave);
    }
  }

  /** Whose token it is. Of an address that has shown too many wrong ones none is looked at, or it
   * could go on guessing. */
  async #quotaOf(
    authorization: string | undefined,
    address: string | undefined,
  ): Promise<ClientQuota | undefined> {
    if (this.#named === undefined || authorization === undefined) return undefined;
    const now = performance.now();
    if (address !== undefined && this.#wrongTokens.isSpent(address, now)) {
      throw tooMany("Too many unknown tokens were shown from this address.", 3);
    }
    try {
      return await this.#named.of(authorization);
    } catch (error) {
      if (address !== undefined) this.#wrongTokens.spend(address, now);
      throw error;
    }
  }

  /** What only those get who have shown who they are. */
  async #bill(c: GatewayContext, quota: ClientQuota, startedAt: number): Promise<void> {
    const finished = c.env.finished ?? Promise.resolve(0);
    const charged = c.req.method === "HEAD"
      ? c.res
      : await charge(quota, c.res, finished, Date.now).catch((error: unknown) => {
        if (error instanceof ProblemError) {
          return problemResponse(error.problem, c.req.header("accept"));
        }
        throw error;
      });
    if (charged !== c.res) setAnswer(c, charged);
    const span = spanOf(c.req.header("traceparent"), crypto.getRandomValues(new Uint8Array(8)));
    if (span === undefined) return;
    c.res.headers.set("traceparent", traceparentOf(span));
    if (!span.isSampled) return;
    const firstByteMs = performance.now() - startedAt;
    const { status } = c.res;
    void finished.then((sentBytes) => {
      const totalMs = performance.now() - startedAt;
      const route = routeName(c.req.path);
      const client = quota.name;
      this.#options.onTraced({ ...span, client, route, status, firstByteMs, totalMs, sentBytes });
    });
  }

  #exchangeOf(c: GatewayContext, client: string | undefined, isSpent: boolean): Exchange {
    const host = requestHost(c.req.raw, c.env, this.#options.trustedProxies);
    const purchase = this.#openPurchase();
    const options = this.#options;
    return createExchange(c.req.raw, host, client, options, isSpent, c.env, purchase, {
      enterAhead: () => this.#ahead.enter(client),
      bookFailure: (error) => this.#bookFailure(client, error),
    });
  }

  /** Counts in a request for what is here. @returns what counts it out, and books what its body
   * comes to where the bytes have gone; undefined if there is no room, or if the client may not
   * cause the fetch that it turns into then. */
  enter(remoteIp: string, forwardedFor: string | undefined): Entered | undefined {
    const client = this.#clientOf(remoteIp, forwardedFor);
    if (this.#spentBy(client) !== undefined || !this.#concurrency.take(client)) return undefined;
    return new Entered(client, this.#concurrency, this.#bookFailure);
  }

  /** Counts in an answer that a worker gives. @param client as `limitedClient` has it.
   * @returns what counts it out. */
  enterElsewhere(client: string | undefined): () => void {
    return this.#concurrency.enterAnyway(client);
  }

  /** @param onFull told whose requests are to come here, to be refused, and whose need not any
   * more. */
  watchFull(onFull: OnFull): void {
    this.#concurrency.onFull = onFull;
  }

  #clientOf(remoteIp: string | undefined, forwardedFor: string | undefined): string | undefined {
    return remoteIp === undefined
      ? undefined
      : limitedClient(remoteIp, forwardedFor, this.#options);
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
    this.#bookFailure(clientKey, c.error);
    if (code !== "NOT_LOCAL" || spent === undefined || exchange.isLocalOnly) return;
    setAnswer(c, problemResponse(spent.problem, c.req.header("accept")));
  }

  readonly #bookFailure: BookFailure = (client, error) => {
    if (client === undefined || !(error instanceof SkerryError)) return;
    if (LOOKED_IN_VAIN.includes(error.code)) this.#lookups.spend(client, performance.now());
  };
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

/** Hono mends the fields of an answer that is set over another with those of the other. */
function setAnswer(c: GatewayContext, answer: Response): void {
  c.res = undefined;
  c.res = answer;
}
