import { expect, test } from "../../support/harness.ts";
import { CLEAN_LINK, fetchFile, nodeAt, noise, publishBytes } from "../../support/small_swarm.ts";
import { VirtualSwarm } from "../../sim/virtual_swarm.ts";

const SIZE = 100_000;

test("what is published is copied to the nearest, outlives its maker, is repaired", async () => {
  const swarm = new VirtualSwarm({ seed: 5, nodes: 6, link: CLEAN_LINK });
  for (const machine of swarm.machines) machine.replicas = 3;
  await swarm.startAll();
  await swarm.clock.advanceSettled(3_000);
  const published = await swarm.run(publishBytes(nodeAt(swarm, 0), "d", noise(SIZE, 11)));
  await swarm.clock.advanceSettled(10_000);
  const holdersOf = async (id: string): Promise<number[]> => {
    const stores = await Promise.all(swarm.machines.map(({ node }) => node?.storeEntries(100)));
    return stores.flatMap((entries, i) => entries?.some((entry) => entry.id === id) ? [i] : [])
      .filter((i) => i !== 0);
  };
  const [chunk = ""] = published.chunkIds;
  // At the three nearest, of which the publisher may be one.
  const [ofChunk, ofMeta] = [await holdersOf(chunk), await holdersOf(published.meta)];
  expect([ofChunk.length >= 2, ofMeta.length >= 2]).toEqual([true, true]);
  const { copies } = await nodeAt(swarm, 0).status();
  expect([copies.replicas, copies.givenBytes >= 2 * SIZE]).toEqual([3, true]);

  swarm.machines[0]?.crash();
  const before = await holdersOf(chunk);
  const [lost = 1] = before;
  swarm.machines[lost]?.crash();
  await swarm.clock.advanceSettled(200_000);
  const now = await holdersOf(chunk);
  expect(now.length >= 3 && now.some((i) => !before.includes(i))).toBe(true);
  const reader = swarm.machines.findIndex(({ node }, i) => node && !now.includes(i));
  expect(await swarm.run(fetchFile(nodeAt(swarm, reader), published.link))).toHaveLength(SIZE);
});

test("who reads what it is also offered buys it, and has all of it", async () => {
  const swarm = new VirtualSwarm({ seed: 7, nodes: 2, link: CLEAN_LINK });
  for (const machine of swarm.machines) Object.assign(machine, { replicas: 3, credit: true });
  await swarm.startAll();
  await swarm.clock.advanceSettled(3_000);
  const size = 8_000_000; // eight chunks, half of which have a price
  const { link } = await swarm.run(publishBytes(nodeAt(swarm, 0), "d", noise(size, 12)));
  expect(await swarm.run(fetchFile(nodeAt(swarm, 1), link))).toHaveLength(size);
});

test("with --replicas 0 nothing is offered and everything refused", async () => {
  const swarm = new VirtualSwarm({ seed: 6, nodes: 3, link: CLEAN_LINK });
  for (const machine of swarm.machines.slice(1)) machine.replicas = 3;
  await swarm.startAll();
  await swarm.clock.advanceSettled(3_000);
  await swarm.run(publishBytes(nodeAt(swarm, 0), "a", noise(9_000, 1)));
  await swarm.run(publishBytes(nodeAt(swarm, 1), "b", noise(9_000, 2)));
  await swarm.clock.advanceSettled(30_000);
  const counts = await Promise.all(swarm.machines.map(async ({ node }) => {
    const status = await node?.status();
    return [status?.store.chunks, status?.copies.offered !== 0];
  }));
  expect(counts).toEqual([[1, false], [1, true], [1, true]]);
});
