import { parseChunkId, parseMetaId } from "../../../../src/lib/mod.ts";
import type { ChunkStore } from "../../../../src/node/keep/chunk_store.ts";
import { loadDenylist, openDenial } from "../../../../src/node/denial/open_denial.ts";
import { VirtualClock } from "../../../sim/virtual_clock.ts";
import { expect, test } from "../../../support/harness.ts";
import { MemoryFiles } from "../../../support/memory_files.ts";
import {
  fetchFile,
  nodeAt,
  noise,
  publishBytes,
  smallSwarm,
} from "../../../support/small_swarm.ts";

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(() => "none", (error) => error.code);

test("a rule hides what is held, from readers and from other nodes; going shows it", async () => {
  const swarm = await smallSwarm(1);
  const files = new MemoryFiles({ "/deny": "# nothing yet\n" });
  const denier = swarm.addMachine();
  denier.localFiles = files;
  denier.denylist = ["/deny"];
  await swarm.run(denier.start(swarm.machines.slice(0, 1)));
  await swarm.clock.advanceSettled(3_000);
  const [reader, node] = [nodeAt(swarm, 0), nodeAt(swarm, 1)];
  const bytes = noise(90_000, 9);
  const published = await swarm.run(publishBytes(node, "f", bytes));
  const tags: string[] = [];
  node.watchDenyTags((some) => void tags.push(...some));
  const chunk = parseChunkId(published.chunkIds[0] ?? "");
  const meta = parseMetaId(published.link);
  if (chunk === undefined || meta === undefined) throw new Error("bad fixture");
  const subject = { kind: "path", meta, path: [] } as const;
  const rules = async (text: string): Promise<void> => {
    files.put("/deny", text);
    await swarm.clock.advanceSettled(3_000);
  };

  await rules(`/file/${published.link} gateway_status=451\n`);
  expect(node.denialOf(subject)?.code).toBe("DENIED_BY_LAW");
  expect(tags.length).toBe(1);
  expect(node.denyTagsOf(subject)).toContain(tags[0] ?? "");
  const { announce, denylist } = await node.status();
  expect([announce.keys, denylist?.rules]).toEqual([1, 1]); // its chunk has an id of its own
  for (const id of [published.link, published.meta]) {
    expect([id, await codeOf(swarm.run(fetchFile(node, id)))]).toEqual([id, "DENIED_BY_LAW"]);
    expect(await codeOf(swarm.run(fetchFile(reader, id)))).toMatch(/HOLDERS_FAILED|NOT_FOUND/);
  }

  await rules(`/chunk/${published.chunkIds[0]}\n`);
  expect(node.denialOf(subject)).toBeUndefined();
  expect(await codeOf(swarm.run(fetchFile(node, published.link)))).toBe("DENIED");
  expect(await codeOf(swarm.run(node.openChunk(chunk)))).toBe("DENIED");
  expect(await codeOf(swarm.run(node.statChunk(chunk)))).toBe("DENIED");
  expect(await codeOf(swarm.run(publishBytes(node, "again", bytes)))).toBe("DENIED");

  await rules("");
  await swarm.clock.advanceSettled(10_000); // the reader remembers that nobody had it
  expect(await swarm.run(fetchFile(node, published.link))).toEqual(bytes);
  expect(await swarm.run(fetchFile(reader, published.link))).toEqual(bytes);
});

