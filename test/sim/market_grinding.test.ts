/** A place near what is asked for most, and so paid best: what it costs to have one there. */
import { type Network, networkOf, verifyWork } from "../../src/identity/mod.ts";
import { asChunkId, type NodeId, randomBytes, SeededRandom } from "../../src/lib/mod.ts";
import { priceFactor } from "../../src/market/mod.ts";
import { expect, test } from "../support/harness.ts";

const NODES = 64;
/** Of main there are 12, at a hundredth of a second a try; the law is the same with fewer. */
const ID_BITS = 6;
/** Places are drawn for so many chunks, so that luck evens out. */
const CHUNKS = 16;

/** Who has the work of 2^bits × N tries to spend for each of some hot chunks: keys are made up and
 * what does not earn a place is thrown away. @returns how many places he has got in all that are
 * nearer to their chunk than every honest node, and so dearer. */
function placesFor(network: Network, random: SeededRandom): number {
  const drawKey = () => randomBytes(random, 32);
  const honest: NodeId[] = [];
  while (honest.length < NODES) {
    const nodeId = verifyWork(network, drawKey(), { idNonce: 0n, rankNonce: 0n, rank: 0 });
    if (nodeId !== undefined) honest.push(nodeId);
  }
  let places = 0;
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    const id = asChunkId(randomBytes(random, 20));
    const dearest = Math.max(...honest.map((nodeId) => priceFactor(nodeId, id)));
    for (let tries = 2 ** ID_BITS * NODES; tries > 0; tries--) {
      const nodeId = verifyWork(network, drawKey(), { idNonce: 0n, rankNonce: 0n, rank: 0 });
      if (nodeId !== undefined && priceFactor(nodeId, id) > dearest) places++;
    }
  }
  return places;
}

test("a place dearer than all N honest ones takes 2^bits × N tries; without the puzzle N", () => {
  const rules = networkOf("dev");
  const withPuzzle = placesFor({ ...rules, idBits: ID_BITS }, new SeededRandom(71));
  expect(withPuzzle).toBeGreaterThan(0); // the work is not in vain
  expect(withPuzzle / CHUNKS).toBeLessThan(2); // one for each that was paid for
  const without = placesFor({ ...rules, idBits: 0 }, new SeededRandom(71));
  expect(without / CHUNKS).toBeGreaterThan(16); // all who keep the chunk's records are his
  expect(networkOf("main").idBits).toBe(12);
});
