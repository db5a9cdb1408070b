import { parseMetaId, toHex } from "../../src/lib/mod.ts";
import type { PlacementReport, Published } from "../../src/node/mod.ts";
import { expect, test } from "../support/harness.ts";
import { CLEAN_LINK, fetchFile, nodeAt, noise, publishBytes } from "../support/small_swarm.ts";
import { withRank } from "./virtual_node.ts";
import { VirtualSwarm } from "./virtual_swarm.ts";

const MIB = 2 ** 20;
const MINUTE = 60_000;
/** Two chunks and their manifest. */
const BYTES = noise(2 * MIB - 100_000, 5);

/** A publisher of rank 4 first, then hosts of rank 2, which hold each other to lines. */
async function swarmOf(hosts: number, ranks: readonly [number, number] = [4, 2]) {
  const swarm = new VirtualSwarm({ seed: 21, nodes: 1 + hosts, link: CLEAN_LINK });
  swarm.machines.forEach((machine, i) => {
    machine.credit = true;
    machine.identity = withRank(machine.identity, i === 0 ? ranks[0] : ranks[1]);
  });
  await swarm.startAll();
  await swarm.clock.advanceSettled(3_000);
  return swarm;
}

function publish(swarm: VirtualSwarm, hosts: number, budgetCb: bigint): Promise<Published> {
  const hosting = { hosts, weeks: 1, budgetCb };
  return swarm.run(publishBytes(nodeAt(swarm, 0), "a.bin", BYTES, { hosting }), 10 * MINUTE);
}

function reportOf(swarm: VirtualSwarm, { link }: Published): PlacementReport {
  const meta = parseMetaId(link);
  const report = meta && nodeAt(swarm, 0).placementReport(meta);
  if (report === undefined) throw new Error("nothing was placed");
  return report;
}

const holdingOf = (report: PlacementReport) => report.objects.map(({ holding }) => holding);

test("each object is bought as many places as were ordered, and both ends count it", async () => {
  const swarm = await swarmOf(4);
  const published = await publish(swarm, 3, 8n * BigInt(MIB));
  const report = reportOf(swarm, published);
  expect(published.placement).toMatchObject({ objects: 3, placed: 9, wanted: 9 });
  expect([holdingOf(report), report.alarms]).toEqual([[3, 3, 3], []]);
  const prices = report.objects.flatMap(({ holders }) => holders.map(({ priceCb }) => priceCb));
  const paid = prices.reduce((sum, price) => sum + BigInt(price), 0n);
  expect(report.spentCb).toBe(String(paid));
  await swarm.clock.advanceSettled(3_000); // until it says so itself, it owes nothing
  const self = toHex(swarm.machines[0]?.identity.keyPair.publicKey ?? new Uint8Array());
  const charged = [1, 2, 3, 4].map((i) =>
    nodeAt(swarm, i).ledger().find(({ publicKey }) => publicKey === self)?.sentCb ?? "0"
  );
  expect(charged.reduce((sum, cb) => sum + BigInt(cb), 0n)).toBe(paid);
  const open = [1, 2, 3, 4].flatMap((i) => nodeAt(swarm, i).ledger())
    .filter(({ unacknowledgedCb }) => unacknowledgedCb !== undefined);
  expect(open).toEqual([]);
  const owed = nodeAt(swarm, 0).ledger().map(({ receivedCb }) => BigInt(receivedCb));
  expect(owed.reduce((sum, cb) => sum + cb, 0n)).toBe(paid);
  const hosted = await Promise.all([1, 2, 3, 4].map((i) => nodeAt(swarm, i).status()));
  expect(hosted.reduce((sum, { hosting }) => sum + (hosting?.contracts ?? 0), 0)).toBe(9);
});

test("a host that dies is noticed and replaced; the file outlives its publisher", async () => {
  const swarm = await swarmOf(4);
  const published = await publish(swarm, 3, 64n * BigInt(MIB));
  const dead = reportOf(swarm, published).objects[0]?.holders[0]?.publicKey;
  const machine = swarm.machines.find(({ identity }) => toHex(identity.keyPair.publicKey) === dead);
  machine?.crash();
  await swarm.clock.advanceSettled(8 * MINUTE);
  const report = reportOf(swarm, published);
  expect([holdingOf(report), report.alarms]).toEqual([[3, 3, 3], []]);
  const states = report.objects[0]?.holders.filter(({ publicKey }) => publicKey === dead);
  expect(states?.map(({ state }) => state)).toEqual(["lost"]);
  const events = swarm.machines[0]?.log.map(({ event }) => event) ?? [];
  expect(events.indexOf("placement_short")).toBeGreaterThanOrEqual(0);
  expect(events.lastIndexOf("placement_whole")).toBeGreaterThan(events.indexOf("placement_short"));
  swarm.machines[0]?.crash();
  const reader = swarm.addMachine();
  const known = swarm.machines.filter(({ node }) => node !== undefined);
  await swarm.run(reader.start(known.slice(0, 3)));
  await swarm.clock.advanceSettled(10_000);
  const index = swarm.machines.length - 1;
  expect(await swarm.run(fetchFile(nodeAt(swarm, index), published.link), 2 * MINUTE))
    .toEqual(BYTES);
});

test("who outranks no host places nothing, and is told which rank it takes", async () => {
  const swarm = await swarmOf(2, [2, 2]);
  const refused = await publish(swarm, 2, 8n * BigInt(MIB)).then(() => undefined, (error) => error);
  expect(refused?.code).toBe("REFUSED");
  expect(refused?.message).toMatch(/2 their rank is not below this node's; it takes rank 3/);
  expect((await nodeAt(swarm, 0).status()).placements).toBeUndefined();
});

test("the budget is never exceeded: what it does not reach for is said to be missing", async () => {
  const swarm = await swarmOf(4);
  const budgetCb = 600_000n;
  const published = await publish(swarm, 3, budgetCb);
  await swarm.clock.advanceSettled(30 * MINUTE);
  const report = reportOf(swarm, published);
  expect(BigInt(report.spentCb)).toBeLessThanOrEqual(budgetCb);
  expect(report.alarms[0]).toMatch(/have fewer than 3 holders.*beyond the budget/);
  expect(published.placement?.reason).toContain("beyond the budget");
  expect((await nodeAt(swarm, 0).status()).placements?.short).toBeGreaterThan(0);
});

test("hosts show a slice now and then, and what was placed is known after a crash", async () => {
  const swarm = await swarmOf(3);
  const published = await publish(swarm, 2, 64n * BigInt(MIB));
  await swarm.clock.advanceSettled(6 * MINUTE);
  const proven = reportOf(swarm, published).objects.flatMap(({ holders }) =>
    holders.filter(({ provenMs }) => provenMs !== undefined)
  );
  expect(proven.length).toBeGreaterThan(0);
  const before = reportOf(swarm, published);
  const publisher = swarm.machines[0];
  publisher?.crash();
  await swarm.run(publisher?.start(swarm.machines.slice(1)) ?? Promise.reject(new Error()));
  await swarm.clock.advanceSettled(10_000);
  const after = reportOf(swarm, published);
  const byId = (a: { id: string }, b: { id: string }) => a.id < b.id ? -1 : 1;
  expect(after.objects.toSorted(byId)).toEqual(before.objects.toSorted(byId));
  expect(after.spentCb).toBe(before.spentCb);
});
