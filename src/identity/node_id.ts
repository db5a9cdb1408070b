import { sha256 } from "../crypto/mod.ts";
import { asNodeId, concatBytes, type NodeId, utf8 } from "../lib/mod.ts";

const PREFIX = utf8("sk1 nid");

/** NodeID = SHA256("sk1 nid" | public key | id puzzle's output)[0..20): the place in the keyspace
 * itself costs work (S/Kademlia's static puzzle, made memory-hard). The formula is the same on
 * every network. @param output the 32 bytes of the network's id puzzle. */
export function nodeIdOf(publicKey: Uint8Array, output: Uint8Array): NodeId {
  return asNodeId(sha256(concatBytes(PREFIX, publicKey, output)).slice(0, 20));
}
