import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChunkId, fromHex, randomBelow, SeededRandom, toHex } from "../../../src/lib/mod.ts";
import type { StoreEvent } from "../../../src/node/keep/store_event.ts";
import { type NodeStore, openNodeStore } from "../../../src/node/keep/node_store.ts";
import { openBunSqlite } from "../../../src/runtime/bun/sqlite.ts";
import { openBlobFilesWith } from "../../../src/runtime/shared/blob_files.ts";
import { systemClock } from "../../../src/runtime/shared/clock.ts";
import { workerUrl } from "../../../src/workers.ts";
import { afterAll, beforeAll, expect, test } from "../../support/harness.ts";

const MIB = 2 ** 20;
const QUOTA_BYTES = 48 * MIB; // small, so that slots are evicted and reused all the time
const PIN_BYTES = 16 * MIB;
const CYCLES = Number(process.env["SKERRY_CRASH_CYCLES"] ?? 15);
const CHILD = new URL("./store_crash_child.ts", import.meta.url).pathname;

let folder = "";
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "skerry-crash-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the child until it is killed `afterMs` after it was started, or had stored something.
 * @returns what it had said by then, a line each. */
async function killedRun(run: number, afterMs: number, fromStored: boolean): Promise<string[]> {
  const args = [CHILD, folder, run, QUOTA_BYTES, PIN_BYTES].map(String);
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  const kill = (): void => void setTimeout(() => child.kill("SIGKILL"), afterMs);
  let isDoomed = !fromStored;
  if (isDoomed) kill();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (isDoomed || !said.includes("ed ")) return; // pinned or stored
    isDoomed = true;
    kill();
  });
  await new Promise((ended) => child.stdout.on("close", ended));
  return said.split("\n").slice(0, -1); // behind the last line break lies a torn line
}

async function openStore(): Promise<{ store: NodeStore; events: StoreEvent[] }> {
  const events: StoreEvent[] = [];
  const store = await openNodeStore({
    openSqlite: openBunSqlite,
    openBlobFiles: openBlobFilesWith(() => new Worker(workerUrl("storeOnBun"), { type: "module" })),
    clock: systemClock,
    dataDir: folder,
    networkId: new Uint8Array([1, 2, 3, 4]),
    publicKey: new Uint8Array(32),
    quotaBytes: QUOTA_BYTES,
    onEvent: (event) => void events.push(event),
  });
  return { store, events };
}

/** Reads all that the index names. @returns the ids, each proven by this test itself. */
async function provenIds({ chunks }: NodeStore): Promise<Set<string>> {
  const proven = new Set<string>();
  let after: ChunkId | undefined;
  for (;;) {
    const page = chunks.ids(after, 100);
    if (page.length === 0) return proven;
    for (const { id } of page) {
      const into = new Uint8Array(chunks.lengthOf(id) ?? 0);
      expect(await chunks.read(id, 0, into)).toBe(true);
      expect(createHash("sha1").update(into).digest("hex")).toBe(toHex(id));
      proven.add(toHex(id));
    }
    after = page.at(-1)?.id;
  }
}

async function diskBytes(): Promise<number> {
  let total = 0;
  for (const name of await readdir(join(folder, "store"))) {
    if (name.startsWith("index.db")) continue;
    total += (await stat(join(folder, "store", name))).blocks * 512;
  }
  return total;
}

test(`what was acknowledged survives kill -9, ${CYCLES} times`, async () => {
  const random = new SeededRandom(Date.now());
  let acknowledged = 0;
  for (let run = 0; run < CYCLES; run++) {
    const fromStored = run % 4 !== 0; // every fourth one may die while it opens
    const lines = await killedRun(run, 5 + randomBelow(random, 496), fromStored);
    const said = (word: string) =>
      lines.filter((line) => line.startsWith(`${word} `)).map((line) =>
        line.slice(word.length + 1)
      );
    expect(said("error")).toEqual([]);
    expect(said("event")).toEqual([]);
    const pinned = said("pinned");
    acknowledged += pinned.length + said("stored").length;

    const { store, events } = await openStore();
    const proven = await provenIds(store);
    expect(pinned.filter((id) => !proven.has(id))).toEqual([]);
    expect(events.filter(({ kind }) => kind !== "chunks_evicted")).toEqual([]);
    expect(store.chunks.usage().chunks).toBe(proven.size);
    expect(await diskBytes()).toBeLessThanOrEqual(QUOTA_BYTES + MIB);
    for (const hex of proven) {
      const id = fromHex(hex) as ChunkId;
      expect(store.publications.isListed(id)).toBe(store.chunks.isPinned(id));
    }
    const listed = store.publications.objects(run, 10_000); // room for the next run
    await store.chunks.unpin(listed, (id) => store.publications.removeObject(run, id));
    await store.close();
  }
  expect(acknowledged).toBeGreaterThanOrEqual(CYCLES / 2);
}, CYCLES * 20_000);