test("a denied file is not had by its manifest's SHA-1 either, though others have it", async () => {
  const swarm = await smallSwarm(1);
  const files = new MemoryFiles({ "/deny": "# nothing yet\n" });
  const denier = swarm.addMachine();
  denier.localFiles = files;
  denier.denylist = ["/deny"];
  const others = swarm.machines.slice(0, 1);
  await swarm.run(denier.start(others));
  await swarm.clock.advanceSettled(3_000);
  const bytes = noise(1_000, 10);
  const published = await swarm.run(publishBytes(nodeAt(swarm, 0), "f", bytes));
  const id = parseChunkId(published.meta);
  const meta = parseMetaId(published.meta);
  if (id === undefined || meta === undefined) throw new Error("bad fixture");
  const asked = async (): Promise<string[]> => {
    const node = nodeAt(swarm, 1);
    const opened = await codeOf(swarm.run(node.openChunk(id)));
    await swarm.clock.advanceSettled(1_000);
    return [opened, await codeOf(swarm.run(node.statChunk(id)))];
  };
  expect(await swarm.run(fetchFile(nodeAt(swarm, 1), published.link))).toEqual(bytes);
  expect(await asked()).toEqual(["none", "none"]);

  files.put("/deny", `/file/${published.link}\n`);
  await swarm.clock.advanceSettled(3_000);
  expect(await nodeAt(swarm, 1).storeEntries(9)).toEqual([]);
  const subject = { kind: "path", meta, path: [] } as const;
  expect(nodeAt(swarm, 1).denialOf(subject)?.code).toBe("DENIED");
  expect(await asked()).toEqual(["DENIED", "DENIED"]);

  await swarm.run(denier.stop()); // and with it what it remembers of dropped objects
  await swarm.run(denier.start(others));
  await swarm.clock.advanceSettled(3_000);
  expect(nodeAt(swarm, 1).denialOf(subject)).toBeUndefined();
  expect(await asked()).toEqual(["DENIED", "DENIED"]);
  expect(await nodeAt(swarm, 1).storeEntries(9)).toEqual([]);
  expect(nodeAt(swarm, 1).denialOf(subject)?.code).toBe("DENIED");
});

test("what a rule has dropped is not announced any more, by either name", async () => {
  const swarm = await smallSwarm(1);
  const files = new MemoryFiles({ "/deny": "# nothing yet\n" });
  const denier = swarm.addMachine();
  denier.localFiles = files;
  denier.denylist = ["/deny"];
  const node = await swarm.run(denier.start(swarm.machines.slice(0, 1)));
  await swarm.clock.advanceSettled(3_000);
  const published = await swarm.run(publishBytes(nodeAt(swarm, 0), "f", noise(1_000, 10)));
  await swarm.run(fetchFile(node, published.link));
  await swarm.clock.advanceSettled(3_000);
  const announced = async () => (await node.status()).announce.keys;
  expect(await announced()).toBe(2);
  files.put("/deny", `/file/${published.link}\n`);
  await swarm.clock.advanceSettled(3_000);
  expect(await announced()).toBe(0);
});

test("stopping does not wait until all that is denied has gone", async () => {
  const clock = new VirtualClock();
  const localFiles = new MemoryFiles({ "/deny": `/chunk/${"00".repeat(20)}\n` });
  const ports = { clock, localFiles, logger: { log: () => {} } };
  const loaded = await clock.runPromise(loadDenylist(["/deny"], ports), { virtualMsMax: 1_000 });
  if (loaded === undefined) throw new Error("no list");
  const row = { id: new Uint8Array(20), alias: undefined, pinned: true };
  let pages = 0;
  const disk = {
    ids: () => ++pages > 1_000 ? [] : Array.from({ length: 500 }, () => row),
    dropCached: () => Promise.resolve(0),
  };
  const denial = openDenial(disk as unknown as ChunkStore, loaded, ports);
  let changes = 0;
  denial.start(() => void changes++);
  await denial.stop();
  expect([pages < 10, changes]).toEqual([true, 0]);
});

test("a node without a denylist has none; one it cannot read keeps it from starting", async () => {
  const swarm = await smallSwarm(1);
  const node = nodeAt(swarm, 0);
  const meta = parseMetaId("00112233445566778899aabbccddeeff00112233");
  if (meta === undefined) throw new Error("bad fixture");
  expect(node.denialOf({ kind: "path", meta, path: [] })).toBeUndefined();
  expect(node.denyTagsOf({ kind: "path", meta, path: [] })).toEqual([]);
  expect((await node.status()).denylist).toBeUndefined();
  const machine = swarm.addMachine();
  machine.localFiles = new MemoryFiles();
  machine.denylist = ["/none"];
  expect(await codeOf(swarm.run(machine.start([])))).toBe("FILE_UNREADABLE");
});
