import { lookup } from "node:dns/promises";
import { canonicalIp } from "../../lib/mod.ts";
import type { ResolveHost } from "../../ports/mod.ts";

/** The system's resolver, so that /etc/hosts counts too. */
export const resolveHost: ResolveHost = async (host) => {
  const ip = canonicalIp(host);
  if (ip !== undefined) return [ip];
  try {
    const found = await lookup(host, { all: true });
    return [...new Set(found.flatMap(({ address }) => canonicalIp(address) ?? []))];
  } catch {
    return [];
  }
};
