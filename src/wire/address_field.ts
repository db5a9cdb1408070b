import { type Address, ipFromBytes, ipToBytes } from "../lib/mod.ts";
import { readU16, writeU16 } from "./integers.ts";
import { layout } from "./layout.ts";

/** An IP address and port as the wire writes them: family 4 or 6; IPv4 fills the first 4 of the 16
 * address bytes, the rest are 0. */
export const ADDRESS_FIELD = layout({ family: "u8", ip: "ip16", port: "u16" });

/** @param address.ip canonical text, as in every Address. @returns the offset behind it. */
export function encodeAddress(address: Address, out: Uint8Array, at: number): number {
  const ip = ipToBytes(address.ip);
  out[at + ADDRESS_FIELD.at.family] = ip.length === 4 ? 4 : 6;
  out.fill(0, at + ADDRESS_FIELD.at.ip, at + ADDRESS_FIELD.at.port);
  out.set(ip, at + ADDRESS_FIELD.at.ip);
  writeU16(address.port, out, at + ADDRESS_FIELD.at.port);
  return at + ADDRESS_FIELD.bytes;
}

/** The address at `at`; an IPv4-mapped IPv6 one comes out as IPv4.
 * @returns undefined if it passes `end`, or for another family or stray bytes behind an IPv4. */
export function decodeAddress(bytes: Uint8Array, at: number, end: number): Address | undefined {
  if (at + ADDRESS_FIELD.bytes > end) return undefined;
  const family = bytes[at + ADDRESS_FIELD.at.family];
  if (family !== 4 && family !== 6) return undefined;
  const from = at + ADDRESS_FIELD.at.ip;
  const ip = bytes.subarray(from, from + (family === 4 ? 4 : 16));
  for (let i = from + ip.length; i < from + 16; i++) if (bytes[i] !== 0) return undefined;
  return { ip: ipFromBytes(ip), port: readU16(bytes, at + ADDRESS_FIELD.at.port) };
}
