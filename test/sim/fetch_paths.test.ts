import { describe, expect, test } from "../support/harness.ts";
import { fetchFile, nodeAt, noise, publishBytes, smallSwarm } from "../support/small_swarm.ts";
import type { LinkModel } from "./virtual_link.ts";
import type { VirtualSwarm } from "./virtual_swarm.ts";

const MIB = 2 ** 20;
const LIMIT_MS = 300_000;

/** 20 ms of round trip, at `mbit` from a machine with a quarter of a second of queue. */
function line(mbit: number): LinkModel {
  const bytesPerSecond = mbit * 125_000;
  return { delay: { kind: "fixed", ms: 10 }, bytesPerSecond, queueBytes: bytesPerSecond / 4 };
}

/** Everything that machine `from` sends to machine `to` takes this line. */
function setLine(swarm: VirtualSwarm, from: number, to: number, model: LinkModel): void {
  swarm.network.setLink(swarm.machines[from]?.ip ?? "", swarm.machines[to]?.ip ?? "", model);
}

/** Fetches on the last machine. */
async function fetched(swarm: VirtualSwarm, link: string) {
  const reader = nodeAt(swarm, swarm.machines.length - 1);
  const before = (await reader.status()).traffic.receivedBytes;
  const begun = swarm.clock.now();
  const bytes = await swarm.run(fetchFile(reader, link), LIMIT_MS);
  const { traffic } = await reader.status();
  return { bytes, ms: swarm.clock.now() - begun, received: traffic.receivedBytes - before };
}

/** The first `holders` machines hold the file, one more is there to fetch it. */
async function heldBy(holders: number, bytes: Uint8Array) {
  const swarm = await smallSwarm(holders + 1);
  const { link } = await swarm.run(publishBytes(nodeAt(swarm, 0), "f", bytes), LIMIT_MS);
  for (let i = 1; i < holders; i++) await swarm.run(fetchFile(nodeAt(swarm, i), link), LIMIT_MS);
  await swarm.clock.advanceSettled(5_000);
  return { swarm, link };
}

describe("fetching over uneven paths", () => {
  test("from a sole holder at 1 Mbit/s and below every byte comes once", async () => {
    for (const [mbit, size] of [[1, 4 * MIB], [0.2, MIB + 70_000]] as const) {
      const bytes = noise(size, 31);
      const { swarm, link } = await heldBy(1, bytes);
      setLine(swarm, 0, 1, line(mbit));
      const result = await fetched(swarm, link);
      expect(result.bytes).toEqual(bytes);
      expect(result.received).toBeLessThan(1.12 * size); // headers, losses of slow start
    }
  });

  test("a holder at 1 Mbit/s beside one at 100 costs no time and few bytes", async () => {
    const bytes = noise(12 * MIB, 32);
    const alone = await heldBy(1, bytes);
    setLine(alone.swarm, 0, 1, line(100));
    const best = await fetched(alone.swarm, alone.link);
    const { swarm, link } = await heldBy(2, bytes);
    setLine(swarm, 0, 2, line(100));
    setLine(swarm, 1, 2, line(1));
    const result = await fetched(swarm, link);
    expect(result.bytes).toEqual(bytes);
    expect(result.ms).toBeLessThan(1.5 * best.ms);
    expect(result.received).toBeLessThan(1.15 * bytes.length);
  });

  test("two holders at 20 Mbit/s are nearly twice as fast as one", async () => {
    const bytes = noise(12 * MIB, 33);
    const alone = await heldBy(1, bytes);
    setLine(alone.swarm, 0, 1, line(20));
    const one = await fetched(alone.swarm, alone.link);
    const { swarm, link } = await heldBy(2, bytes);
    for (const from of [0, 1]) setLine(swarm, from, 2, line(20));
    const two = await fetched(swarm, link);
    expect(two.bytes).toEqual(bytes);
    expect(two.ms).toBeLessThan(0.7 * one.ms);
    expect(two.received).toBeLessThan(1.15 * bytes.length);
  });
});
