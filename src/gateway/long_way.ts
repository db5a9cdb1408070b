import { answerKey, type GatewayRequestHead, requestOf } from "./answer_key.ts";
import type { GatewayRequestInfo, ReadableBytes } from "./exchange.ts";
import type { GatewayOptions } from "./options.ts";
import type { ReadyAnswers } from "./ready_answers.ts";

/** All rules and routes, one after the other. */
export type AskAll = (request: Request, info: GatewayRequestInfo) => Promise<Response>;

/** The way of a request for whose answer every rule is asked; what comes of it is at hand for a
 * while. */
export class LongWay {
  readonly #askAll: AskAll;
  readonly #kept: Pick<ReadyAnswers, "clearings" | "keep">;
  readonly #options: Pick<GatewayOptions, "clients" | "trustedProxies">;
  /** BOUNDED by what workers ask at once. */
  readonly #renewals = new Map<string, Promise<void>>();

  constructor(
    askAll: AskAll,
    kept: Pick<ReadyAnswers, "clearings" | "keep">,
    options: Pick<GatewayOptions, "clients" | "trustedProxies">,
  ) {
    this.#askAll = askAll;
    this.#kept = kept;
    this.#options = options;
  }

  answer(request: Request, info: GatewayRequestInfo): Promise<Response> {
    const head = headOf(request, info);
    return this.#ask(request, info, head && answerKey(head, this.#options));
  }

  /** Asks every rule again whether an answer would be given, on nobody's account and of nobody
   * else. Resolves when it is at hand as if it had been given now, or is not to be given. Who asks
   * the same meanwhile waits for the same. */
  renew(key: string): Promise<void> {
    const running = this.#renewals.get(key);
    if (running !== undefined) return running;
    const renewal = this.#renew(key).finally(() => this.#renewals.delete(key));
    this.#renewals.set(key, renewal);
    return renewal;
  }

  async #renew(key: string): Promise<void> {
    const again = requestOf(key, this.#options);
    if (again === undefined) return;
    const { body } = await this.#ask(again.request, { ...again.info, isRenewal: true }, key);
    await body?.cancel(); // what it is read from is known now
  }

  async #ask(
    request: Request,
    info: GatewayRequestInfo,
    key: string | undefined,
  ): Promise<Response> {
    const { clearings } = this.#kept;
    let source: ReadableBytes | undefined;
    const noteSource = (its: ReadableBytes): void => void (source = its);
    const response = await this.#askAll(request, { ...info, noteSource });
    if (key === undefined) return response;
    return await this.#kept.keep(key, response, source, performance.now(), clearings);
  }
}

function headOf(request: Request, info: GatewayRequestInfo): GatewayRequestHead | undefined {
  const { remote, target } = info;
  if (remote === undefined || target === undefined) return undefined;
  const { method, headers } = request;
  return { method, target, remote, header: (name) => headers.get(name) ?? undefined };
}
