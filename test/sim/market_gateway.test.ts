/** Who reads through a gateway has no account: the gateway pays. What one address can make it pay,
 * on real nodes. */
import { createGateway, type GatewayOptions } from "../../src/gateway/mod.ts";
import { fetchPrice, priceFactor } from "../../src/market/mod.ts";
import { nativePrimitives } from "../../src/runtime/shared/native_primitives.ts";
import { toHex } from "../../src/lib/mod.ts";
import { expect, test } from "../support/harness.ts";
import { CLEAN_LINK, nodeAt, noise, publishBytes } from "../support/small_swarm.ts";
import { VirtualSwarm } from "./virtual_swarm.ts";

const SIZE = 70_000;
/** At price factor 1. */
const PRICE_CB = fetchPrice(SIZE, 1);
const CHUNKS = 12;
/** What an address may cause at once; it gets hardly any more while the test runs. */
const ALLOWED = 3;
const BUDGET = { fetchesBurst: ALLOWED, fetchesPerSecond: 0.001, unknownIdsPerMinute: ALLOWED };
const NO_BUDGET = {
  fetchesBurst: Infinity,
  fetchesPerSecond: Infinity,
  unknownIdsPerMinute: Infinity,
};
const [HOLDER, GATEWAY] = [0, 1] as const;
const { sha1 } = nativePrimitives;

/** A gateway, and a holder of chunks that each cost the same there. */
async function readThrough(options: Partial<GatewayOptions>) {
  const swarm = new VirtualSwarm({ seed: 72, nodes: 2, link: CLEAN_LINK });
  await swarm.startAll();
  await swarm.clock.advanceSettled(3_000);
  const ids: string[] = [];
  const nodeId = swarm.machines[HOLDER]?.identity.nodeId ?? new Uint8Array(20);
  for (let i = 0; ids.length < CHUNKS; i++) {
    const bytes = noise(SIZE, i);
    if (priceFactor(nodeId, sha1(bytes)) !== 1) continue;
    await swarm.run(publishBytes(nodeAt(swarm, HOLDER), "f", bytes));
    ids.push(toHex(sha1(bytes)));
  }
  const gateway = createGateway(nodeAt(swarm, GATEWAY), options);
  const statusOf = async (id: string, ip: string): Promise<number> => {
    const info = { remote: { ip, port: 1 } };
    const asked = gateway.fetch(new Request(`http://gateway.example/chunk/${id}`), info);
    const { status, body } = await swarm.run(asked);
    await body?.cancel();
    return status;
  };
  const paidCb = () =>
    nodeAt(swarm, GATEWAY).ledger().reduce((sum, { receivedCb }) => sum + BigInt(receivedCb), 0n);
  const lookups = async (): Promise<number> => {
    const text = await nodeAt(swarm, GATEWAY).metricsText();
    return Number(/^skerry_lookups_total (\d+)/m.exec(text)?.[1]);
  };
  return { ids, statusOf, paidCb, lookups };
}

test("one address makes a gateway pay for so many chunks, and no other one wait", async () => {
  const paidFor = async (options: Partial<GatewayOptions>) => {
    const { ids, statusOf, paidCb } = await readThrough(options);
    const statuses: number[] = [];
    for (const id of ids) statuses.push(await statusOf(id, "192.0.2.1"));
    const paid = paidCb();
    expect(await statusOf(ids.at(-1) ?? "", "198.51.100.1")).toBe(200);
    return {
      chunks: Number(paid / PRICE_CB),
      refused: statuses.filter((status) => status === 429),
    };
  };
  const within = await paidFor(BUDGET);
  expect([within.chunks, within.refused.length]).toEqual([ALLOWED, CHUNKS - ALLOWED]);
  const without = await paidFor(NO_BUDGET);
  expect([without.chunks, without.refused.length]).toEqual([CHUNKS, 0]);
});

test("one address has so many made-up ids looked up and no more", async () => {
  const lookedUp = async (options: Partial<GatewayOptions>): Promise<number> => {
    const { statusOf, lookups } = await readThrough(options);
    const before = await lookups();
    for (let i = 0; i < CHUNKS; i++) await statusOf(toHex(sha1(noise(20, i))), "192.0.2.1");
    return await lookups() - before;
  };
  expect(await lookedUp(BUDGET)).toBe(ALLOWED);
  expect(await lookedUp(NO_BUDGET)).toBe(CHUNKS);
});
