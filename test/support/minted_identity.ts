import { evaluatePuzzle, leadingZeroBits, nodeIdOf } from "../../src/identity/mod.ts";
import { type NodeId, type PublicKey, randomBytes, type SeededRandom } from "../../src/lib/mod.ts";

/** The puzzle of this little world: hard enough that a made-up nonce is nearly always false. */
const ID_BITS = 8;

/** The NodeId that a claim earns here; undefined if it is false. */
export function nodeIdOfClaim(publicKey: Uint8Array, idNonce: bigint): NodeId | undefined {
  const output = evaluatePuzzle("test_id", publicKey, idNonce);
  return leadingZeroBits(output) >= ID_BITS ? nodeIdOf(publicKey, output) : undefined;
}

/** A key with a true claim of place. @param accept e.g. to make ids near a target. */
export function mintIdentity(
  random: SeededRandom,
  accept: (nodeId: NodeId) => boolean = () => true,
): { publicKey: PublicKey; idNonce: bigint; nodeId: NodeId } {
  for (;;) {
    const publicKey = randomBytes(random, 32) as PublicKey;
    for (let idNonce = 0n; idNonce < 4096n; idNonce++) {
      const nodeId = nodeIdOfClaim(publicKey, idNonce);
      if (nodeId === undefined) continue;
      if (accept(nodeId)) return { publicKey, idNonce, nodeId };
      break;
    }
  }
}
