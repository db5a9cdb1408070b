import { describe, expect, test } from "../../support/harness.ts";
import { fetchFile, nodeAt, noise, publishBytes, smallSwarm } from "../../support/small_swarm.ts";

describe("peer services", () => {
  test("a node that comes back has its store and finds its peers by itself", async () => {
    const swarm = await smallSwarm(3);
    const bytes = noise(300_000, 13);
    const published = await swarm.run(publishBytes(nodeAt(swarm, 2), "back", bytes));
    const [, , machine] = swarm.machines;
    if (machine === undefined) throw new Error("no machine");
    await swarm.run(machine.stop());
    await swarm.run(machine.start([]));
    await swarm.clock.advanceSettled(3_000);
    expect((await nodeAt(swarm, 2).status()).routingTable.contacts).toBe(2);
    expect(await swarm.run(fetchFile(nodeAt(swarm, 0), published.link))).toEqual(bytes);
  });
});
