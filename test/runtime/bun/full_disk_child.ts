/** Fills the disk below its data directory, then says what became of it, as one JSON line. */
import { writeFileSync } from "node:fs";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { sha1, usePrimitives } from "../../../src/crypto/mod.ts";
import { asChunkId, type ChunkId, equalBytes, type SkerryError } from "../../../src/lib/mod.ts";
import { openNodeStore } from "../../../src/node/keep/node_store.ts";
import { openBunSqlite } from "../../../src/runtime/bun/sqlite.ts";
import { openBlobFilesWith } from "../../../src/runtime/shared/blob_files.ts";
import { systemClock } from "../../../src/runtime/shared/clock.ts";
import { nativePrimitives } from "../../../src/runtime/shared/native_primitives.ts";
import { workerUrl } from "../../../src/workers.ts";

usePrimitives(nativePrimitives);
const [dataDir = ""] = process.argv.slice(2);
const ballast = join(dataDir, "ballast");
writeFileSync(ballast, new Uint8Array(2 ** 22));

const open = () =>
  openNodeStore({
    openSqlite: openBunSqlite,
    openBlobFiles: openBlobFilesWith(() => new Worker(workerUrl("storeOnBun"), { type: "module" })),
    clock: systemClock,
    dataDir,
    networkId: new Uint8Array(4),
    publicKey: new Uint8Array(32),
    quotaBytes: 2 ** 40, // far beyond the disk: only the disk says no
    onEvent: () => {},
  });

let store = await open();
const kept: { id: ChunkId; bytes: Uint8Array }[] = [];
const refusals: string[] = [];
let seed = 0;

async function put(length: number): Promise<void> {
  const bytes = new Uint8Array(length).fill(7);
  new DataView(bytes.buffer).setUint32(0, ++seed);
  const id = asChunkId(sha1(bytes));
  try {
    await store.chunks.put(id, bytes, { pinned: true });
    kept.push({ id, bytes });
  } catch (error) {
    refusals.push((error as SkerryError).code);
  }
}

async function countSound(): Promise<number> {
  let sound = 0;
  for (const { id, bytes } of kept) {
    const into = new Uint8Array(bytes.length);
    if (await store.chunks.read(id, 0, into) && equalBytes(into, bytes)) sound++;
  }
  return sound;
}

while (refusals.length < 8) await Promise.all([put(2 ** 20), put(2 ** 20), put(30_000)]);
const keptWhenFull = kept.length;
const soundWhenFull = await countSound();
rmSync(ballast);
const refusedBefore = refusals.length;
await put(2 ** 20);
await put(30_000);
const refusedAfter = refusals.length - refusedBefore;
await store.close();
store = await open();
const soundAfterwards = await countSound();
await store.close();
const codes = [...new Set(refusals)];
console.log(
  JSON.stringify({ codes, keptWhenFull, soundWhenFull, refusedAfter, soundAfterwards }),
);
