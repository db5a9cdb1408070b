import { rowOf } from "../../src/node/trade/ledger_rows.ts";
import { expect, test } from "../support/harness.ts";
import { TradingPair } from "./trading_pair.ts";

const SEEDS = 4;

interface Restore {
  /** Receipts signed when the copy is made, and by how many more the ledger is put back. */
  readonly signedBefore: bigint;
  readonly signedAfter: bigint;
  /** The copy has things in it that none of its receipts tells of. */
  readonly hasUnsigned: boolean;
}

/** Two machines trade, one of them is put back to a copy of its ledger, and they trade on. */
async function restore(seed: number, { signedBefore, signedAfter, hasUnsigned }: Restore) {
  const pair = new TradingPair(seed, "holds");
  pair.calm();
  await pair.start();
  const [client, server] = pair.nodes;
  const isMoment = await pair.playUntil(() => {
    const { bought, ours } = client.state;
    if (bought.bytes === 0n || (ours?.seq ?? 0n) !== signedBefore) return false;
    return hasUnsigned === bought.bytes > (ours?.total.bytes ?? 0n);
  });
  // As it may lie on disk, which is written at every receipt and once a second.
  const copy = new Map([[client.peerKey.publicKey.toHex(), rowOf(client.state)]]);
  const heldSeq = (): bigint => server.state.theirs?.seq ?? 0n;
  const isAhead = await pair.playUntil(() => heldSeq() >= signedBefore + signedAfter);
  const held = server.state.theirs;
  pair.putBack(client, copy);
  await pair.tradeInPeace();
  const { theirs, faultsMs } = server.state;
  return {
    isPlayed: isMoment && isAhead,
    faults: [server.faults, faultsMs.length, client.faults, client.state.faultsMs.length],
    isTradingOn: (theirs?.seq ?? 0n) > (held?.seq ?? 0n) && theirs?.epoch === held?.epoch,
    apart: pair.views.bytes,
  };
}

/** Nobody is blamed, both count the same, and the numbers go on in the same epoch. */
const FINE = { isPlayed: true, faults: [0, 0, 0, 0], isTradingOn: true, apart: [0n, 0n] };

for (const signedBefore of [0n, 1n, 4n]) {
  for (const hasUnsigned of signedBefore === 0n ? [true] : [false, true]) {
    for (const signedAfter of [1n, 2n, 5n]) {
      const copied = `receipt ${signedBefore}${hasUnsigned ? " and more" : ""}`;
      test(`a ledger that is put back to ${copied}, by ${signedAfter}, is no cheat's`, async () => {
        for (let seed = 1; seed <= SEEDS; seed++) {
          const found = await restore(seed, { signedBefore, signedAfter, hasUnsigned });
          expect({ seed, ...found }).toEqual({ seed, ...FINE });
        }
      });
    }
  }
}
