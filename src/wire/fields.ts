import * as z from "zod";
import { ID_BYTES, viewOf } from "../lib/mod.ts";

/** What a field is on the wire, for docs/wire.md and the fuzz generators: kept as zod metadata so
 * that a message is written once. */
export interface FieldNote {
  /** A kind the generators know. */
  readonly field: "uint" | "bin" | "maybe_u64" | "ids" | "contacts" | "providers";
  /** Bounds: the largest number, or least and most bytes or entries. */
  readonly min: number;
  readonly max: number;
  /** The cell of docs/wire.md. */
  readonly wire: string;
}

function note<T extends z.ZodType>(schema: T, about: FieldNote): T {
  return schema.meta({ ...about }) as T;
}

/** The note of a field; undefined for a schema that is not one of this room's pieces. */
export function fieldNote(schema: z.ZodType): FieldNote | undefined {
  const meta = schema.meta();
  return meta !== undefined && "wire" in meta ? meta as unknown as FieldNote : undefined;
}

const uint = (name: string, bits: number) =>
  note(z.int().min(0).max(2 ** bits - 1), {
    field: "uint",
    min: 0,
    max: 2 ** bits - 1,
    wire: name,
  });

export const u8 = uint("u8", 8);
export const u16 = uint("u16", 16);
export const u32 = uint("u32", 32);

const binary = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "not a bin");

/** A bin of min … max bytes. */
export function bin(min: number, max: number) {
  const schema = binary.refine(
    (bytes) => bytes.length >= min && bytes.length <= max,
    `not ${min} to ${max} bytes`,
  );
  const wire = min === max ? `bin ${max}` : `bin ${min} … ${max}`;
  return note(schema, { field: "bin", min, max, wire });
}

/** One 20-byte id: a key of the DHT or a target. */
export const id20 = bin(ID_BYTES, ID_BYTES);

/** Something with a byte form of its own (contacts, provider records), as one bin. `decode` returns
 * undefined for bytes that break its format. */
export function packed<T>(
  about: FieldNote,
  decode: (bytes: Uint8Array) => T | undefined,
  encode: (value: T) => Uint8Array,
) {
  const codec = z.codec(binary, z.custom<T>(), {
    decode(bytes, context) {
      const value = decode(bytes);
      if (value !== undefined) return value;
      context.issues.push({ code: "custom", message: `not a ${about.wire}`, input: bytes });
      return z.NEVER;
    },
    encode,
  });
  return note(codec, about);
}

/** A u64 as a bin of 8 (MessagePack's own would come back as a float), or none as an empty one. */
export const maybeU64 = note(
  z.codec(
    binary.refine(({ length }) => length === 0 || length === 8, "not 0 or 8 bytes"),
    z.custom<bigint | undefined>(),
    {
      decode: (bytes) => bytes.length === 0 ? undefined : viewOf(bytes).getBigUint64(0),
      encode(value) {
        const bytes = new Uint8Array(value === undefined ? 0 : 8);
        if (value !== undefined) viewOf(bytes).setBigUint64(0, value);
        return bytes;
      },
    },
  ),
  { field: "maybe_u64", min: 0, max: 8, wire: "bin 8 (u64), or empty = none" },
);

/** min … max ids of 20 bytes as one bin of n × 20. */
export function ids(min: number, max: number) {
  return packed<readonly Uint8Array[]>(
    { field: "ids", min, max, wire: `bin n × ${ID_BYTES}, n = ${min} … ${max}` },
    (bytes) => {
      const count = bytes.length / ID_BYTES;
      if (!Number.isInteger(count) || count < min || count > max) return undefined;
      return Array.from({ length: count }, (_, i) => bytes.slice(i * ID_BYTES, (i + 1) * ID_BYTES));
    },
    (list) => {
      const bytes = new Uint8Array(list.length * ID_BYTES);
      list.forEach((id, i) => bytes.set(id, i * ID_BYTES));
      return bytes;
    },
  );
}
