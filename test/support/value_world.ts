import { parseKey32, type PublicKey, utf8 } from "../../src/lib/mod.ts";
import type { GetValueOptions, NamedValue, PutValueOptions } from "../../src/node/mod.ts";
import type { VirtualSwarm } from "../sim/virtual_swarm.ts";
import { nodeAt } from "./small_swarm.ts";

const NO_SALT = new Uint8Array();

export function keyOf(swarm: VirtualSwarm, index: number): PublicKey {
  const key = parseKey32(nodeAt(swarm, index).info.publicKeyText);
  if (key === undefined) throw new Error("no key");
  return key as PublicKey;
}

export function putText(
  swarm: VirtualSwarm,
  index: number,
  text: string,
  options: PutValueOptions = {},
) {
  return swarm.run(nodeAt(swarm, index).putValue(utf8(text), options));
}

/** Reads the value of one node's key at another. */
export function getValue(
  swarm: VirtualSwarm,
  at: number,
  of: number | PublicKey,
  options: GetValueOptions & { readonly salt?: Uint8Array } = {},
): Promise<NamedValue> {
  const { salt = NO_SALT, ...rest } = options;
  const key = typeof of === "number" ? keyOf(swarm, of) : of;
  return swarm.run(nodeAt(swarm, at).getValue(key, salt, rest));
}

export const textOf = ({ value }: NamedValue): string => new TextDecoder().decode(value);

/** The code of the SkerryError that `promise` rejects with; "" if it does not. */
export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(() => "", (error: { code?: string }) => String(error.code));
