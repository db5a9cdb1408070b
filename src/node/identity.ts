import type { KeyPair, Network } from "../identity/mod.ts";
import type { NodeId } from "../lib/mod.ts";

/** A node's identity, ready for use: the id puzzle is solved and every claim has been checked. */
export interface LoadedIdentity {
  readonly keyPair: KeyPair;
  readonly network: Network;
  readonly nodeId: NodeId;
  /** What goes into handshakes. Rank 0 with nonce 0 = no claim. */
  readonly work: {
    readonly idNonce: bigint;
    readonly rankNonce: bigint;
    readonly rank: number;
  };
}
