import type { PublicKey } from "../lib/mod.ts";
import { KEY_BYTES } from "../lib/mod.ts";
import {
  type CanonicalLimits,
  type CanonicalValue,
  decodeCanonical,
  type Drop,
  drop,
  encodeCanonical,
  isDrop,
  RECORD_BYTES_MAX,
} from "../wire/mod.ts";
import { SIGNATURE_BYTES } from "../identity/mod.ts";
import { decodeParents, encodeParents } from "./host_parent.ts";
import {
  type AnyRecord,
  type HostRecord,
  type ImmutableRecord,
  LIFETIME_SECONDS_MAX,
  type MutableRecord,
  RECORD_KIND,
  RECORD_VERSION,
  SALT_BYTES_MAX,
  TTL_SECONDS_MAX,
  VALUE_BYTES_MAX,
} from "./record.ts";
import { hostKey, immutableKey, mutableKey } from "./record_key.ts";

/** The largest is a mutable record with 64 bytes of salt, 1,000 of value and the greatest numbers:
 * fields of 3 + 34 + 66 + 9 + 1,003 + 9 + 5 + 5 bytes and a signature of 66. */
const LIMITS: CanonicalLimits = { bytesMax: RECORD_BYTES_MAX, depthMax: 1, valuesMax: 16 };
const SEQ_MAX = 2n ** 64n - 1n;
const U32_MAX = 2 ** 32 - 1;

/** A record as its bytes tell it, its signature not yet looked at. */
export interface ParsedRecord {
  readonly record: AnyRecord;
  /** What is signed and the signature; undefined for an immutable record. */
  readonly proof: { readonly signed: Uint8Array; readonly signature: Uint8Array } | undefined;
}

/** What a mutable record states, before it is signed. */
export type MutableStatement = Omit<MutableRecord, "kind" | "key" | "bytes">;
/** What a host record states, before it is signed. */
export type HostStatement = Omit<HostRecord, "kind" | "key" | "bytes">;

/** The fields of a mutable record but the signature, in their order.
 * @throws {RangeError} naming the rule that the statement breaks. */
export function mutableFields(statement: MutableStatement): CanonicalValue[] {
  const { publicKey, salt, seq, value, signedAtMs, ttlSeconds, lifetimeSeconds } = statement;
  checkLength("a public key", publicKey, KEY_BYTES, KEY_BYTES);
  checkLength("a salt", salt, 0, SALT_BYTES_MAX);
  checkLength("a value", value, 0, VALUE_BYTES_MAX);
  checkRange("ttlSeconds", ttlSeconds, 0, TTL_SECONDS_MAX);
  checkRange("lifetimeSeconds", lifetimeSeconds, 1, LIFETIME_SECONDS_MAX);
  checkRange("signedAtMs", signedAtMs, 0, Number.MAX_SAFE_INTEGER);
  const { mutable } = RECORD_KIND;
  const times = [signedAtMs, ttlSeconds, lifetimeSeconds];
  return [RECORD_VERSION, mutable, publicKey, salt, canonicalSeq(seq), value, ...times];
}

/** The fields of a host record but the signature, in their order.
 * @throws {RangeError} naming the rule that the statement breaks. */
export function hostFields(statement: HostStatement): CanonicalValue[] {
  const { publicKey, seq, parents, capabilities } = statement;
  checkLength("a public key", publicKey, KEY_BYTES, KEY_BYTES);
  checkRange("capabilities", capabilities, 0, U32_MAX);
  const packed = encodeParents(parents);
  if (decodeParents(packed) === undefined) {
    throw new RangeError(`a host record names 1 to 3 parents, not ${parents.length}`);
  }
  const { host } = RECORD_KIND;
  return [RECORD_VERSION, host, publicKey, canonicalSeq(seq), packed, capabilities];
}

/** The bytes of an immutable record.
 * @throws {RangeError} for a value of more than 1,000 bytes. */
export function immutableBytes(value: Uint8Array): Uint8Array {
  checkLength("a value", value, 0, VALUE_BYTES_MAX);
  return encodeCanonical([RECORD_VERSION, RECORD_KIND.immutable, value]);
}

