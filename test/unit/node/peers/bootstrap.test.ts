import { describe, expect, test } from "../../../support/harness.ts";
import { nodeAt, smallSwarm } from "../../../support/small_swarm.ts";

describe("Bootstrap", () => {
  test("each node knows one earlier node and ends up knowing all", async () => {
    const swarm = await smallSwarm(6);
    for (let i = 0; i < 6; i++) {
      expect((await nodeAt(swarm, i).status()).routingTable.contacts).toBe(5);
    }
  });

  test("a name that does not resolve is logged and the node runs on", async () => {
    const swarm = await smallSwarm(1);
    const lost = swarm.addMachine();
    const [first] = swarm.machines;
    if (first === undefined) throw new Error("no machine");
    await swarm.run(lost.start([{ ...first, ip: "no.such.host" } as never]));
    await swarm.clock.advanceSettled(1_000);
    expect(lost.log.map(({ event }) => event)).toContain("bootstrap_unusable");
    expect(lost.node?.readiness().ready).toBe(false);
  });
});
