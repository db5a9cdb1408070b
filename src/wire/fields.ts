import { broken, ID_BYTES, viewOf } from "../lib/mod.ts";

/** What a field is on the wire, for docs/wire.md and the fuzz generators, so that a message is
 * written once. */
export interface FieldNote {
  /** A kind the generators know. */
  readonly field: "uint" | "bin" | "u64" | "maybe_u64" | "ids" | "contacts" | "providers";
  /** Bounds: the largest number, or least and most bytes or entries. */
  readonly min: number;
  readonly max: number;
  /** The cell of docs/wire.md. */
  readonly wire: string;
}

/** What decode() returns for a value that breaks the field's form or bounds; none of ours does. */
export const BAD = Symbol("not a value of this field");

/** A field of a message: between what the message holds and what MessagePack carries. Plain
 * functions, since a node does this tens of thousands of times a second. */
export interface Field<T> {
  readonly note: FieldNote;
  /** @throws {AssertionError} if our own value breaks the bounds. */
  readonly encode: (value: T) => number | Uint8Array;
  /** The value that a stranger's `wire` spells, or BAD. Never throws. */
  readonly decode: (wire: unknown) => T | typeof BAD;
}

function uint(name: string, bits: number): Field<number> {
  const max = 2 ** bits - 1;
  const isOne = (value: unknown): value is number =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max;
  return {
    note: { field: "uint", min: 0, max, wire: name },
    encode(value) {
      if (!isOne(value)) broken(`${String(value)} is no ${name}`);
      return value;
    },
    decode: (wire) => isOne(wire) ? wire : BAD,
  };
}

export const u8 = uint("u8", 8);
export const u16 = uint("u16", 16);
export const u32 = uint("u32", 32);

/** A bin of min … max bytes. */
export function bin(min: number, max: number): Field<Uint8Array> {
  const wire = min === max ? `bin ${max}` : `bin ${min} … ${max}`;
  const fits = ({ length }: Uint8Array): boolean => length >= min && length <= max;
  return {
    note: { field: "bin", min, max, wire },
    encode(value) {
      if (!fits(value)) broken(`${value.length} bytes for a ${wire}`);
      return value;
    },
    decode: (bytes) => bytes instanceof Uint8Array && fits(bytes) ? bytes : BAD,
  };
}

/** One 20-byte id: a key of the DHT or a target. */
export const id20 = bin(ID_BYTES, ID_BYTES);

/** Something with a byte form of its own (contacts, provider records), as one bin. `decode` returns
 * BAD for bytes that break its format. */
export function packed<T>(
  note: FieldNote,
  decode: (bytes: Uint8Array) => T | typeof BAD,
  encode: (value: T) => Uint8Array,
): Field<T> {
  return { note, encode, decode: (wire) => wire instanceof Uint8Array ? decode(wire) : BAD };
}

/** A u64 as a bin of 8 (MessagePack's own would come back as a float). */
export const u64 = packed<bigint>(
  { field: "u64", min: 8, max: 8, wire: "bin 8 (u64)" },
  (bytes) => bytes.length === 8 ? viewOf(bytes).getBigUint64(0) : BAD,
  (value) => {
    if (value < 0n || value >= 2n ** 64n) broken(`${value} is no u64`);
    const bytes = new Uint8Array(8);
    viewOf(bytes).setBigUint64(0, value);
    return bytes;
  },
);

/** The same, or none as an empty bin. */
export const maybeU64 = packed<bigint | undefined>(
  { field: "maybe_u64", min: 0, max: 8, wire: "bin 8 (u64), or empty = none" },
  (bytes) => {
    if (bytes.length === 0) return undefined;
    return bytes.length === 8 ? viewOf(bytes).getBigUint64(0) : BAD;
  },
  (value) => {
    const bytes = new Uint8Array(value === undefined ? 0 : 8);
    if (value !== undefined) viewOf(bytes).setBigUint64(0, value);
    return bytes;
  },
);

/** min … max ids of 20 bytes as one bin of n × 20. */
export function ids(min: number, max: number): Field<readonly Uint8Array[]> {
  return packed<readonly Uint8Array[]>(
    { field: "ids", min, max, wire: `bin n × ${ID_BYTES}, n = ${min} … ${max}` },
    (bytes) => {
      const count = bytes.length / ID_BYTES;
      if (!Number.isInteger(count) || count < min || count > max) return BAD;
      return Array.from({ length: count }, (_, i) => bytes.slice(i * ID_BYTES, (i + 1) * ID_BYTES));
    },
    (list) => {
      if (list.length < min || list.length > max) broken(`${list.length} ids`);
      const bytes = new Uint8Array(list.length * ID_BYTES);
      list.forEach((id, i) => bytes.set(id, i * ID_BYTES));
      return bytes;
    },
  );
}
