import { type ByteRange, contentRange, parseRange } from "../http/mod.ts";
import type { ReadOptions } from "../node/mod.ts";
import { IMMUTABLE } from "./caching.ts";
import { routeName } from "./http_metrics.ts";
import type { ReadableBytes } from "./exchange.ts";
import type { GatewayOptions } from "./options.ts";
import { WHOLE_BYTES_MAX } from "./send.ts";

/** An answer as it goes on the wire. */
export interface KeptAnswer {
  readonly status: 200 | 206;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** The bytes, or what to read them by. */
  readonly body: Uint8Array | KeptReading;
  /** What it was for, as HttpMetrics has it. */
  readonly route: string;
}

export interface KeptReading {
  readonly length: number;
  read(options: ReadOptions): AsyncIterable<Uint8Array>;
}

/** How long an answer is used again, ms. What is unpublished or found damaged in the meantime
 * is served no longer than this: each rule is asked again after it. */
const FRESH_MS = 1_000;
/** All of them together: a small share of what a node may take. */
const BYTES_MAX = 16 * 2 ** 20;
/** What an answer costs besides its body, roughly. */
const OVERHEAD_BYTES = 2_048;
/** What is kept alive beside any answer that is read anew, at most roughly: the list of 64 chunks,
 * or the contents, of a file's manifest. What is longer its source tells. */
const SOURCE_BYTES = 65_536;
/** What is the same for the whole and for any range of an answer, names and values in turn; its
 * bytes, or what they are read from; how long it may be used, ms. */
export interface AnswerParts {
  readonly headers: readonly string[];
  readonly body: Uint8Array | ReadableBytes;
  readonly freshMs: number;
}

interface Entry {
  readonly whole: KeptAnswer;
  /** What is the same for the whole and for any range of it, names and values in turn. */
  readonly headers: readonly string[];
  /** All of it, or what it is read from. */
  readonly body: Uint8Array | ReadableBytes;
  readonly size: number;
  readonly until: number;
  readonly cost: number;
}

/** Answers given a moment ago that would be the same again: immutable content held here, whole or
 * in part. Small ones with their bytes; of others only what leads to the bytes, which are read
 * anew. The oldest make way. BOUNDED by BYTES_MAX. */
export class ReadyAnswers {
  readonly #entries = new Map<string, Entry>();
  readonly #rangeFileBytesMax: number;
  #cost = 0;
  #clearings = 0;

  constructor({ rangeFileBytesMax }: Pick<GatewayOptions, "rangeFileBytesMax">) {
    this.#rangeFileBytesMax = rangeFileBytesMax;
  }

  /** Memory held, bytes, roughly. */
  get bytes(): number {
    return this.#cost;
  }

  /** How often all was forgotten. */
  get clearings(): number {
    return this.#clearings;
  }

  /** For how long an answer is at hand from `now` on, ms; 0 if it is not. */
  leftMs(key: string, now: number): number {
    return Math.max(0, (this.#entries.get(key)?.until ?? 0) - now);
  }

  /** @param range the Range field. @param now monotonic ms. */
  find(key: string, range: string | undefined, now: number): KeptAnswer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (now >= entry.until) {
      this.#remove(key, entry);
      return undefined;
    }
    return range === undefined ? entry.whole : this.#rangeOf(entry, range);
  }

  #rangeOf({ whole, headers, body, size }: Entry, range: string): KeptAnswer | undefined {
    const asked = parseRange(range, size);
    if (asked.kind === "whole") return whole;
    if (asked.kind === "unsatisfiable" || asked.ranges.length > 1) return undefined;
    if (size > this.#rangeFileBytesMax) return undefined;
    const [part] = asked.ranges;
    const its = [...headers, "content-range", contentRange(part, size)];
    return answerOf(206, its, whole.route, body, part);
  }

  /** Keeps what it takes to give `response` again, if it is of the kind. @param source where its
   * bytes are. @param clearings when its request came: one that was under way while a rule changed
   * is not kept. @returns what to send in its place. */
  async keep(
    key: string,
    response: Response,
    source: ReadableBytes | undefined,
    now: number,
    clearings: number,
  ): Promise<Response> {
    if (!isReusable(response)) return response;
    const { headers, status } = response;
    const length = Number(headers.get("content-length") ?? NaN);
    const isWholeAtHand = status === 200 && length <= WHOLE_BYTES_MAX;
    const bytes = isWholeAtHand ? new Uint8Array(await response.arrayBuffer()) : undefined;
    const body = bytes ?? source;
    if (body !== undefined && clearings === this.#clearings) {
      this.take(key, { headers: lastingFields(headers), body, freshMs: FRESH_MS }, now);
    }
    return bytes === undefined ? response : new Response(bytes, { headers });
  }

  /** What an answer at hand is made of: for whoever gives it in this process's place. */
  partsOf(key: string, now: number): AnswerParts | undefined {
    if (this.find(key, undefined, now) === undefined) return undefined;
    const entry = this.#entries.get(key);
    const freshMs = this.leftMs(key, now);
    return entry && { headers: entry.headers, body: entry.body, freshMs };
  }

  /** Keeps an answer of which another process has told the parts. @param now when it was asked. */
  take(key: string, { headers, body, freshMs }: AnswerParts, now: number): void {
    const cost = costOf(body);
    this.#set(key, { ...entryOf(headers, body), until: now + Math.min(freshMs, FRESH_MS), cost });
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

/** The same for ever, and no other node was asked for it. */
function isReusable({ status, headers }: Response): boolean {
  return (status === 200 || (status === 206 && headers.has("content-range"))) &&
    headers.get("cache-control") === IMMUTABLE && headers.get("x-skerry-source") === "local";
}

/** Fields that speak of one answer or of one range. */
const PASSING: readonly string[] = ["content-length", "content-range", "server-timing"];

function lastingFields(headers: Headers): string[] {
  const flat = ["server-timing", 'cache;desc="hit"'];
  headers.forEach((value, name) => {
    if (!PASSING.includes(name)) flat.push(name, value);
  });
  return flat;
}

function entryOf(headers: readonly string[], body: Uint8Array | ReadableBytes) {
  const size = body instanceof Uint8Array ? body.length : body.size;
  const route = routeName(headers[headers.indexOf("x-skerry-path") + 1] ?? "");
  const whole = answerOf(200, headers, route, body, { start: 0, end: size });
  return { whole, headers, body, size };
}

const costOf = (body: Uint8Array | ReadableBytes): number =>
  OVERHEAD_BYTES + (body instanceof Uint8Array ? body.length : SOURCE_BYTES + body.heldBytes);

function answerOf(
  status: 200 | 206,
  headers: readonly string[],
  route: string,
  body: Uint8Array | ReadableBytes,
  { start, end }: ByteRange,
): KeptAnswer {
  const length = end - start;
  return {
    status,
    headers: [...headers, "content-length", String(length)],
    route,
    body: body instanceof Uint8Array
      ? body.subarray(start, end)
      : { length, read: (options) => body.read(start, end, options) },
  };
}
