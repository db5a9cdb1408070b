import { type Address, canonicalIp, splitHostPort } from "../lib/mod.ts";

/** Reads `HOST:PORT` to bind: the host an IP address (IPv6 in brackets) or `localhost`, the port
 * 0 … 65535. Undefined if it is not that. Names other than localhost are refused, since what they
 * resolve to may change from one start to the next. */
export function parseListenAddress(text: string): Address | undefined {
  const parts = splitHostPort(text);
  if (parts === undefined) return undefined;
  const ip = parts.host.toLowerCase() === "localhost" ? "127.0.0.1" : canonicalIp(parts.host);
  if (ip === undefined || ip.includes(":") !== text.startsWith("[")) return undefined;
  return { ip, port: parts.port };
}

/** True if only programs on this machine can reach a listener at `ip`. */
export function isLoopback(ip: string): boolean {
  return ip === "::1" || /^127\.\d+\.\d+\.\d+$/.test(ip);
}
