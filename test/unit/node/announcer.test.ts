import { describe, expect, test } from "../../support/harness.ts";
import { fetchFile, nodeAt, noise, publishBytes, smallSwarm } from "../../support/small_swarm.ts";

describe("Announcer", () => {
  test("published before there was anybody: announced when somebody comes", async () => {
    const swarm = await smallSwarm(1);
    const bytes = noise(90_000, 8);
    const published = await swarm.run(publishBytes(nodeAt(swarm, 0), "early", bytes));
    expect(published.holders).toBe(0);
    const [first] = swarm.machines;
    const newcomers = [swarm.addMachine(), swarm.addMachine()];
    for (const machine of newcomers) await swarm.run(machine.start(first ? [first] : []));
    await swarm.clock.advanceSettled(20_000);
    expect(await swarm.run(fetchFile(nodeAt(swarm, 2), published.link))).toEqual(bytes);
    expect((await nodeAt(swarm, 0).status()).announce.pending).toBe(0);
  });

  test("a reader of a file becomes a source of it", async () => {
    const swarm = await smallSwarm(4);
    const bytes = noise(1_200_000, 9);
    const published = await swarm.run(publishBytes(nodeAt(swarm, 0), "f", bytes));
    await swarm.run(fetchFile(nodeAt(swarm, 1), published.link));
    await swarm.clock.advanceSettled(5_000);
    swarm.machines[0]?.crash();
    await swarm.clock.advanceSettled(1_000);
    expect(await swarm.run(fetchFile(nodeAt(swarm, 3), published.link))).toEqual(bytes);
  });

  test("asked for more holders than there are nodes: it says how many there were", async () => {
    const swarm = await smallSwarm(2);
    async function* bytes() {
      yield await Promise.resolve(noise(70_000, 10));
    }
    const node = nodeAt(swarm, 0);
    const waiting = node.publishStream("w", bytes(), { waitHolders: 5 });
    const failed = waiting.then(() => "", (error) => String(error.message));
    expect(await swarm.run(failed, 120_000)).toContain("Only 1 of 5 nodes");
  });
});
