import ipaddr from "ipaddr.js";
import { ipv4Number, isGlobalIpv4 } from "./ipv4.ts";

/** Where a UDP packet comes from or goes to. `ip` is canonical text: IPv4-mapped IPv6 is IPv4,
 * IPv6 is compressed lower case, no zone. So two addresses are equal if their texts are. */
export interface Address {
  readonly ip: string;
  readonly port: number;
}

/** An address as text, for Map keys, logs and URIs: `1.2.3.4:5` or `[2001:db8::1]:5`. */
export function formatAddress(address: Address): string {
  return address.ip.includes(":")
    ? `[${address.ip}]:${address.port}`
    : `${address.ip}:${address.port}`;
}

/** The canonical text of an IP address; undefined if `text` is not one (a host name, say). */
export function canonicalIp(text: string): string | undefined {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  if (!ipaddr.isValid(bare) || bare.includes("%")) return undefined;
  if (ipaddr.IPv4.isValid(bare) && !ipaddr.IPv4.isValidFourPartDecimal(bare)) return undefined;
  return ipaddr.process(bare).toString();
}

/** Splits `host:port` or `[v6]:port`; the host is returned as written, without brackets.
 * Undefined unless the port is an integer in 0 … 65535. */
export function splitHostPort(text: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text);
  if (match === null) return undefined;
  const host = match[1] ?? match[2] ?? "";
  const port = Number(match[3]);
  return port <= 65_535 ? { host, port } : undefined;
}

/** 4 or 16 bytes of a canonical IP text. @throws {RangeError} if `ip` is not an IP address. */
export function ipToBytes(ip: string): Uint8Array {
  const v4 = ipv4Number(ip);
  if (v4 !== undefined) return Uint8Array.of(v4 >>> 24, v4 >>> 16, v4 >>> 8, v4);
  if (!ipaddr.isValid(ip)) throw new RangeError(`${ip} is not an IP address`);
  return Uint8Array.from(ipaddr.parse(ip).toByteArray());
}

/** The canonical text of 4 or 16 address bytes, those from `start` to before `end`: a view of them
 * would cost more than the text. @throws {RangeError} on any other length. */
export function ipFromBytes(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const length = Math.min(end, bytes.length) - start;
  if (length === 4) {
    return `${bytes[start]}.${bytes[start + 1]}.${bytes[start + 2]}.${bytes[start + 3]}`;
  }
  if (length !== 16) throw new RangeError(`an IP address has 4 or 16 bytes, not ${length}`);
  return canonicalIp(ipaddr.fromByteArray([...bytes.subarray(start, end)]).toString()) ?? "";
}

/** True if `ip` may be used on the open network: not private, loopback, link-local, multicast,
 * carrier-grade NAT, documentation or any other reserved range. */
export function isGlobalIp(ip: string): boolean {
  const v4 = ipv4Number(ip);
  if (v4 !== undefined) return isGlobalIpv4(v4);
  return ipaddr.isValid(ip) && ipaddr.process(ip).range() === "unicast";
}

/** The /24 of an IPv4 or /48 of an IPv6 address, as text: the unit of diversity limits. */
export function prefixOf(ip: string): string {
  if (ipv4Number(ip) !== undefined) return `4:${ip.slice(0, ip.lastIndexOf("."))}`;
  const bytes = ipToBytes(ip);
  return bytes.length === 4
    ? `4:${bytes.slice(0, 3).join(".")}`
    : `6:${bytes.slice(0, 6).join(".")}`;
}

/** prefixOf() as a number below 2^49, for tables that keep thousands of them: it takes no memory of
 * its own, and comparing two costs nothing. */
export function prefixNumber(ip: string): number {
  const v4 = ipv4Number(ip);
  if (v4 !== undefined) return Math.floor(v4 / 2 ** 8);
  const bytes = ipToBytes(ip);
  const whole = bytes.length === 4 ? bytes.subarray(0, 3) : bytes.subarray(0, 6);
  const number = whole.reduce((sum, byte) => sum * 256 + byte, 0);
  return bytes.length === 4 ? number : 2 ** 24 + number;
}
