import { describe, expect, test } from "../../../support/harness.ts";
import {
  CLEAN_LINK,
  nodeAt,
  noise,
  publishBytes,
  smallSwarm,
} from "../../../support/small_swarm.ts";
import { VirtualSwarm } from "../../../sim/virtual_swarm.ts";
import { asChunkId, parseKey32 } from "../../../../src/lib/mod.ts";

describe("DhtService", () => {
  test("a lookup at sixteen nodes ends within a few rounds and names the one holder", async () => {
    const swarm = await smallSwarm(16);
    const published = await swarm.run(publishBytes(nodeAt(swarm, 2), "d", noise(80_000, 11)));
    const id = parseKey32(published.link);
    if (id === undefined) throw new Error("no link");
    const key = asChunkId(id.slice(0, 20));
    const story = await swarm.run(nodeAt(swarm, 15).trace(key));
    expect(story.holders.map(({ nodeId }) => nodeId)).toEqual([nodeAt(swarm, 2).info.nodeIdHex]);
    expect(story.rounds.length).toBeLessThanOrEqual(4);
  });

  test("a lost answer is asked for again: a tenth of packets lost, all lookups find", async () => {
    const link = { ...CLEAN_LINK, loss: { kind: "bernoulli", ratio: 0.1 } } as const;
    const swarm = new VirtualSwarm({ seed: 5, nodes: 8, link });
    await swarm.startAll();
    await swarm.clock.advanceSettled(10_000);
    const published = await swarm.run(publishBytes(nodeAt(swarm, 2), "d", noise(80_000, 11)));
    const key = asChunkId(parseKey32(published.link)?.slice(0, 20) ?? new Uint8Array(20));
    for (let i = 0; i < 30; i++) {
      const { holders } = await swarm.run(nodeAt(swarm, 3 + i % 5).trace(key));
      expect(holders.length).toBe(1);
      await swarm.clock.advanceSettled(5_000);
    }
  });

  test("a peer that goes silent leaves the routing table", async () => {
    const swarm = await smallSwarm(3);
    swarm.machines[2]?.crash();
    await swarm.clock.advanceSettled(180_000);
    for (const i of [0, 1]) {
      expect((await nodeAt(swarm, i).status()).routingTable.contacts).toBe(1);
    }
  });

  test("that it looks for itself again is no news; that it is alone is, once", async () => {
    const swarm = await smallSwarm(3);
    const told = (i: number, event: string) =>
      swarm.machines[i]?.log.filter((line) => line.event === event).map(({ level }) => level) ?? [];
    await swarm.clock.advanceSettled(11 * 60_000);
    const [first, ...later] = told(1, "joined");
    expect([first, later.length > 0]).toEqual(["info", true]);
    expect(later.filter((level) => level !== "debug")).toEqual([]);
    // The first node of a network expects nobody.
    expect(told(0, "first_node")).toEqual(["info"]);
    expect(told(0, "nobody_answers").filter((level) => level !== "debug")).toEqual([]);
    expect(told(1, "nobody_answers")).toEqual([]);
    for (const i of [0, 2]) swarm.machines[i]?.crash();
    await swarm.clock.advanceSettled(40 * 60_000);
    expect(told(1, "joined").length).toBe(1 + later.length);
    const alone = told(1, "nobody_answers");
    expect(alone.filter((level) => level === "warn").length).toBe(1);
    expect(alone.length).toBeGreaterThan(1);
  });
});
