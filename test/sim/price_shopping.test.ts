import { parseMetaId, toHex } from "../../src/lib/mod.ts";
import { priceFactor } from "../../src/market/mod.ts";
import type { Purchase } from "../../src/node/mod.ts";
import { nativePrimitives } from "../../src/runtime/shared/native_primitives.ts";
import { describe, expect, test } from "../support/harness.ts";
import { CLEAN_LINK, fetchFile, nodeAt, noise, publishBytes } from "../support/small_swarm.ts";
import { VirtualSwarm } from "./virtual_swarm.ts";

/** Eight slices: one chunk. */
const SIZE = 2 ** 19;
const { sha1 } = nativePrimitives; // hundreds of files are hashed to find one
const [NEAR, FAR, READER] = [0, 1, 2] as const;
/** A manifest's questions and bytes cost little; the fee of each FETCH is 1,024 cb. */
const SMALL_CB = 200_000;

function nodeIdAt(swarm: VirtualSwarm, at: number): Uint8Array {
  return swarm.machines[at]?.identity.nodeId ?? new Uint8Array(20);
}

/** A file of one chunk that is dear at one holder and free at the other; both have it. The ids of
 * these two begin with different bits, so that one file in 16 is such a one. */
async function nearAndFar(priceFloor = 0) {
  const swarm = new VirtualSwarm({ seed: 1, nodes: 3, link: CLEAN_LINK });
  const seller = swarm.machines[NEAR];
  if (seller !== undefined) seller.priceFloor = priceFloor;
  await swarm.startAll();
  await swarm.clock.advanceSettled(3_000);
  const [near, far] = [nodeIdAt(swarm, NEAR), nodeIdAt(swarm, FAR)];
  const bytes = noise(SIZE, 1);
  for (let i = 0;; i++) {
    bytes[0] = i;
    if (i === 256) throw new Error("no such file");
    const id = sha1(bytes);
    if (priceFactor(near, id) >= 3 && priceFactor(far, id) === 0) break;
  }
  const factor = priceFactor(near, sha1(bytes));
  const { link } = await swarm.run(publishBytes(nodeAt(swarm, NEAR), "f", bytes));
  await swarm.run(fetchFile(nodeAt(swarm, FAR), link));
  await swarm.clock.advanceSettled(5_000);
  return { swarm, link, bytes, factor };
}

/** Reads all of it on a purchase. */
async function bought(swarm: VirtualSwarm, link: string, purchase: Purchase) {
  const meta = parseMetaId(link);
  const node = nodeAt(swarm, READER);
  if (meta === undefined) throw new Error("no link");
  const file = await node.resolve(meta, [], { purchase });
  if (file.kind !== "file") throw new Error("no file");
  const parts: Uint8Array[] = [];
  for await (const piece of file.read(0, file.size, { purchase })) parts.push(piece);
  return new Uint8Array(Buffer.concat(parts));
}

/** Bytes that each holder was paid for. */
function bytesFrom(swarm: VirtualSwarm, { spending }: Purchase): number[] {
  return [NEAR, FAR].map((at) => {
    const key = swarm.machines[at]?.identity.keyPair.publicKey ?? new Uint8Array();
    return spending.holders().find(({ publicKey }) => publicKey === toHex(key))?.bytes ?? 0;
  });
}

describe("price-shopping reads", () => {
  test("a budget buys of the far holder what the near one would not sell for it", async () => {
    const { swarm, link, bytes } = await nearAndFar();
    const purchase = nodeAt(swarm, READER).openPurchase(SMALL_CB);
    expect(toHex(sha1(await swarm.run(bought(swarm, link, purchase))))).toBe(toHex(sha1(bytes)));
    expect(bytesFrom(swarm, purchase)[1]).toBeGreaterThanOrEqual(SIZE);
    expect(purchase.spending.spentCb).toBeLessThanOrEqual(SMALL_CB);
    expect(purchase.spending.reservedCb).toBe(0);
  });

  test("without a budget both give, the cheaper more, and the price is counted", async () => {
    const { swarm, link, bytes, factor } = await nearAndFar();
    const purchase = nodeAt(swarm, READER).openPurchase();
    expect(toHex(sha1(await swarm.run(bought(swarm, link, purchase))))).toBe(toHex(sha1(bytes)));
    const [near = 0, far = 0] = bytesFrom(swarm, purchase);
    expect(far).toBeGreaterThan(near);
    const { spentCb } = purchase.spending;
    expect(spentCb).toBeGreaterThan(near * factor);
    const ledger = nodeAt(swarm, READER).ledger();
    const inLedger = ledger.reduce((sum, { receivedCb }) => sum + Number(receivedCb), 0);
    expect(inLedger).toBeGreaterThanOrEqual(spentCb); // and what the dials before it cost
  });

  test("who has time waits for the slow cheap holder, who has none pays the dear one", async () => {
    for (const [deadlineMs, mostlyOf] of [[30_000, FAR], [1_500, NEAR]] as const) {
      const { swarm, link, bytes } = await nearAndFar();
      const [far, reader] = [FAR, READER].map((at) => swarm.machines[at]?.ip ?? "");
      const slow = { delay: { kind: "fixed", ms: 10 }, bytesPerSecond: 125_000 } as const;
      swarm.network.setLink(far ?? "", reader ?? "", { ...slow, queueBytes: 32_000 });
      const purchase = nodeAt(swarm, READER).openPurchase(undefined, deadlineMs);
      const begun = swarm.clock.now();
      expect(toHex(sha1(await swarm.run(bought(swarm, link, purchase))))).toBe(toHex(sha1(bytes)));
      const tookMs = swarm.clock.now() - begun;
      const shares = bytesFrom(swarm, purchase);
      expect(shares[mostlyOf]).toBeGreaterThan(0.6 * SIZE);
      if (mostlyOf === FAR) expect(shares[NEAR]).toBeLessThan(70_000); // a manifest at most
      expect(tookMs).toBeLessThan(deadlineMs);
    }
  });

  test("a budget that pays for a part is spent to its end and no further", async () => {
    const { swarm, link, factor } = await nearAndFar();
    swarm.machines[FAR]?.crash();
    const budgetCb = 5 * 65_536 * factor;
    const purchase = nodeAt(swarm, READER).openPurchase(budgetCb);
    const failed = bought(swarm, link, purchase).then(() => undefined, (error: unknown) => error);
    const error = await swarm.run(failed);
    expect(error).toMatchObject({ code: "BUDGET_EXHAUSTED" });
    const { spentCb } = purchase.spending;
    expect(spentCb).toBeLessThanOrEqual(budgetCb);
    expect(spentCb).toBeGreaterThan(3 * 65_536 * factor);
    const { message } = error as Error;
    expect(message).toContain(`of the budget of ${budgetCb} cb ${spentCb} are spent`);
    expect(message).toContain(`asks ${factor} cb a byte`);
  });

  test("a price floor that nobody knew of is told before anything is paid for it", async () => {
    const { swarm, link, bytes } = await nearAndFar(60);
    const purchase = nodeAt(swarm, READER).openPurchase(SMALL_CB);
    const got = await swarm.run(bought(swarm, link, purchase));
    expect(toHex(sha1(got))).toBe(toHex(sha1(bytes)));
    expect(bytesFrom(swarm, purchase)).toEqual([0, expect.anything()]);
  });
});