/** Reads the form of a record and derives its key; checks no signature. Copies what it keeps. */
export function parseRecord(given: Uint8Array): ParsedRecord | Drop {
  if (given.length > RECORD_BYTES_MAX) return drop("too_large");
  const bytes = new Uint8Array(given); // the fields below are views into this copy
  const fields = decodeCanonical(bytes, LIMITS);
  if (isDrop(fields)) return fields;
  if (!Array.isArray(fields) || fields[0] !== RECORD_VERSION) return drop("bad_record");
  switch (fields[1]) {
    case RECORD_KIND.mutable:
      return signedRecord(bytes, fields, 10, asMutable);
    case RECORD_KIND.immutable:
      return asImmutable(bytes, fields);
    case RECORD_KIND.host:
      return signedRecord(bytes, fields, 7, asHost);
    default:
      return drop("bad_record");
  }
}

function signedRecord(
  bytes: Uint8Array,
  fields: readonly CanonicalValue[],
  count: number,
  read: (bytes: Uint8Array, fields: readonly CanonicalValue[]) => AnyRecord | undefined,
): ParsedRecord | Drop {
  const signature = fields.at(-1);
  if (fields.length !== count || !isBytes(signature, SIGNATURE_BYTES, SIGNATURE_BYTES)) {
    return drop("bad_record");
  }
  const record = read(bytes, fields);
  if (record === undefined) return drop("bad_record");
  return { record, proof: { signed: encodeCanonical(fields.slice(0, -1)), signature } };
}

function asMutable(
  bytes: Uint8Array,
  fields: readonly CanonicalValue[],
): MutableRecord | undefined {
  const [, , publicKey, salt, seq, value, signedAtMs, ttlSeconds, lifetimeSeconds] = fields;
  if (!isBytes(publicKey, KEY_BYTES, KEY_BYTES) || !isBytes(salt, 0, SALT_BYTES_MAX)) {
    return undefined;
  }
  if (!isInteger(seq) || !isBytes(value, 0, VALUE_BYTES_MAX)) return undefined;
  if (!isWithin(signedAtMs, 0, Number.MAX_SAFE_INTEGER)) return undefined;
  if (!isWithin(ttlSeconds, 0, TTL_SECONDS_MAX)) return undefined;
  if (!isWithin(lifetimeSeconds, 1, LIFETIME_SECONDS_MAX)) return undefined;
  return {
    kind: "mutable",
    key: mutableKey(publicKey, salt),
    bytes,
    publicKey: publicKey as PublicKey,
    salt,
    seq: BigInt(seq),
    value,
    signedAtMs,
    ttlSeconds,
    lifetimeSeconds,
  };
}

function asImmutable(bytes: Uint8Array, fields: readonly CanonicalValue[]): ParsedRecord | Drop {
  const value = fields[2];
  if (fields.length !== 3 || !isBytes(value, 0, VALUE_BYTES_MAX)) return drop("bad_record");
  const record: ImmutableRecord = { kind: "immutable", key: immutableKey(value), bytes, value };
  return { record, proof: undefined };
}

function asHost(bytes: Uint8Array, fields: readonly CanonicalValue[]): HostRecord | undefined {
  const [, , publicKey, seq, packed, capabilities] = fields;
  if (!isBytes(publicKey, KEY_BYTES, KEY_BYTES) || !isInteger(seq)) return undefined;
  const parents = packed instanceof Uint8Array ? decodeParents(packed) : undefined;
  if (parents === undefined || !isWithin(capabilities, 0, U32_MAX)) return undefined;
  return {
    kind: "host",
    key: hostKey(publicKey),
    bytes,
    publicKey: publicKey as PublicKey,
    seq: BigInt(seq),
    parents,
    capabilities,
  };
}

function isBytes(
  value: CanonicalValue | undefined,
  min: number,
  max: number,
): value is Uint8Array {
  return value instanceof Uint8Array && value.length >= min && value.length <= max;
}

function isInteger(value: CanonicalValue | undefined): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function isWithin(value: CanonicalValue | undefined, min: number, max: number): value is number {
  return typeof value === "number" && value >= min && value <= max;
}

/** A u64 as the canonical form has it: a number where one can hold it. */
function canonicalSeq(seq: bigint): number | bigint {
  if (seq < 0n || seq > SEQ_MAX) throw new RangeError(`seq is 0 … 2^64 - 1, not ${seq}`);
  return seq <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seq) : seq;
}

function checkLength(what: string, bytes: Uint8Array, min: number, max: number): void {
  if (bytes.length >= min && bytes.length <= max) return;
  const rule = min === max ? `${max}` : `${min} to ${max}`;
  throw new RangeError(`${what} has ${rule} bytes, not ${bytes.length}`);
}

function checkRange(what: string, value: number, min: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`${what} is an integer from ${min} to ${max}, not ${value}`);
}
