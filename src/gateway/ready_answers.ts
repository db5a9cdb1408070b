import { isTrusted } from "./client_address.ts";
import { IMMUTABLE } from "./caching.ts";
import { routeName } from "./http_metrics.ts";
import type { GatewayOptions } from "./options.ts";
import { WHOLE_BYTES_MAX } from "./send.ts";

/** The head of a request, before a Request is made of it (ports/http_server.ts). */
export interface GatewayRequestHead {
  readonly method: string;
  /** As it was sent. */
  readonly target: string;
  readonly remote: { readonly ip: string; readonly port: number };
  header(name: string): string | undefined;
}

/** An answer as it goes on the wire. */
export interface KeptAnswer {
  readonly status: 200;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Uint8Array;
  /** What it was for, as HttpMetrics has it. */
  readonly route: string;
}

/** How long an answer is used again, ms. What is unpublished or found damaged in the meantime
 * is served no longer than this: each rule is asked again after it. */
const FRESH_MS = 1_000;
/** All of them together: a small share of what a node may take. */
const BYTES_MAX = 16 * 2 ** 20;
/** What an answer costs besides its body, roughly. */
const OVERHEAD_BYTES = 2_048;
const TARGET_MAX = 1_024;
const FIELD_MAX = 256;

/** Header fields that make a request one of its own kind, which the long way answers. */
const SPECIAL: readonly string[] = [
  "cache-control",
  "if-none-match",
  "if-range",
  "range",
  "service-worker",
  "transfer-encoding",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
];

/** All that the answer to a plain GET may depend on, as one text; undefined for any other request.
 * Unknown header fields change nothing (gateway.md §9). */
export function answerKey(
  head: GatewayRequestHead,
  { trustedProxies }: Pick<GatewayOptions, "trustedProxies">,
): string | undefined {
  const { method, target, remote } = head;
  if (method !== "GET" || target.length > TARGET_MAX || !target.startsWith("/")) return undefined;
  if (SPECIAL.some((name) => head.header(name) !== undefined)) return undefined;
  const isProxy = trustedProxies.length > 0 && isTrusted(remote.ip, trustedProxies);
  const forwarded = isProxy ? head.header("x-forwarded-host") ?? "" : undefined;
  const fields = [head.header("host") ?? "", forwarded ?? "", head.header("accept") ?? ""];
  if (fields.some(({ length }) => length > FIELD_MAX)) return undefined;
  return `${isProxy ? "proxy" : "client"}\n${fields.join("\n")}\n${target}`;
}

interface Entry extends KeptAnswer {
  readonly until: number;
  readonly cost: number;
}

/** Small answers given a moment ago that would be the same again: immutable content held here,
 * whole. The oldest make way. BOUNDED by BYTES_MAX. */
export class ReadyAnswers {
  readonly #entries = new Map<string, Entry>();
  #cost = 0;
  #clearings = 0;

  /** Memory held, bytes, roughly. */
  get bytes(): number {
    return this.#cost;
  }

  /** How often all was forgotten. */
  get clearings(): number {
    return this.#clearings;
  }

  /** @param now monotonic ms. */
  find(key: string, now: number): KeptAnswer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || now < entry.until) return entry;
    this.#remove(key, entry);
    return undefined;
  }

  /** Keeps a copy of `response` if it is of the kind. @param clearings when its request came: one
   * that was under way while a rule changed is not kept. @returns what to send in its place. */
  async keep(
    key: string,
    response: Response,
    now: number,
    clearings: number,
  ): Promise<Response> {
    if (!isReusable(response)) return response;
    const body = new Uint8Array(await response.arrayBuffer());
    const { headers } = response;
    const flat: string[] = [];
    headers.forEach((value, name) => {
      flat.push(name, name === "server-timing" ? 'cache;desc="hit"' : value);
    });
    if (clearings === this.#clearings) {
      const route = routeName(headers.get("x-skerry-path") ?? "");
      const cost = body.length + OVERHEAD_BYTES;
      this.#set(key, { status: 200, headers: flat, body, route, until: now + FRESH_MS, cost });
    }
    return new Response(body, { headers });
  }

  /** Forgets all: a rule about what may be served has changed. */
  clear(): void {
    this.#clearings++;
    this.#entries.clear();
    this.#cost = 0;
  }

  #set(key: string, entry: Entry): void {
    const before = this.#entries.get(key);
    if (before !== undefined) this.#remove(key, before);
    this.#entries.set(key, entry);
    this.#cost += entry.cost;
    for (const [oldest, old] of this.#entries) {
      if (this.#cost <= BYTES_MAX) break;
      this.#remove(oldest, old);
    }
  }

  #remove(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#cost -= entry.cost;
  }
}

/** Its body is at hand (send.ts) and the same for ever, and no other node was asked for it. */
function isReusable({ status, headers }: Response): boolean {
  const length = Number(headers.get("content-length") ?? NaN);
  return status === 200 && length <= WHOLE_BYTES_MAX &&
    headers.get("cache-control") === IMMUTABLE && headers.get("x-skerry-source") === "local";
}
