import {
  ipFromBytes,
  type NodeId,
  type PublicKey,
  randomBytes,
  SeededRandom,
} from "../../src/lib/mod.ts";
import { writeU32 } from "../../src/wire/mod.ts";
import type { DhtPeer } from "../../src/dht/mod.ts";

/** A public key whose hex text is made once: thousands of cores in one process would each keep
 * texts of their own of the same keys, half of all their memory. */
class LabKey extends Uint8Array {
  #hex: string | undefined;

  override toHex(): string {
    return this.#hex ??= super.toHex();
  }
}

/** What follows from a node's number: its key, which begins with the number, and its address, each
 * in a /24 of the open network of its own. */
export function peerOf(index: number): DhtPeer {
  const publicKey = new LabKey(32) as Uint8Array as PublicKey;
  new SeededRandom(index).fill(publicKey);
  writeU32(index, publicKey, 0);
  const ip = ipFromBytes(Uint8Array.of(20 + (index >> 16), index >> 8 & 255, index & 255, 7));
  return { publicKey, address: { ip, port: 4001 }, idNonce: 1n, rank: 0 };
}

/** The number in a node's key. */
export function indexOf(publicKey: Uint8Array): number {
  // Without a DataView: this runs for every message.
  const at = (i: number) => publicKey[i] ?? 0;
  return (at(0) << 24 | at(1) << 16 | at(2) << 8 | at(3)) >>> 0;
}

/** A node's id: told first bits, and the rest by its number. */
export function nodeIdOf(prefix: number, index: number): NodeId {
  const id = randomBytes(new SeededRandom(~index), 20) as NodeId;
  writeU32(prefix, id, 0);
  return id;
}
