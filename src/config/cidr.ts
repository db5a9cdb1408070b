import ipaddr from "ipaddr.js";
import { canonicalIp, ipToBytes } from "../lib/mod.ts";

/** A range of addresses: those whose first `prefixBits` bits are those of `ip`. */
export interface Cidr {
  /** Canonical text. */
  readonly ip: string;
  readonly prefixBits: number;
}

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; undefined if it is none of these. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([^/]+)(?:\/([0-9]{1,3}))?$/.exec(text);
  const ip = canonicalIp(match?.[1] ?? "");
  if (match === null || ip === undefined) return undefined;
  const bits = 8 * ipToBytes(ip).length;
  const prefixBits = match[2] === undefined ? bits : Number(match[2]);
  return prefixBits <= bits ? { ip, prefixBits } : undefined;
}

/** True if the range holds `ip` (canonical text). */
export function cidrHolds(range: Cidr, ip: string): boolean {
  const address = ipaddr.parse(ip);
  const base = ipaddr.parse(range.ip);
  return address.kind() === base.kind() && address.match(base, range.prefixBits);
}
