import { type Cidr, cidrHolds } from "../config/mod.ts";
import { canonicalIp, ipToBytes, toHex } from "../lib/mod.ts";
import type { GatewayRequestInfo } from "./exchange.ts";
import type { GatewayOptions } from "./options.ts";

type ClientRules = Pick<GatewayOptions, "trustedProxies" | "isLoopbackExempt">;

/** A longer chain of proxies than this is not believed further. */
const HOPS_MAX = 16;

/** True if the request came straight from a proxy that the operator trusts. */
export function isTrusted(ip: string, trusted: readonly Cidr[]): boolean {
  return trusted.length > 0 && trusted.some((range) => cidrHolds(range, ip));
}

/** The address that a request is from: the connection's own, or behind trusted proxies the nearest
 * one in X-Forwarded-For that is not itself trusted. What stands left of it anybody may write. */
export function clientIp(
  remote: string,
  forwardedFor: string | undefined,
  trusted: readonly Cidr[],
): string {
  if (forwardedFor === undefined || !isTrusted(remote, trusted)) return remote;
  let nearest = remote;
  const hops = forwardedFor.split(",").slice(-HOPS_MAX);
  for (const hop of hops.reverse()) {
    if (!isTrusted(nearest, trusted)) return nearest;
    const ip = canonicalIp(hop.trim());
    if (ip === undefined) return nearest;
    nearest = ip;
  }
  return nearest;
}

/** The host that a request was sent to, with its port: Host, or what an absolute target names, and
 * that alone then (RFC 9112 §3.2.2). @param target as it was sent. */
export function sentHost(request: Request, target: string | undefined): string {
  const field = isAbsolute(target) ? undefined : request.headers.get("host");
  return field ?? new URL(request.url).host;
}

const isAbsolute = (target = ""): boolean => /^https?:\/\//i.test(target);

/** The host that a request is for: as sentHost(), or behind a trusted proxy what the client had
 * sent to it. */
export function requestHost(
  request: Request,
  { remote, target }: GatewayRequestInfo,
  trusted: readonly Cidr[],
): string {
  const own = sentHost(request, target);
  if (remote === undefined || !isTrusted(remote.ip, trusted)) return own;
  const [forwarded = ""] = (request.headers.get("x-forwarded-host") ?? "").split(",");
  return forwarded.trim() || own;
}

/** What limits count as one client: an IPv4 address, or the /64 that one IPv6 subscriber gets. */
export function clientKey(ip: string): string {
  return ip.includes(":") ? `${toHex(ipToBytes(ip).subarray(0, 8))}/64` : ip;
}

/** Who a request counts for in limits per client; undefined for one that has none.
 * @param remoteIp of its connection. */
export function limitedClient(
  remoteIp: string,
  forwardedFor: string | undefined,
  { trustedProxies, isLoopbackExempt }: ClientRules,
): string | undefined {
  const ip = clientIp(remoteIp, forwardedFor, trustedProxies);
  // A proxy that names nobody speaks for all its readers, not for one.
  if (isTrusted(ip, trustedProxies)) return undefined;
  const isLoopback = ip === "::1" || ip.startsWith("127.");
  return isLoopback && isLoopbackExempt ? undefined : clientKey(ip);
}
