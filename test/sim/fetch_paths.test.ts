import { parseMetaId } from "../../src/lib/mod.ts";
import { HOLDER_STALL_MS } from "../../src/swarm/mod.ts";
import { describe, expect, test } from "../support/harness.ts";
import {
  fetchFile,
  nodeAt,
  noise,
  publishBytes,
  readAll,
  smallSwarm,
} from "../support/small_swarm.ts";
import type { LinkModel } from "./virtual_link.ts";
import type { VirtualSwarm } from "./virtual_swarm.ts";

const MIB = 2 ** 20;
const LIMIT_MS = 300_000;
const TIMEOUT_MS = 120_000;

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
    for (const [mbit, size] of [[1, 3 * MIB], [0.2, MIB + 70_000]] as const) {
      const bytes = noise(size, 31);
      const { swarm, link } = await heldBy(1, bytes);
      setLine(swarm, 0, 1, line(mbit));
      const result = await fetched(swarm, link);
      expect(result.bytes).toEqual(bytes);
      expect(result.received).toBeLessThan(1.12 * size); // headers, losses of slow start
    }
  }, TIMEOUT_MS);

  test("a holder at 1 Mbit/s beside one at 100 costs no time and few bytes", async () => {
    const bytes = noise(8 * MIB, 32);
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
  }, TIMEOUT_MS);

  test("two holders at 20 Mbit/s are nearly twice as fast as one", async () => {
    const bytes = noise(8 * MIB, 33);
    const alone = await heldBy(1, bytes);
    setLine(alone.swarm, 0, 1, line(20));
    const one = await fetched(alone.swarm, alone.link);
    const { swarm, link } = await heldBy(2, bytes);
    for (const from of [0, 1]) setLine(swarm, from, 2, line(20));
    const two = await fetched(swarm, link);
    expect(two.bytes).toEqual(bytes);
    expect(two.ms).toBeLessThan(0.7 * one.ms);
    expect(two.received).toBeLessThan(1.15 * bytes.length);
  }, TIMEOUT_MS);

  test(
    "a holder that falls silent in mid-fetch is overtaken before it counts as stalled",
    async () => {
      const bytes = noise(12 * MIB, 34);
      const { swarm, link } = await heldBy(3, bytes);
      for (const from of [0, 1, 2]) setLine(swarm, from, 3, line(40));
      const meta = parseMetaId(link);
      if (meta === undefined) throw new Error("no link");
      const file = await swarm.run(nodeAt(swarm, 3).resolve(meta, []));
      if (file.kind !== "file") throw new Error("no file");
      const read = async (): Promise<{ whole: Uint8Array; gapMs: number }> => {
        const parts: Uint8Array[] = [];
        let at = 0, gapMs = 0, last = swarm.clock.now();
        for await (const piece of file.read(0, file.size)) {
          gapMs = Math.max(gapMs, swarm.clock.now() - last);
          last = swarm.clock.now();
          parts.push(piece);
          const isHere = at < 4 * MIB && at + piece.length >= 4 * MIB;
          if (isHere) swarm.network.isolate(swarm.machines[1]?.ip ?? "");
          at += piece.length;
        }
        return { whole: new Uint8Array(Buffer.concat(parts)), gapMs };
      };
      const { whole, gapMs } = await swarm.run(read(), LIMIT_MS);
      expect(whole).toEqual(bytes);
      expect(gapMs).toBeLessThan(HOLDER_STALL_MS / 2);
    },
    TIMEOUT_MS,
  );

  test("a holder of the first part of a file is not asked in vain for the rest", async () => {
    const bytes = noise(24 * MIB, 35);
    const swarm = await smallSwarm(3);
    const { link } = await swarm.run(publishBytes(nodeAt(swarm, 0), "f", bytes), LIMIT_MS);
    const meta = parseMetaId(link);
    if (meta === undefined) throw new Error("no link");
    const part = await swarm.run(nodeAt(swarm, 1).resolve(meta, []));
    if (part.kind !== "file") throw new Error("no file");
    await swarm.run(readAll(part, 0, 3 * MIB), LIMIT_MS);
    await swarm.clock.advanceSettled(5_000);
    for (const from of [0, 1]) setLine(swarm, from, 2, line(100));
    const { bytes: got } = await fetched(swarm, link);
    expect(got).toEqual(bytes);
    const metrics = await nodeAt(swarm, 1).metricsText();
    const refused = Number(/^skerry_refused_fetches_total (\d+)$/m.exec(metrics)?.[1]);
    expect(refused).toBeLessThanOrEqual(8); // what was under way before the first answer
  }, TIMEOUT_MS);
});
