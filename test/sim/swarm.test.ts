import { describe, expect, test } from "../support/harness.ts";
import { fetchFile, nodeAt, noise, publishBytes } from "../support/small_swarm.ts";
import type { LinkModel } from "./virtual_link.ts";
import { VirtualSwarm } from "./virtual_swarm.ts";

const NODES = 64;
const SEEDS = (process.env["SWARM_SEEDS"] ?? "1").split(",").map(Number);
const TIMEOUT_MS = 240_000;

const CLEAN: LinkModel = { delay: { kind: "uniform", minMs: 5, maxMs: 60 } };
const LOSSY: LinkModel = { ...CLEAN, loss: { kind: "bernoulli", ratio: 0.2 } };

/** The life of a small network, told once: it comes up, publishes, reads under 20 % loss, loses a
 * third of its nodes and still answers. Returns the hash of every packet, for replay. */
async function life(seed: number): Promise<string> {
  const swarm = new VirtualSwarm({ seed, nodes: NODES, link: CLEAN });
  await swarm.startAll();
  await swarm.clock.advanceSettled(10_000);

  const files = [];
  for (let i = 0; i < 4; i++) {
    const bytes = noise(200_000 + i * 450_000, seed * 100 + i);
    const published = await swarm.run(publishBytes(nodeAt(swarm, i * 7), `file ${i}`, bytes));
    expect(published.holders).toBeGreaterThanOrEqual(1);
    files.push({ bytes, link: published.link });
  }
  await swarm.clock.advanceSettled(5_000);

  swarm.network.setDefaultLink(LOSSY);
  for (const [i, { bytes, link }] of files.entries()) {
    const reader = nodeAt(swarm, 40 + i);
    expect(await swarm.run(fetchFile(reader, link), 300_000)).toEqual(bytes);
  }
  await swarm.clock.advanceSettled(20_000);

  swarm.network.setDefaultLink(CLEAN);
  // Every third one leaves without a word: of the publishers the second and the third.
  for (let i = 1; i < NODES; i += 3) swarm.machines[i]?.crash();
  await swarm.clock.advanceSettled(30_000);
  const readers = [0, 30, 50, 62].filter((i) => i % 3 !== 1);
  for (const [i, { bytes, link }] of files.entries()) {
    const reader = nodeAt(swarm, readers[i] ?? 0);
    expect(await swarm.run(fetchFile(reader, link), 120_000)).toEqual(bytes);
  }
  return swarm.network.trace.hex();
}

describe(`a swarm of ${NODES} nodes`, () => {
  for (const seed of SEEDS) {
    test(
      `seed ${seed}: publishes, reads under 20 % loss, survives the loss of a third`,
      async () => {
        await life(seed);
      },
      TIMEOUT_MS,
    );
  }

  test("the same seed gives the same packets", async () => {
    const runs = [];
    for (let run = 0; run < 2; run++) {
      const swarm = new VirtualSwarm({ seed: 99, nodes: 6, link: LOSSY });
      await swarm.startAll();
      await swarm.clock.advanceSettled(15_000);
      const bytes = noise(300_000, 99);
      const published = await swarm.run(publishBytes(nodeAt(swarm, 0), "same", bytes), 120_000);
      expect(await swarm.run(fetchFile(nodeAt(swarm, 5), published.link), 120_000)).toEqual(bytes);
      runs.push(swarm.network.trace.hex());
    }
    expect(runs[0]).toBe(runs[1] ?? "");
  }, TIMEOUT_MS);
});
