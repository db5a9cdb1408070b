import { type Cidr, type Config, isLoopback } from "../config/mod.ts";
import type { NamedClient } from "./client_list.ts";
import type { TracedRequest } from "./trace_context.ts";

/** Whom and what a gateway serves. */
export type ServeRule =
  | { readonly kind: "open" }
  /** Only what this node published itself. */
  | { readonly kind: "own" }
  /** Only these ids, in their canonical text: each form of an id that is to work. */
  | { readonly kind: "allowlist"; readonly ids: ReadonlySet<string> };

/** Bounds of gateway.md §3, §5 and §9. */
export interface GatewayOptions {
  readonly serve: ServeRule;
  /** Host names that a request may be for, lower case, and all names below them; any if undefined.
   * Set where the listener is on loopback, against DNS rebinding. */
  readonly hosts: readonly string[] | undefined;
  /** Name that the operator gave origins below: paths under it move to them. */
  readonly gatewayHost: string | undefined;
  /** Names below which each strong id has an origin of its own; what is asked for by any other name
   * shares one origin and is sandboxed. */
  readonly originHosts: readonly string[];
  /** Proxies whose X-Forwarded-For and X-Forwarded-Host are believed. */
  readonly trustedProxies: readonly Cidr[];
  /** Requests under way at once, over all clients and for one (an IPv4 address or IPv6 /64). */
  readonly concurrentMax: number;
  readonly concurrentPerClientMax: number;
  /** Lookups for unknown ids that one client may cause a minute; each costs the network work. */
  readonly unknownIdsPerMinute: number;
  /** Requests of one client a second, and at once, that take something from the network. */
  readonly fetchesPerSecond: number;
  readonly fetchesBurst: number;
  /** Clients on this machine are one address without being one person. */
  readonly isLoopbackExempt: boolean;
  /** From the request to the first byte of the answer. */
  readonly firstByteMs: number;
  /** A Range in a longer file gets 501: a cache in front might pull the whole for it. */
  readonly rangeFileBytesMax: number;
  /** /status is there for all. */
  readonly isStatusPublic: boolean;
  /** An e-mail address or URL of who runs it, for its pages. */
  readonly contact: string | undefined;
  /** Those who may show a token; undefined = nobody is asked for one. */
  readonly clients: readonly NamedClient[] | undefined;
  /** Credit bytes that one request may cost this node; undefined = any price that it pays. */
  readonly readBudgetCb: number | undefined;
  /** A request of such a client whose trace is recorded has left. */
  readonly onTraced: (request: TracedRequest) => void;
  /** Our own faults, for the log: what the client is not told. */
  readonly onFault: (error: unknown) => void;
}

export const DEFAULT_OPTIONS: GatewayOptions = {
  serve: { kind: "open" },
  hosts: undefined,
  gatewayHost: undefined,
  originHosts: [],
  trustedProxies: [],
  concurrentMax: 4096,
  concurrentPerClientMax: 32,
  unknownIdsPerMinute: 60,
  fetchesPerSecond: 20,
  fetchesBurst: 60,
  isLoopbackExempt: false,
  firstByteMs: 30_000,
  rangeFileBytesMax: 5 * 2 ** 30,
  isStatusPublic: false,
  contact: undefined,
  clients: undefined,
  readBudgetCb: undefined,
  onTraced: () => {},
  onFault: () => {},
};

const LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"];

/** As a Host header has it. */
const hostOfIp = (ip: string): string => ip.includes(":") ? `[${ip}]` : ip;

/** What the node's settings mean for its gateway. */
export function gatewayOptions(config: Config, onFault: (error: unknown) => void): GatewayOptions {
  const own = config.gatewayHost === undefined ? [] : [config.gatewayHost];
  const isLocal = isLoopback(config.http.ip);
  return {
    ...DEFAULT_OPTIONS,
    serve: config.serve === "allowlist"
      ? { kind: "allowlist", ids: new Set(config.allow) }
      : { kind: config.serve },
    hosts: isLocal
      ? [...new Set([...LOOPBACK_HOSTS, hostOfIp(config.http.ip), ...own])]
      : undefined,
    gatewayHost: config.gatewayHost,
    // Browsers resolve all names below localhost to this machine (RFC 6761 §6.3), but other
    // programs may not, so no path moves there unasked.
    originHosts: isLocal ? [...new Set([...own, "localhost"])] : own,
    trustedProxies: config.trustedProxy,
    rangeFileBytesMax: config.maxRangeFile,
    readBudgetCb: config.readBudget,
    isStatusPublic: config.publicStatus,
    contact: config.contact,
    isLoopbackExempt: config.network === "dev",
    onFault,
  };
}
