/** What others ask a node for in vain, and pay to ask, it gets and sells: whole nodes. */
import { parseMetaId, toHex } from "../../src/lib/mod.ts";
import { priceFactor, REQUEST_FEE_CB } from "../../src/market/mod.ts";
import { nativePrimitives } from "../../src/runtime/shared/native_primitives.ts";
import { expect, test } from "../support/harness.ts";
import { CLEAN_LINK, fetchFile, nodeAt, noise, publishBytes } from "../support/small_swarm.ts";
import { withRank } from "./virtual_node.ts";
import { VirtualSwarm } from "./virtual_swarm.ts";

/** Eight slices of one chunk, so that every holder is asked for some. */
const SIZE = 2 ** 19;
const { sha1 } = nativePrimitives;
const [PUBLISHER, SELLER, LATE] = [0, 1, 5] as const;
/** Twice a seller looks what is wanted, and fetches it. */
const TICKS_MS = 12_000;

const keyAt = (swarm: VirtualSwarm, at: number): string =>
  toHex(swarm.machines[at]?.identity.keyPair.publicKey ?? new Uint8Array());

/** A publisher, a seller that holds readers to lines and has the manifest of the file alone, and
 * readers who have some credit with it. */
async function swarmWithSeller() {
  const swarm = new VirtualSwarm({ seed: 33, nodes: 6, link: CLEAN_LINK });
  for (const machine of swarm.machines) machine.identity = withRank(machine.identity, 4);
  const seller = swarm.machines[SELLER];
  if (seller === undefined) throw new Error("no seller");
  seller.credit = true;
  await swarm.startAll();
  await swarm.clock.advanceSettled(3_000);
  const bytes = noise(SIZE, 9);
  const factorOf = () => priceFactor(seller.identity.nodeId, sha1(bytes));
  for (let i = 0; factorOf() < 4; i++) [bytes[0], bytes[1]] = [i & 255, i >> 8];
  const { link } = await swarm.run(publishBytes(nodeAt(swarm, PUBLISHER), "f", bytes));
  const meta = parseMetaId(link);
  if (meta === undefined) throw new Error("no link");
  await swarm.run(nodeAt(swarm, SELLER).resolve(meta, []));
  await swarm.clock.advanceSettled(TICKS_MS);
  /** Chunks that the seller has fetched to sell, and what it holds. */
  const fetched = async () => {
    const metrics = await nodeAt(swarm, SELLER).metricsText();
    const count = Number(/^skerry_fetched_to_sell_total (\d+)/m.exec(metrics)?.[1]);
    return [count, (await nodeAt(swarm, SELLER).status()).store.chunks];
  };
  const read = async (at: number): Promise<number> => {
    const got = await swarm.run(fetchFile(nodeAt(swarm, at), link));
    await swarm.clock.advanceSettled(TICKS_MS);
    return got.length;
  };
  return { swarm, fetched, read, factor: factorOf() };
}

test("a chunk that three paid to ask for in vain is fetched, then served, and earns", async () => {
  const { swarm, fetched, read, factor } = await swarmWithSeller();
  const soldTo = (at: number) =>
    nodeAt(swarm, SELLER).ledger().find(({ publicKey }) => publicKey === keyAt(swarm, at));
  for (const reader of [2, 3, 4]) {
    expect(await fetched()).toEqual([0, 1]); // the manifest alone
    expect(await read(reader)).toBe(SIZE);
    expect(BigInt(soldTo(reader)?.sentCb ?? 0)).toBeGreaterThanOrEqual(REQUEST_FEE_CB);
    swarm.machines[reader]?.crash(); // it would be asked instead of the seller
  }
  expect(await fetched()).toEqual([1, 2]);
  swarm.machines[PUBLISHER]?.crash();
  expect(await read(LATE)).toBe(SIZE);
  expect(Number(soldTo(LATE)?.sentCb)).toBeGreaterThanOrEqual(factor * SIZE);
});
