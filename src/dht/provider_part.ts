import { type Address, ID_BYTES, type PublicKey, toHex, viewOf } from "../lib/mod.ts";
import { decodeEndpoint, encodeEndpoint } from "../wire/mod.ts";

/** An announcing node, one object for all its records. */
export interface KeptSource {
  /** Hex of the public key. */
  readonly key: string;
  readonly publicKey: PublicKey;
  readonly address: Address;
  readonly isListedByAddress: boolean;
}

/** A provider record as it is kept between two runs. */
export interface KeptProvider {
  readonly source: KeptSource;
  /** Unix seconds. */
  readonly expires: number;
  readonly flags: number;
  readonly factor: number;
}

/** The records of one key. */
export interface KeptKey {
  /** 20 bytes. */
  readonly key: Uint8Array;
  readonly records: readonly KeptProvider[];
}

const VERSION = 1;
const KEY_BYTES = 32;
/** key 32, flags u8. */
const SOURCE_HEAD_BYTES = KEY_BYTES + 1;
const ENDPOINT_BYTES_V4 = 6;
const ENDPOINT_BYTES_V6 = 18;
/** Bits of a source's flags. */
const LISTED_BY_ADDRESS = 1;
const IPV6 = 2;
/** source u32, expires u32, flags u8, factor u8. */
const RECORD_BYTES = 10;
const HEAD_BYTES = 1 + 4 + 4;

/** Keys and their records in the node's own form, for its own disk: version u8, sources u32, keys
 * u32, then each source (key 32, flags u8, IP 4 or 16, port u16), then each key (id 20, records u8,
 * then each record). A source stands there once, however many records it has.
 * BOUNDED: at most 255 records a key. */
export function encodeProviderPart(keys: readonly KeptKey[]): Uint8Array {
  const sources = new Map<KeptSource, number>();
  let bytes = HEAD_BYTES;
  for (const { records } of keys) {
    bytes += ID_BYTES + 1 + records.length * RECORD_BYTES;
    for (const { source } of records) {
      if (sources.has(source)) continue;
      sources.set(source, sources.size);
      bytes += SOURCE_HEAD_BYTES + endpointBytes(source.address);
    }
  }
  const out = new Uint8Array(bytes);
  const view = viewOf(out);
  view.setUint8(0, VERSION);
  view.setUint32(1, sources.size);
  view.setUint32(5, keys.length);
  let at = HEAD_BYTES;
  for (const { publicKey, address, isListedByAddress } of sources.keys()) {
    const endpoint = encodeEndpoint(address);
    out.set(publicKey, at);
    out[at + KEY_BYTES] = (isListedByAddress ? LISTED_BY_ADDRESS : 0) |
      (endpoint.length === ENDPOINT_BYTES_V6 ? IPV6 : 0);
    out.set(endpoint, at + SOURCE_HEAD_BYTES);
    at += SOURCE_HEAD_BYTES + endpoint.length;
  }
  for (const { key, records } of keys) {
    out.set(key, at);
    out[at + ID_BYTES] = records.length;
    at += ID_BYTES + 1;
    for (const record of records) {
      view.setUint32(at, sources.get(record.source) ?? 0);
      view.setUint32(at + 4, record.expires);
      out[at + 8] = record.flags;
      out[at + 9] = record.factor;
      at += RECORD_BYTES;
    }
  }
  return out;
}

function endpointBytes({ ip }: Address): number {
  return ip.includes(":") ? ENDPOINT_BYTES_V6 : ENDPOINT_BYTES_V4;
}

/** What encodeProviderPart() wrote; of bytes that a bad disk has damaged, what comes before the
 * first fault. Never throws. */
export function decodeProviderPart(bytes: Uint8Array): KeptKey[] {
  const keys: KeptKey[] = [];
  if (bytes.length < HEAD_BYTES || bytes[0] !== VERSION) return keys;
  const view = viewOf(bytes);
  const sources: KeptSource[] = [];
  let at = HEAD_BYTES;
  for (let left = view.getUint32(1); left > 0; left--) {
    const flags = bytes[at + KEY_BYTES] ?? 0;
    const end = at + SOURCE_HEAD_BYTES +
      ((flags & IPV6) !== 0 ? ENDPOINT_BYTES_V6 : ENDPOINT_BYTES_V4);
    const address = decodeEndpoint(bytes.subarray(at + SOURCE_HEAD_BYTES, end));
    if (address === undefined) return keys; // cut short
    const publicKey = bytes.slice(at, at + KEY_BYTES) as PublicKey;
    sources.push({
      key: toHex(publicKey),
      publicKey,
      address,
      isListedByAddress: (flags & LISTED_BY_ADDRESS) !== 0,
    });
    at = end;
  }
  for (let left = view.getUint32(5); left > 0; left--) {
    const recordsAt = at + ID_BYTES + 1;
    const end = recordsAt + (bytes[at + ID_BYTES] ?? 0) * RECORD_BYTES;
    if (end > bytes.length) return keys;
    const records: KeptProvider[] = [];
    for (let one = recordsAt; one < end; one += RECORD_BYTES) {
      const source = sources[view.getUint32(one)];
      if (source === undefined) return keys;
      const flags = view.getUint8(one + 8), factor = view.getUint8(one + 9);
      records.push({ source, expires: view.getUint32(one + 4), flags, factor });
    }
    keys.push({ key: bytes.subarray(at, at + ID_BYTES), records });
    at = end;
  }
  return keys;
}
