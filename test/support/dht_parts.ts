import { type DhtConfig, dhtConfig, type DhtEffect, type DhtPeer } from "../../src/dht/mod.ts";
import { DhtContext } from "../../src/dht/context.ts";
import { type TableContact, tableContact } from "../../src/dht/k_bucket.ts";
import {
  asNodeId,
  asPublicKey,
  fromHex,
  type Instant,
  type NodeId,
  type PublicKey,
  SeededRandom,
  toHex,
} from "../../src/lib/mod.ts";
import { nodeIdOfClaim } from "./minted_identity.ts";
import { NETWORK } from "./record_fixture.ts";

/** A 20-byte id that begins with these hex digits; the rest is zero. */
export function idFrom(hex: string): NodeId {
  return asNodeId(fromHex(hex.padEnd(40, "0")) ?? new Uint8Array());
}

/** A 32-byte key told apart by a number. */
export function keyFrom(number: number): PublicKey {
  const key = new Uint8Array(32).fill(0xee);
  new DataView(key.buffer).setUint32(0, number);
  return asPublicKey(key);
}

export const at = (ms: number): Instant => ms as Instant;

let serial = 0x10_0000; // apart from the numbers that tests choose themselves

/** A contact with an id that begins as given, in a /24 of its own unless an IP is given. */
export function contactFrom(
  idHex: string,
  options: { ip?: string; rttMs?: number; number?: number; lastSeen?: number } = {},
): TableContact {
  const number = options.number ?? ++serial;
  const publicKey = keyFrom(number);
  const ip = options.ip ?? `${60 + (number >> 16 & 63)}.${number >> 8 & 255}.${number & 255}.1`;
  return tableContact({
    key: toHex(publicKey),
    publicKey,
    nodeId: idFrom(idHex),
    idNonce: BigInt(number),
    address: { ip, port: 4001 },
    lastSeen: at(options.lastSeen ?? 0),
    rttMs: options.rttMs,
  });
}

/** The state that the parts of a Dht share, with NodeId 00…00. */
export function contextFor(config: DhtConfig = dhtConfig(false)): DhtContext {
  const self = {
    publicKey: keyFrom(0xffff_ffff),
    nodeId: idFrom(""),
    idNonce: 0n,
    networkId: NETWORK,
  };
  return new DhtContext(self, config, new SeededRandom(7));
}

/** Every effect that waits. */
export function takeAll(core: { takeEffect(): DhtEffect | undefined }): DhtEffect[] {
  const effects: DhtEffect[] = [];
  for (let effect = core.takeEffect(); effect !== undefined; effect = core.takeEffect()) {
    effects.push(effect);
  }
  return effects;
}

/** A node at the other end of a session. */
export function peerFrom(number: number, options: Partial<DhtPeer> = {}): DhtPeer {
  const { publicKey, address, idNonce } = contactFrom("", { number });
  return { publicKey, address, idNonce, rank: 0, ...options };
}

/** A peer whose claim is true in the little world of dht_bus.ts, and its NodeId. */
export function honestPeer(number: number): DhtPeer & { readonly nodeId: NodeId } {
  const peer = peerFrom(number);
  for (let idNonce = 0n;; idNonce++) {
    const nodeId = nodeIdOfClaim(peer.publicKey, idNonce);
    if (nodeId !== undefined) return { ...peer, idNonce, nodeId };
  }
}
