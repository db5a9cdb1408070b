import { describe, expect, test } from "../../support/harness.ts";
import { nodeAt, smallSwarm } from "../../support/small_swarm.ts";

describe("node services", () => {
  test("a node that stops says so: its peers need no timeout to know", async () => {
    const swarm = await smallSwarm(2);
    expect((await nodeAt(swarm, 0).status()).peers).toBe(1);
    await swarm.run(swarm.machines[1]?.stop() ?? Promise.resolve());
    await swarm.clock.advanceSettled(100);
    expect((await nodeAt(swarm, 0).status()).peers).toBe(0);
  });

  test("a node that is unplugged says nothing, and is not forgotten so soon", async () => {
    const swarm = await smallSwarm(2);
    swarm.machines[1]?.crash();
    await swarm.clock.advanceSettled(100);
    expect((await nodeAt(swarm, 0).status()).peers).toBe(1);
  });
});
