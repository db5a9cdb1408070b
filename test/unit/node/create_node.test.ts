import { parseNodeUri } from "../../../src/identity/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { fetchFile, nodeAt, noise, publishBytes, smallSwarm } from "../../support/small_swarm.ts";

describe("createNode", () => {
  test("what one node publishes another one reads, by either of its names", async () => {
    const swarm = await smallSwarm(3);
    const bytes = noise(2_500_000, 1);
    const published = await swarm.run(publishBytes(nodeAt(swarm, 0), "noise.bin", bytes));
    expect(published.chunks).toBe(3);
    expect(published.holders).toBeGreaterThanOrEqual(1);
    for (const meta of [published.link, published.meta]) {
      expect(await swarm.run(fetchFile(nodeAt(swarm, 2), meta))).toEqual(bytes);
    }
  });

  test("its URI can be given to another node as --bootstrap", async () => {
    const swarm = await smallSwarm(1);
    const { uri, udpAddress } = nodeAt(swarm, 0).info;
    expect(parseNodeUri(uri)).toMatchObject({ host: udpAddress.ip, port: udpAddress.port });
  });

  test("a taken port is told and leaves nothing open behind", async () => {
    const swarm = await smallSwarm(1);
    const [machine] = swarm.machines;
    const again = machine?.start([]).then(() => "started", (error) => error.code);
    expect(await swarm.run(again ?? Promise.resolve())).toBe("DATABASE_IN_USE");
  });
});
