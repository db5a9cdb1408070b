import * as z from "zod";

/** One kind of control message, written once: number, name, meaning and fields in wire order.
 * Type, codec, bounds, the row of docs/wire.md and the fuzz generator all grow from it. */
export interface MessageDefinition<
  N extends string = string,
  S extends z.ZodRawShape = z.ZodRawShape,
> {
  /** 1 … 255, never reused. */
  readonly number: number;
  readonly type: N;
  /** One sentence for docs/wire.md. */
  readonly purpose: string;
  readonly schema: z.ZodObject<S>;
  /** Field names in wire order. */
  readonly fields: readonly string[];
}

/** Key order of `shape` is wire order. A later version may only append fields, and optional ones:
 * an old reader ignores what follows the fields it knows. */
export function defineMessage<const N extends string, S extends z.ZodRawShape>(
  number: number,
  type: N,
  purpose: string,
  shape: S,
): MessageDefinition<N, S> {
  return { number, type, purpose, schema: z.object(shape), fields: Object.keys(shape) };
}

/** The decoded form of a definition's messages. */
export type MessageOf<D> = D extends MessageDefinition<infer N, infer S>
  ? { readonly type: N } & Readonly<z.output<z.ZodObject<S>>>
  : never;
