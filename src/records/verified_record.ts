import { type KeyPair, signAs, type SignedType, verifyAs } from "../identity/mod.ts";
import { assert, equalBytes } from "../lib/mod.ts";
import { type CanonicalValue, type Drop, drop, encodeCanonical, isDrop } from "../wire/mod.ts";
import {
  type AnyRecord,
  type HostRecord,
  type ImmutableRecord,
  type MutableRecord,
  type RecordKind,
  seqOf,
  type Verified,
} from "./record.ts";
import {
  hostFields,
  type HostStatement,
  immutableBytes,
  mutableFields,
  type MutableStatement,
  type ParsedRecord,
  parseRecord,
} from "./record_codec.ts";

const SIGNED_AS: Readonly<Record<Exclude<RecordKind, "immutable">, SignedType>> = {
  mutable: "mutable",
  host: "host",
};

/** The record, if its owner signed it on this network; undefined if not. ~0.06 ms. */
export function verifyRecord(
  { record, proof }: ParsedRecord,
  networkId: Uint8Array,
): Verified | undefined {
  if (record.kind === "immutable") return asVerified(record); // its key is its hash
  if (proof === undefined) return undefined;
  const { signed, signature } = proof;
  const type = SIGNED_AS[record.kind];
  if (!verifyAs(record.publicKey, type, networkId, signed, signature)) return undefined;
  return asVerified(record);
}

/** A stranger's bytes as a record under `key`, checked in all ways but its time.
 * @returns a Drop: bad_record for another key's record, bad_signature, or what broke its form. */
export function openRecord(
  bytes: Uint8Array,
  key: Uint8Array,
  networkId: Uint8Array,
): Verified | Drop {
  const parsed = parseRecord(bytes);
  if (isDrop(parsed)) return parsed;
  if (!equalBytes(parsed.record.key, key)) return drop("bad_record");
  return verifyRecord(parsed, networkId) ?? drop("bad_signature");
}

/** Signs a statement of the owner's. @throws {RangeError} naming the rule that it breaks. */
export function signMutable(
  owner: KeyPair,
  networkId: Uint8Array,
  statement: Omit<MutableStatement, "publicKey">,
): Verified<MutableRecord> {
  const fields = mutableFields({ ...statement, publicKey: owner.publicKey });
  return signed("mutable", owner, networkId, fields) as Verified<MutableRecord>;
}

/** Signs where the owner is reached. @throws {RangeError} naming the rule that it breaks. */
export function signHost(
  owner: KeyPair,
  networkId: Uint8Array,
  statement: Omit<HostStatement, "publicKey">,
): Verified<HostRecord> {
  const fields = hostFields({ ...statement, publicKey: owner.publicKey });
  return signed("host", owner, networkId, fields) as Verified<HostRecord>;
}

/** The record of a value under its hash. @throws {RangeError} above 1,000 bytes. */
export function immutableRecord(value: Uint8Array): Verified<ImmutableRecord> {
  const parsed = parseRecord(immutableBytes(value));
  assert(!isDrop(parsed), "a record of ours that we would not read");
  return asVerified(parsed.record) as Verified<ImmutableRecord>;
}

/** True if both say the same, whenever they were signed. */
export function saysTheSame(a: AnyRecord, b: AnyRecord): boolean {
  if (!equalBytes(a.key, b.key)) return false;
  // A host record has no time of signing: whatever is new in it is another statement.
  if (a.kind === "host" || b.kind === "host") return equalBytes(a.bytes, b.bytes);
  return equalBytes(a.value, b.value);
}

/** True if `news` takes the place of `old`, which is under the same key: a greater seq, or the same
 * statement signed later. */
export function supersedes(news: AnyRecord, old: AnyRecord): boolean {
  if (seqOf(news) !== seqOf(old)) return seqOf(news) > seqOf(old);
  return news.kind === "mutable" && old.kind === "mutable" && saysTheSame(news, old) &&
    news.signedAtMs > old.signedAtMs;
}

function signed(
  kind: keyof typeof SIGNED_AS,
  owner: KeyPair,
  networkId: Uint8Array,
  fields: readonly CanonicalValue[],
): Verified {
  const signature = signAs(owner, SIGNED_AS[kind], networkId, encodeCanonical(fields));
  const parsed = parseRecord(encodeCanonical([...fields, new Uint8Array(signature)]));
  assert(!isDrop(parsed), "a record of ours that we would not read");
  return asVerified(parsed.record);
}

function asVerified(record: AnyRecord): Verified {
  return { ...record, isVerified: true };
}
