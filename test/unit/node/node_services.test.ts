import { describe, expect, test } from "../../support/harness.ts";
import { nodeAt, noise, publishBytes, smallSwarm } from "../../support/small_swarm.ts";

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

  test("what others told a node to answer outlives its restart", async () => {
    const swarm = await smallSwarm(2);
    const published = publishBytes(nodeAt(swarm, 0), "a", noise(1_000, 1), { waitHolders: 1 });
    expect((await swarm.run(published)).holders).toBe(1);
    for (const machine of swarm.machines) await swarm.run(machine.stop());
    const [, machine] = swarm.machines;
    await swarm.run(machine?.start([]).then(() => {}) ?? Promise.resolve());
    await swarm.clock.advanceSettled(100);
    const restored = machine?.log.find(({ event }) => event === "providers_restored");
    expect(restored?.fields["records"]).toBeGreaterThanOrEqual(2); // the manifest and its chunk
  });
});
