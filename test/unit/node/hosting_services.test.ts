import { expect, test } from "../../support/harness.ts";
import { fetchFile, nodeAt, noise, publishBytes, smallSwarm } from "../../support/small_swarm.ts";

test("a node keeps for another what that one publishes, without limits whoever it is", async () => {
  const swarm = await smallSwarm(2);
  const bytes = noise(1000, 3);
  const hosting = { hosts: 1, weeks: 2, budgetCb: 10_000n };
  const publishing = publishBytes(nodeAt(swarm, 0), "a", bytes, { hosting });
  const { link, placement } = await swarm.run(publishing);
  expect(placement).toMatchObject({ objects: 1, placed: 1, wanted: 1 });
  expect((await nodeAt(swarm, 1).status()).hosting?.contracts).toBe(1);
  expect((await nodeAt(swarm, 0).status()).placements).toEqual({ orders: 1, objects: 1, short: 0 });
  swarm.machines[0]?.crash();
  expect(await swarm.run(fetchFile(nodeAt(swarm, 1), link))).toEqual(bytes);
});
