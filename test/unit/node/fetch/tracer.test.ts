import { locatorOf } from "../../../../src/content/mod.ts";
import {
  commonPrefixLength,
  fromHex,
  parseChunkId,
  parseKey32,
  type StrongId,
} from "../../../../src/lib/mod.ts";
import type { Trace } from "../../../../src/node/mod.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { nodeAt, noise, publishBytes, smallSwarm } from "../../../support/small_swarm.ts";

describe("trace", () => {
  test("names the holder, its round trip and the first byte", async () => {
    const swarm = await smallSwarm(4);
    const published = await swarm.run(publishBytes(nodeAt(swarm, 1), "t", noise(150_000, 6)));
    const id = parseKey32(published.link);
    if (id === undefined) throw new Error("no link");
    const story = await swarm.run(nodeAt(swarm, 3).trace(id as never));
    expect(story.found).toBe(true);
    expect(story.holders[0]?.nodeId).toBe(nodeAt(swarm, 1).info.nodeIdHex);
    const [{ result, priceFactor = -1, paidCb = -1 }] = story.holders as [Trace["holders"][0]];
    expect(result).toBe("connected");
    const nodeId = fromHex(nodeAt(swarm, 1).info.nodeIdHex);
    const locator = locatorOf(id as StrongId);
    expect(priceFactor).toBe(commonPrefixLength(nodeId ?? id, locator));
    expect(paidCb).toBeGreaterThanOrEqual(1_024);
    expect(story.rounds.length).toBeGreaterThan(0);
    expect(story.firstByteMs).toBeGreaterThanOrEqual(20);
    expect(story.totalMs).toBeLessThan(2_000);
  });

  test("of what this node holds itself: found, with or without other holders", async () => {
    const swarm = await smallSwarm(3);
    const published = await swarm.run(publishBytes(nodeAt(swarm, 1), "t", noise(150_000, 6)));
    const id = parseKey32(published.link);
    if (id === undefined) throw new Error("no link");
    const story = await swarm.run(nodeAt(swarm, 1).trace(id as never));
    expect(story).toMatchObject({ found: true, heldHere: true });
  });

  test("of something nobody has: not found, after rounds that were answered", async () => {
    const swarm = await smallSwarm(3);
    const id = parseChunkId("00112233445566778899aabbccddeeff00112233");
    if (id === undefined) throw new Error("bad fixture");
    const story = await swarm.run(nodeAt(swarm, 2).trace(id));
    expect(story).toMatchObject({
      found: false,
      heldHere: false,
      holders: [],
      firstByteMs: undefined,
    });
    expect(story.rounds[0]?.answered).toBeGreaterThan(0);
  });
});
