import { buildInlineFile, CHUNK_BYTES, chunkEntryOf } from "../../../src/content/mod.ts";
import { concatBytes, toHex, utf8 } from "../../../src/lib/mod.ts";
import { isAwaited } from "../../../src/node/content_services.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { fetchFile, nodeAt, noise, publishBytes, smallSwarm } from "../../support/small_swarm.ts";

describe("content services", () => {
  test("who waits for a manifest or a raw chunk is waited for as who reads a file", () => {
    const active = (activeCount: number) => ({ activeCount });
    expect(isAwaited({ fetcher: active(0), objectFetcher: active(0) })).toBe(false);
    expect(isAwaited({ fetcher: active(1), objectFetcher: active(0) })).toBe(true);
    expect(isAwaited({ fetcher: active(0), objectFetcher: active(1) })).toBe(true);
  });

  test("a holder whose disk rots: the right file arrives, the log names the liar", async () => {
    const swarm = await smallSwarm(3);
    const bytes = noise(1_500_000, 12);
    const published = await swarm.run(publishBytes(nodeAt(swarm, 0), "r", bytes));
    await swarm.run(fetchFile(nodeAt(swarm, 1), published.link));
    await swarm.clock.advanceSettled(5_000);
    for (const slot of swarm.machines[0]?.disk.slots.values() ?? []) {
      for (let at = 7; at < slot.length; at += 65_536) slot[at] = (slot[at] ?? 0) ^ 1;
    }
    expect(await swarm.run(fetchFile(nodeAt(swarm, 2), published.link))).toEqual(bytes);
    const log = swarm.machines[2]?.log ?? [];
    expect(log.filter(({ event }) => event === "slice_rejected").length).toBeGreaterThan(0);
    const blamed = log.filter(({ event }) => event === "peer_blamed");
    expect(blamed.map(({ fields }) => fields["verdict"])).toEqual(["distrusted"]);
  });

  test("a manifest that came as a file's chunk is known by its SHA-256 too", async () => {
    const swarm = await smallSwarm(2);
    const inner = buildInlineFile(utf8("inner"), { name: "", mime: "" });
    const outer = concatBytes(noise(CHUNK_BYTES, 15), inner.bytes);
    const published = await swarm.run(publishBytes(nodeAt(swarm, 0), "o", outer));
    expect(published.chunkIds).toContain(toHex(chunkEntryOf(inner.bytes).id));
    await swarm.run(fetchFile(nodeAt(swarm, 1), published.link));
    await swarm.clock.advanceSettled(1_000);
    const meta = { kind: "strong", id: inner.strongId } as const;
    for (const index of [0, 1]) {
      const found = await swarm.run(
        nodeAt(swarm, index).readManifest(meta, [], { localOnly: true }),
      );
      expect(found.bytes).toEqual(inner.bytes);
    }
  });

  test("a sole liar: an error soon, the log says so, and nobody is blamed yet", async () => {
    const swarm = await smallSwarm(3);
    const bytes = noise(1_500_000, 14);
    const published = await swarm.run(publishBytes(nodeAt(swarm, 0), "r", bytes));
    await swarm.clock.advanceSettled(3_000);
    for (const slot of swarm.machines[0]?.disk.slots.values() ?? []) {
      if (slot[7] !== undefined) slot[7] ^= 1;
    }
    const begun = swarm.clock.now();
    const reading = fetchFile(nodeAt(swarm, 2), published.link).then(() => "", ({ code }) => code);
    expect(await swarm.run(reading)).toBe("HOLDERS_FAILED");
    expect(swarm.clock.now() - begun).toBeLessThan(2_000);
    const log = swarm.machines[2]?.log ?? [];
    expect(log.some(({ event }) => event === "slice_rejected")).toBe(true);
    expect(log.some(({ event }) => event === "peer_blamed")).toBe(false);
  });
});
