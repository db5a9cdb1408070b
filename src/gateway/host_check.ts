import { canonicalIp } from "../lib/mod.ts";
import { hostName } from "./spelling.ts";

/** True if a Host header names one of `hosts` or a name below one of them, whatever the port. Any
 * page that a browser shows can resolve a name of its own to 127.0.0.1 (DNS rebinding) and would
 * then be of one origin with us; its name in Host gives it away. */
export function isOwnHost(header: string, hosts: readonly string[]): boolean {
  const sent = hostName(header);
  const name = /^\[.*\]$/.test(sent) ? canonicalHost(sent) : sent;
  return hosts.some((host) => name === host || name.endsWith(`.${host}`));
}

/** An address has many spellings, `[0:0:0:0:0:0:0:1]` too, and one of IPv4 may stand in it. */
function canonicalHost(bracketed: string): string {
  const ip = canonicalIp(bracketed.slice(1, -1));
  return ip === undefined || !ip.includes(":") ? ip ?? bracketed : `[${ip}]`;
}
