import { lookup } from "node:dns/promises";
import { canonicalIp } from "../../lib/mod.ts";
import type { ResolveName } from "../../ports/mod.ts";

/** The system's resolver, so that /etc/hosts and search domains count. An IP address is its own
 * answer, without asking anybody. */
export const resolveName: ResolveName = async (host) => {
  const address = canonicalIp(host);
  if (address !== undefined) return [address];
  try {
    const found = await lookup(host, { all: true });
    return found.flatMap(({ address }) => canonicalIp(address) ?? []);
  } catch {
    return []; // no such name, or no resolver: the caller says which bootstrap failed
  }
};
