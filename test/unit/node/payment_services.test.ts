import { toHex } from "../../../src/lib/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { CLEAN_LINK, fetchFile, nodeAt, noise, publishBytes } from "../../support/small_swarm.ts";
import { VirtualSwarm } from "../../sim/virtual_swarm.ts";

const MIB = 2 ** 20;

/** A seller that is paid by hand, and a buyer without rank or credit. */
async function market(sells = true) {
  const swarm = new VirtualSwarm({ seed: 11, nodes: 2, link: CLEAN_LINK });
  const [seller, buyer] = swarm.machines;
  if (seller === undefined || buyer === undefined) throw new Error("two machines");
  for (const machine of swarm.machines) machine.credit = true;
  seller.sellUp = 8_000; // of which a tenth is free: 2.9 MB in an hour
  const payRate = { cbPerUnit: BigInt(MIB), unit: "sat" };
  if (sells) seller.payments = { payRate, payTo: "the bank", payHook: undefined };
  await swarm.startAll();
  await swarm.clock.advanceSettled(3_000);
  const { publicKey } = seller.identity.keyPair;
  const entryAt = (at: number) => nodeAt(swarm, at).ledger()[0];
  return { swarm, publicKey, entryAt };
}

describe("payment services", () => {
  test("a buyer at its limit pays, is credited and is served; both count the same", async () => {
    const { swarm, publicKey, entryAt } = await market();
    let seed = 0;
    const fetchOne = async (): Promise<string> => {
      const { link } = await swarm.run(publishBytes(nodeAt(swarm, 0), "a", noise(200_000, ++seed)));
      const reading = fetchFile(nodeAt(swarm, 1), link).then(() => "served", ({ code }) => code);
      return await swarm.run(reading, 120_000);
    };
    let result = await fetchOne();
    while (result === "served" && seed < 30) result = await fetchOne();
    expect(result).toBe("CREDIT_LIMIT_REACHED"); // the free pool is used up
    await swarm.clock.advanceSettled(5_000);
    expect(await fetchOne()).toBe("CREDIT_LIMIT_REACHED");
    const cb = 40n * BigInt(MIB);
    const { invoice, amount } = await swarm.run(nodeAt(swarm, 1).pay(publicKey, { cb }));
    expect(amount).toBe("40");
    await swarm.run(nodeAt(swarm, 0).settleInvoice(invoice, "seen"));
    await swarm.clock.advanceSettled(1_000);
    expect(nodeAt(swarm, 1).followInvoice(invoice)?.state).toBe("credited");
    const [sold, bought] = [entryAt(0), entryAt(1)];
    expect([sold?.paidCb, bought?.spentCb]).toEqual([String(cb), String(cb)]);
    expect(BigInt(sold?.balanceCb ?? 1) + BigInt(bought?.balanceCb ?? 0)).toBe(0n);
    expect(await fetchOne()).toBe("served");
  });

  test("what was paid is in the statement of either, and proven by it", async () => {
    const { swarm, publicKey } = await market();
    const paying = nodeAt(swarm, 1).pay(publicKey, { cb: 5n });
    const { invoice, peer } = await swarm.run(paying);
    expect(peer).toBe(toHex(publicKey));
    await swarm.run(nodeAt(swarm, 0).settleInvoice(invoice, "seen"));
    await swarm.clock.advanceSettled(1_000);
    const statement = await swarm.run(nodeAt(swarm, 1).proveLedger(publicKey));
    expect(statement.paymentsSignedByPeer?.length).toBe(1);
    expect(nodeAt(swarm, 0).invoices()[0]).toMatchObject({ direction: "in", state: "held" });
  });

  test("who sells none says so; who is silent is waited for no longer than asked", async () => {
    const { swarm, publicKey } = await market(false);
    const refusal = await swarm.run(nodeAt(swarm, 1).pay(publicKey, { cb: 5n }).catch(String));
    expect(refusal).toContain("it sells no credit");
    swarm.machines[0]?.crash();
    const silent = nodeAt(swarm, 1).pay(publicKey, { cb: 5n, timeoutMs: 2_000 }).catch(String);
    expect(await swarm.run(silent)).toContain("has not answered within 2 s");
  });
});
