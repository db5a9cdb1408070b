import { type ChunkId, parseChunkId, toHex } from "../../../src/lib/mod.ts";
import type { LedgerEntry, Published } from "../../../src/node/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { CLEAN_LINK, fetchFile, nodeAt, noise, publishBytes } from "../../support/small_swarm.ts";
import { withRank } from "../../sim/virtual_node.ts";
import { VirtualSwarm } from "../../sim/virtual_swarm.ts";

const MIB = 2 ** 20;

/** A seller and a buyer, which keep each other to their lines. */
async function market(rank: number, buyers = 1, credit = true): Promise<VirtualSwarm> {
  const swarm = new VirtualSwarm({ seed: 11, nodes: 1 + buyers, link: CLEAN_LINK });
  for (const machine of swarm.machines) {
    machine.credit = credit;
    machine.identity = withRank(machine.identity, rank);
  }
  await swarm.startAll();
  await swarm.clock.advanceSettled(3_000);
  return swarm;
}

/** What the node on one machine has in its ledger of the other. */
function entryAt(swarm: VirtualSwarm, at: number, about: number): LedgerEntry {
  const key = toHex(swarm.machines[about]?.identity.keyPair.publicKey ?? new Uint8Array());
  const found = nodeAt(swarm, at).ledger().find(({ publicKey }) => publicKey === key);
  if (found === undefined) throw new Error(`node ${at} has no account of node ${about}`);
  return found;
}

function publish(swarm: VirtualSwarm, bytes: number, seed = 5): Promise<Published> {
  return swarm.run(publishBytes(nodeAt(swarm, 0), "a", noise(bytes, seed)));
}

describe("market services", () => {
  test("both ends of a transfer count the same, and the buyer signs for all of it", async () => {
    const swarm = await market(4);
    const { link } = await publish(swarm, MIB + 1);
    await swarm.run(fetchFile(nodeAt(swarm, 1), link));
    await swarm.clock.advanceSettled(5_000);
    const [sold, bought] = [entryAt(swarm, 0, 1), entryAt(swarm, 1, 0)];
    expect(sold.sentBytes).toBeGreaterThan(MIB);
    expect([sold.sentBytes, sold.sentCb]).toEqual([bought.receivedBytes, bought.receivedCb]);
    expect(BigInt(sold.balanceCb) + BigInt(bought.balanceCb)).toBe(0n);
    expect([sold.unsignedBytes, sold.rank, sold.limitCb]).toEqual([0, 4, String(8 * MIB)]);
    expect(sold.lastReceiptMs).toBeGreaterThan(0);
  });

  test("accounts and receipts outlive a crash on either side", async () => {
    const swarm = await market(4);
    const { link } = await publish(swarm, 200_000);
    await swarm.run(fetchFile(nodeAt(swarm, 1), link));
    await swarm.clock.advanceSettled(5_000);
    const before = [entryAt(swarm, 0, 1), entryAt(swarm, 1, 0)];
    const [seller, buyer] = swarm.machines;
    if (seller === undefined || buyer === undefined) throw new Error("two machines");
    for (const machine of [seller, buyer]) machine.crash();
    await swarm.run(seller.start([]));
    await swarm.run(buyer.start([seller]));
    expect([entryAt(swarm, 0, 1), entryAt(swarm, 1, 0)])
      .toEqual(before.map((entry) => ({ ...entry, rank: 0, limitCb: expect.anything() })));
  });

  test("a buyer that lost a window of its count goes on buying", async () => {
    const swarm = await market(0);
    const [seller, buyer] = swarm.machines;
    if (seller === undefined || buyer === undefined) throw new Error("two machines");
    const { link } = await publish(swarm, MIB);
    const { save } = buyer.ledgerFile;
    buyer.ledgerFile.save = () => new Promise(() => {}); // a disk that hangs: nothing is signed
    const cut = fetchFile(nodeAt(swarm, 1), link).catch(() => undefined);
    await swarm.clock.advanceSettled(2_000);
    expect(entryAt(swarm, 0, 1).unsignedBytes).toBeGreaterThanOrEqual(MIB / 4 - 65_536);
    buyer.crash();
    void cut;
    buyer.ledgerFile.save = save;
    await swarm.run(buyer.start([seller]));
    await swarm.clock.advanceSettled(3_000);
    expect((await swarm.run(fetchFile(nodeAt(swarm, 1), link))).length).toBe(MIB);
  });

  test("a price above what the buyer pays is an error, and nothing is owed", async () => {
    const swarm = await market(4);
    const seller = swarm.machines[0];
    if (seller === undefined) throw new Error("no seller");
    seller.crash();
    seller.priceFloor = 17; // the buyer's highest price is 16 in a small network
    await swarm.run(seller.start([]));
    await swarm.clock.advanceSettled(3_000);
    const { link } = await publish(swarm, 100_000);
    const reading = fetchFile(nodeAt(swarm, 1), link).then(() => "", (error) => error.code);
    expect(await swarm.run(reading)).toBe("CREDIT_LIMIT_REACHED");
    expect(nodeAt(swarm, 1).ledger().map(({ receivedBytes }) => receivedBytes)).toEqual([0]);
  });

  test("too low a rank is told its reader once, a better one served once it is found", async () => {
    const swarm = await market(4);
    const [seller, buyer] = swarm.machines;
    if (seller === undefined || buyer === undefined) throw new Error("two machines");
    seller.crash();
    seller.minRank = 5;
    await swarm.run(seller.start([]));
    await swarm.clock.advanceSettled(3_000);
    const { link, chunkIds } = await publish(swarm, 100_000);
    const failure = (reading: Promise<unknown>) =>
      swarm.run(reading.then(() => "", (error) => `${error.code} ${error.message}`));
    for (let times = 0; times < 2; times++) {
      expect(await failure(fetchFile(nodeAt(swarm, 1), link)))
        .toMatch(/^CREDIT_LIMIT_REACHED .* 1 serves only who has rank 5 or more/);
    }
    const chunk = parseChunkId(chunkIds[0] ?? "") ?? new Uint8Array() as ChunkId;
    expect(await failure(nodeAt(swarm, 1).statChunk(chunk))).toMatch(/rank 5 or more/);
    // It does not ask who says nothing.
    expect(await nodeAt(swarm, 0).metricsText()).toMatch(/\nskerry_refused_fetches_total 1\n/);
    expect(nodeAt(swarm, 0).ledger()).toEqual([]);
    buyer.miner.give(withRank(buyer.identity, 5).work); // told over the session that stands
    expect((await nodeAt(swarm, 1).status()).rank).toBe(5);
    await swarm.clock.advanceSettled(3_000);
    expect(nodeAt(swarm, 0).peers().map(({ rank }) => rank)).toEqual([5]);
    expect((await swarm.run(fetchFile(nodeAt(swarm, 1), link))).length).toBe(100_000);
  });

  test("without limits a stranger may owe anything, and it is counted all the same", async () => {
    const swarm = await market(0, 1, false);
    const { link } = await publish(swarm, 200_000);
    await swarm.run(fetchFile(nodeAt(swarm, 1), link));
    await swarm.clock.advanceSettled(5_000);
    const sold = entryAt(swarm, 0, 1);
    expect(sold.balanceBytes).toBeGreaterThan(199_999);
    expect([sold.limitCb, sold.unsignedBytes]).toEqual([undefined, 0]);
  });
});
