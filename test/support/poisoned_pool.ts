import { BufferPool } from "../../src/lib/mod.ts";

/** What a byte becomes when its buffer is given back, so that whoever still reads it finds out. */
export const POISON = 0xdb;

/** A pool that spoils what is given back. */
export class PoisonedPool extends BufferPool {
  override give(bytes: Uint8Array): void {
    new Uint8Array(bytes.buffer).fill(POISON); // before: what the pool does not keep is gone then
    super.give(bytes);
  }
}
