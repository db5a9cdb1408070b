import type { Field } from "./fields.ts";

/** The fields of a message by name; the order of the keys is the order on the wire. */
type MessageShape = Readonly<Record<string, AnyField>>;

/** A Field of whatever type. */
interface AnyField extends Pick<Field<unknown>, "note" | "decode"> {
  readonly encode: Field<never>["encode"];
}

/** One kind of control message, written once: number, name, meaning and fields in wire order.
 * Type, codec, bounds, the row of docs/wire.md and the fuzz generator all grow from it. */
export interface MessageDefinition<
  N extends string = string,
  S extends MessageShape = MessageShape,
> {
  /** 1 … 255, never reused. */
  readonly number: number;
  readonly type: N;
  /** One sentence for docs/wire.md. */
  readonly purpose: string;
  readonly shape: S;
  /** Name and field, in wire order. */
  readonly fields: readonly (readonly [name: string, field: Field<unknown>])[];
}

/** Key order of `shape` is wire order. A later version may only append fields, and optional ones:
 * an old reader ignores what follows the fields it knows. */
export function defineMessage<const N extends string, S extends MessageShape>(
  number: number,
  type: N,
  purpose: string,
  shape: S,
): MessageDefinition<N, S> {
  const fields = Object.entries(shape) as unknown as [string, Field<unknown>][];
  return { number, type, purpose, shape, fields };
}

/** The decoded form of a definition's messages. */
export type MessageOf<D> = D extends MessageDefinition<infer N, infer S>
  ? { readonly type: N } & { readonly [K in keyof S]: S[K] extends Field<infer T> ? T : never }
  : never;
