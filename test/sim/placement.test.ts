import { expect, test } from "../support/harness.ts";
import { PlacementWorld } from "../support/placement_world.ts";

const HOUR_MS = 3_600_000;
const CROWD = {
  nodes: 80,
  chunks: 120,
  chunkBytes: 2 ** 20,
  replicas: 5,
  bytesPerHour: 256 * 2 ** 20,
  bitsPerSecond: 4_000_000,
  seed: 0x91ace,
};
const least = (counts: readonly number[]) => Math.min(...counts);

test("what is published lies at the five nearest nodes within minutes, and nowhere else", () => {
  const world = new PlacementWorld(CROWD);
  world.publish(HOUR_MS / 3);
  const copies = world.copies();
  expect([least(copies), Math.max(...copies)]).toEqual([5, 5]);
});

test("nothing is lost though 30 % of the nodes die in each hour; without repair much is", () => {
  const after = (hours: number, isRepairing: boolean): PlacementWorld => {
    const world = new PlacementWorld(CROWD);
    world.publish(HOUR_MS / 3);
    world.churn(0.3, isRepairing);
    world.runFor(hours * HOUR_MS);
    return world;
  };
  const repaired = after(2, true);
  expect(repaired.surviving).toBe(1);
  expect(after(6, false).surviving < 0.8).toBe(true);
  // What each death costs: a node holds 7.5 MiB on the mean, and newcomers are given theirs too.
  expect(repaired.movedBytes / repaired.died < 3 * 7.5 * 2 ** 20).toBe(true);
  expect(repaired.spokenBytes / CROWD.nodes / 2 < 2 ** 20).toBe(true);
});
