import { ID_BYTES, type NodeId, type Random } from "../lib/mod.ts";

/** < 0 if `a` is nearer to `target` than `b` by the XOR metric, > 0 if farther, 0 if equal. */
export function compareDistance(target: Uint8Array, a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < ID_BYTES; i++) {
    const t = target[i] ?? 0;
    const difference = ((a[i] ?? 0) ^ t) - ((b[i] ?? 0) ^ t);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The first four bytes of an id as a u32: all of an id that a contact tells. */
export function prefix32(id: Uint8Array): number {
  // Without a DataView: this runs for every contact of every answer.
  return ((id[0] ?? 0) << 24 | (id[1] ?? 0) << 16 | (id[2] ?? 0) << 8 | (id[3] ?? 0)) >>> 0;
}

/** The id that a claimed prefix stands for until the claim is verified: the rest is zero. */
export function idOfPrefix(prefix: number): NodeId {
  const id = new Uint8Array(ID_BYTES);
  for (let i = 0; i < 4; i++) id[i] = prefix >>> 24 - 8 * i;
  return id as NodeId;
}

/** A random id that shares exactly `cpl` leading bits with `self`: a target inside bucket `cpl`.
 * @param cpl 0 … 159. */
export function randomIdAt(self: Uint8Array, cpl: number, random: Random): NodeId {
  const id = new Uint8Array(ID_BYTES);
  random.fill(id);
  const whole = cpl >> 3;
  for (let i = 0; i < whole; i++) id[i] = self[i] ?? 0;
  const bit = 0x80 >> (cpl & 7);
  const kept = 0xff & ~(2 * bit - 1); // bits above the one that must differ
  const own = self[whole] ?? 0;
  id[whole] = (own & kept) | (~own & bit) | ((id[whole] ?? 0) & (bit - 1));
  return id as NodeId;
}
