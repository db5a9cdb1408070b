import type { ByteSource, Purchase, ReadOptions } from "../node/mod.ts";
import { type Place, placeOf } from "./isolated_origin.ts";
import type { GatewayOptions } from "./options.ts";
import { plainQuery } from "./spelling.ts";

/** What the server tells about a request besides the Request; tests may leave it out. */
export interface GatewayRequestInfo {
  readonly remote?: { readonly ip: string; readonly port: number };
  /** The request target as sent. */
  readonly target?: string;
  /** When its turn came, monotonic ms; default: now. */
  readonly startedAt?: number;
  /** Resolves when the answer has left or the connection is gone: to the bytes of its body that
   * were handed to the connection. */
  readonly finished?: Promise<number>;
  /** Nobody has asked: it is looked whether the answer would be given again, and not counted. */
  readonly isRenewal?: boolean;
  /** Told from what the same bytes could be sent again, if they are here. */
  readonly noteSource?: (source: ReadableBytes) => void;
}

/** What bodies are read from. */
export type ReadableBytes = Pick<ByteSource, "size" | "heldBytes" | "read" | "lend">;

/** What a body may cost while it is sent, long after its request has met the limits. */
export interface BodyLimits {
  /** Takes a place for what is asked of the node before its turn.
   * @returns what gives it back; undefined if none is free. */
  enterAhead(): (() => void) | undefined;
  /** Books a failure that no answer's status tells. */
  readonly bookFailure: (error: unknown) => void;
}

/** Nothing is asked for before its turn. */
const NOTHING_AHEAD: BodyLimits = { enterAhead: () => undefined, bookFailure: () => {} };

/** One request on its way through the gateway. */
export interface Exchange {
  readonly request: Request;
  /** What content it is for, percent-encoded as it came. */
  readonly place: Place;
  readonly path: string;
  /** The name it was sent to, with the port. */
  readonly host: string;
  /** From the `?` on, or empty. */
  readonly search: string;
  readonly query: URLSearchParams;
  readonly isHead: boolean;
  /** For limits; undefined where this client has none. */
  readonly clientKey: string | undefined;
  /** Cache-Control: only-if-cached: nothing leaves this machine. */
  readonly isLocalOnly: boolean;
  /** What is left of the time to the first byte, ms. */
  readonly leftMs: () => number;
  /** For calls into the node, within that time. */
  readonly lookup: () => ReadOptions;
  /** For reading a body: the time to the first byte holds for each further piece. */
  readonly stream: (signal: AbortSignal) => ReadOptions;
  /** Counts what the answer costs. */
  readonly purchase: Purchase | undefined;
  readonly bodyLimits: BodyLimits;
  header(name: string): string | undefined;
  /** As GatewayRequestInfo. */
  readonly noteSource: (source: ReadableBytes) => void;
}

export function createExchange(
  request: Request,
  host: string,
  clientKey: string | undefined,
  options: GatewayOptions,
  isBudgetSpent: boolean,
  { noteSource = () => {}, startedAt = performance.now() }: GatewayRequestInfo = {},
  purchase?: Purchase,
  bodyLimits = NOTHING_AHEAD,
): Exchange {
  const url = new URL(request.url);
  const place = placeOf(host, url.pathname, options.originHosts);
  const header = (name: string): string | undefined => request.headers.get(name) ?? undefined;
  const isLocalOnly = hasDirective(header("cache-control"), "only-if-cached");
  const bought = purchase === undefined ? {} : { purchase };
  const localOnly = isLocalOnly || isBudgetSpent;
  const leftMs = (): number => Math.max(1, options.firstByteMs - (performance.now() - startedAt));
  return {
    request,
    place,
    path: place.path,
    host,
    search: url.search,
    query: plainQuery(url.search),
    isHead: request.method === "HEAD",
    clientKey,
    isLocalOnly,
    leftMs,
    lookup: () => ({ signal: request.signal, timeoutMs: leftMs(), localOnly, ...bought }),
    stream: (signal) => ({ signal, timeoutMs: options.firstByteMs, localOnly, ...bought }),
    purchase,
    bodyLimits,
    header,
    noteSource,
  };
}

function hasDirective(cacheControl: string | undefined, name: string): boolean {
  return (cacheControl ?? "").split(",").some((one) => one.trim().toLowerCase() === name);
}
