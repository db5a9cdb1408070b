import {
  ipFromBytes,
  type NodeId,
  type PublicKey,
  randomBytes,
  SeededRandom,
} from "../../src/lib/mod.ts";
import { readU32, writeU32 } from "../../src/wire/mod.ts";
import type { DhtPeer } from "../../src/dht/mod.ts";

/** What follows from a node's number: its key, which begins with the number, and its address, each
 * in a /24 of the open network of its own. */
export function peerOf(index: number): DhtPeer {
  const publicKey = randomBytes(new SeededRandom(index), 32) as PublicKey;
  writeU32(index, publicKey, 0);
  const ip = ipFromBytes(Uint8Array.of(20 + (index >> 16), index >> 8 & 255, index & 255, 7));
  return { publicKey, address: { ip, port: 4001 }, idNonce: 1n, rank: 0 };
}

/** The number in a node's key. */
export function indexOf(publicKey: Uint8Array): number {
  return readU32(publicKey, 0);
}

/** A node's id: told first bits, and the rest by its number. */
export function nodeIdOf(prefix: number, index: number): NodeId {
  const id = randomBytes(new SeededRandom(~index), 20) as NodeId;
  writeU32(prefix, id, 0);
  return id;
}
