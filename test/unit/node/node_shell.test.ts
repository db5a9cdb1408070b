import { locatorOf } from "../../../src/content/mod.ts";
import { parseChunkId, parseMetaId } from "../../../src/lib/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";
import {
  fetchFile,
  nodeAt,
  noise,
  publishBytes,
  readAll,
  smallSwarm,
} from "../../support/small_swarm.ts";

const ABSENT = parseChunkId("00112233445566778899aabbccddeeff00112233");

describe("NodeShell", () => {
  test("a lone node is ready, and has nobody to ask for what it has not", async () => {
    const swarm = await smallSwarm(1);
    const node = nodeAt(swarm, 0);
    expect(node.readiness()).toEqual({ ready: true });
    expect((await node.status()).firstNode).toBe(true);
    if (ABSENT === undefined) throw new Error("bad fixture");
    const asking = swarm.run(node.openChunk(ABSENT).catch((error) => error.code));
    expect(await asking).toBe("NO_PEERS");
  });

  test("nobody has it: CHUNK_NOT_FOUND well within two seconds", async () => {
    const swarm = await smallSwarm(4);
    const begun = swarm.clock.now();
    const meta = parseMetaId("00112233445566778899aabbccddeeff00112233");
    if (ABSENT === undefined || meta === undefined) throw new Error("bad fixture");
    const node = nodeAt(swarm, 3);
    const codes = Promise.all([
      node.openChunk(ABSENT).then(() => "", (error) => error.code),
      node.resolve(meta, []).then(() => "", (error) => error.code),
      node.statChunk(ABSENT).then(() => "", (error) => error.code),
    ]);
    expect(await swarm.run<unknown>(codes)).toEqual(Array(3).fill("CHUNK_NOT_FOUND"));
    expect(swarm.clock.now() - begun).toBeLessThan(2_000);
  });

  test("every chunk answers on its own, and its length without it", async () => {
    const swarm = await smallSwarm(3);
    const bytes = noise(1_300_000, 2);
    const published = await swarm.run(publishBytes(nodeAt(swarm, 0), "", bytes));
    await swarm.clock.advanceSettled(3_000);
    const id = parseChunkId(published.chunkIds[1] ?? "");
    if (id === undefined) throw new Error("no second chunk");
    const reader = nodeAt(swarm, 2);
    expect((await swarm.run(reader.statChunk(id))).size).toBe(1_300_000 - 2 ** 20);
    expect((await reader.status()).store.chunks).toBe(0);
    const chunk = await swarm.run(reader.openChunk(id));
    expect(await readAll(chunk)).toEqual(bytes.subarray(2 ** 20));
    expect(chunk.timings.source).toBe("peer");
    await swarm.clock.advanceSettled(100); // the reader did not wait for the disk
    const again = await swarm.run(reader.openChunk(id, { localOnly: true }));
    expect(again.timings.source).toBe("local");
  });

  test("a manifest's second name is no chunk's, for GET and for HEAD, near and far", async () => {
    const swarm = await smallSwarm(3);
    const published = await swarm.run(publishBytes(nodeAt(swarm, 0), "", noise(200_000, 3)));
    await swarm.clock.advanceSettled(3_000);
    const meta = parseMetaId(published.link), plain = parseChunkId(published.meta);
    if (meta?.kind !== "strong" || plain === undefined) throw new Error("no link");
    const locator = locatorOf(meta.id);
    for (const index of [0, 2]) {
      const node = nodeAt(swarm, index);
      const codes = [node.openChunk(locator), node.statChunk(locator)].map((asking) =>
        asking.then(() => "", (error) => error.code)
      );
      expect(await swarm.run(Promise.all(codes))).toEqual(["CHUNK_NOT_FOUND", "CHUNK_NOT_FOUND"]);
      expect((await swarm.run(node.statChunk(plain))).size).toBeGreaterThan(0);
    }
  });

  test("a confirmation asked for where nobody is: an error at once, and the link", async () => {
    const swarm = await smallSwarm(1);
    const node = nodeAt(swarm, 0);
    const begun = swarm.clock.now();
    const publishing = publishBytes(node, "x", noise(100, 5), { waitHolders: 1 });
    const error = await swarm.run(publishing.then(() => new Error(), (reason) => reason));
    expect(error).toMatchObject({ code: "NO_PEERS" });
    expect(swarm.clock.now() - begun).toBeLessThan(1_000);
    const link = /[a-z2-7]{52}/.exec(error.message)?.[0] ?? "";
    expect(await swarm.run(fetchFile(node, link))).toEqual(noise(100, 5));
  });

  test("fewer holders than asked for: the error names the link, which is published", async () => {
    const swarm = await smallSwarm(2);
    const node = nodeAt(swarm, 0);
    const publishing = publishBytes(node, "x", noise(100, 5), { waitHolders: 2 });
    const failing = publishing.then(() => undefined, (reason) => reason);
    await swarm.clock.advanceSettled(30_000); // it is given a minute
    const error = await swarm.run(failing);
    expect(error).toMatchObject({ code: "LOOKUP_TIMED_OUT" });
    expect(error.message).toContain("Only 1 of 2 nodes");
    const link = /\b([a-z2-7]{52}) is published on this node/.exec(error.message)?.[1] ?? "";
    const meta = parseMetaId(link);
    expect(meta === undefined ? undefined : node.isOwn(meta)).toBe(true);
    expect(await swarm.run(fetchFile(nodeAt(swarm, 1), link))).toEqual(noise(100, 5));
  });

  test("own content is told from cached content", async () => {
    const swarm = await smallSwarm(2);
    const published = await swarm.run(publishBytes(nodeAt(swarm, 0), "a.txt", noise(100_000, 3)));
    await swarm.run(fetchFile(nodeAt(swarm, 1), published.link));
    for (const text of [published.link, published.meta]) {
      const meta = parseMetaId(text);
      if (meta === undefined) throw new Error("no meta");
      expect(nodeAt(swarm, 0).isOwn(meta)).toBe(true);
      expect(nodeAt(swarm, 1).isOwn(meta)).toBe(false);
    }
  });

  test("status, peers, store and metrics tell of the same traffic", async () => {
    const swarm = await smallSwarm(2);
    const published = await swarm.run(publishBytes(nodeAt(swarm, 0), "x", noise(200_000, 4)));
    const node = nodeAt(swarm, 1);
    await swarm.run(fetchFile(node, published.link));
    await swarm.clock.advanceSettled(500);
    const status = await node.status();
    expect(status.peers).toBe(1);
    expect(status.routingTable.contacts).toBe(1);
    expect(status.traffic.receivedBytes).toBeGreaterThan(200_000);
    expect(status.store.chunks).toBe((await node.storeEntries(100)).length);
    expect(node.peers()[0]?.nodeId).toBe(nodeAt(swarm, 0).info.nodeIdHex);
    const text = await node.metricsText();
    expect(text).toContain(`skerry_udp_received_bytes_total ${status.traffic.receivedBytes}`);
    expect(text).toContain("skerry_peers 1");
  });

  test("after stop, new work is refused and others see the session end", async () => {
    const swarm = await smallSwarm(2);
    const node = nodeAt(swarm, 0);
    await swarm.run(node.stop());
    await swarm.run(node.stop());
    expect(node.readiness()).toEqual({ ready: false, reason: "draining" });
    await expect(publishBytes(node, "x", noise(10, 5))).rejects.toMatchObject({ code: "DRAINING" });
    await swarm.clock.advanceSettled(200);
    expect(nodeAt(swarm, 1).peers()).toEqual([]);
  });
});
