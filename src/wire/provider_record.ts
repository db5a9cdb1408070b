import type { Address, PublicKey } from "../lib/mod.ts";
import { ipFromBytes, ipToBytes, KEY_BYTES } from "../lib/mod.ts";
import { type Drop, drop } from "./drop.ts";
import { readU32, writeU32 } from "./integers.ts";

/** Who can give the bytes of a key, as the storing node tells it (protocol.md §3.3). */
export interface ProviderRecord {
  readonly publicKey: PublicKey;
  /** Where the provider's own session with the storing node came from; undefined for a node listed
   * by its key alone, whose address must be found by that key. */
  readonly address: Address | undefined;
  readonly flags: number;
  /** Hint of the price factor: common prefix of provider and key, bits; 0 = not known. */
  readonly factor: number;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** First byte of a record. An address stands together with the key, since a handshake cannot begin
 * without the key of the one it is for (ADR 0010). */
export const PROVIDER_KIND = { key: 1, ipv4: 4, ipv6: 6 } as const;

/** Flag bit 0: the provider holds the manifest and part of what it lists; ask with HAVE. */
export const PROVIDER_PARTIAL = 1;

const ADDRESS_BYTES: Readonly<Record<number, number>> = {
  [PROVIDER_KIND.key]: 0,
  [PROVIDER_KIND.ipv4]: 4 + 2,
  [PROVIDER_KIND.ipv6]: 16 + 2,
};
/** flags u8, factor u8, expiry u32. */
const TAIL_BYTES = 1 + 1 + 4;
/** kind, key, tail: 39, 45 with an IPv4 address, 57 with an IPv6 one. */
const RECORD_BYTES = 1 + KEY_BYTES + TAIL_BYTES;
export const PROVIDER_BYTES_MAX = RECORD_BYTES + 18;
/** Returned at most per answer (protocol.md §3.2). */
export const PROVIDERS_MAX = 24;

function kindOf(address: Address | undefined): number {
  if (address === undefined) return PROVIDER_KIND.key;
  return address.ip.includes(":") ? PROVIDER_KIND.ipv6 : PROVIDER_KIND.ipv4;
}

/** Bytes of one record on the wire: 39, 45 or 57. */
export function providerBytes(record: ProviderRecord): number {
  return RECORD_BYTES + (ADDRESS_BYTES[kindOf(record.address)] ?? 0);
}

/** IP and port as 6 or 18 bytes. */
export function encodeEndpoint(address: Address): Uint8Array {
  const ip = ipToBytes(address.ip);
  const out = new Uint8Array(ip.length + 2);
  out.set(ip);
  out[ip.length] = address.port >> 8;
  out[ip.length + 1] = address.port;
  return out;
}

/** The address of 6 or 18 bytes; undefined for any other length. */
export function decodeEndpoint(bytes: Uint8Array): Address | undefined {
  if (bytes.length !== 6 && bytes.length !== 18) return undefined;
  const portAt = bytes.length - 2;
  const port = (bytes[portAt] ?? 0) << 8 | (bytes[portAt + 1] ?? 0); // no view: every PONG has one
  return { ip: ipFromBytes(bytes, 0, portAt), port };
}

/** Records back to back, as they stand in one bin: kind, [ip, port], key, flags, factor, expiry. */
export function encodeProviders(records: readonly ProviderRecord[]): Uint8Array {
  let length = 0;
  for (const record of records) length += providerBytes(record);
  const out = new Uint8Array(length);
  let at = 0;
  for (const record of records) {
    out[at++] = kindOf(record.address);
    if (record.address !== undefined) {
      const endpoint = encodeEndpoint(record.address);
      out.set(endpoint, at);
      at += endpoint.length;
    }
    out.set(record.publicKey, at);
    at += KEY_BYTES;
    out[at] = record.flags;
    out[at + 1] = record.factor;
    writeU32(record.expiresAt, out, at + 2);
    at += TAIL_BYTES;
  }
  return out;
}

/** At most 24 records from one bin; a Drop for an unknown kind, a cut record or too many. */
export function decodeProviders(bytes: Uint8Array): ProviderRecord[] | Drop {
  if (bytes.length > PROVIDERS_MAX * PROVIDER_BYTES_MAX) return drop("limit");
  const records: ProviderRecord[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (records.length === PROVIDERS_MAX) return drop("limit");
    const endpointBytes = ADDRESS_BYTES[bytes[at] ?? 0];
    if (endpointBytes === undefined) return drop("bad_message");
    if (at + RECORD_BYTES + endpointBytes > bytes.length) return drop("bad_message");
    const keyAt = at + 1 + endpointBytes;
    const tailAt = keyAt + KEY_BYTES;
    records.push({
      publicKey: bytes.slice(keyAt, tailAt) as PublicKey,
      address: decodeEndpoint(bytes.subarray(at + 1, keyAt)),
      flags: bytes[tailAt] ?? 0,
      factor: bytes[tailAt + 1] ?? 0,
      expiresAt: readU32(bytes, tailAt + 2),
    });
    at = tailAt + TAIL_BYTES;
  }
  return records;
}
