/** Puts chunks into a store as fast as it can and says which were acknowledged, until it is killed.
 * Arguments: data directory, number of this run, quota bytes, bytes it may pin. */
import { writeSync } from "node:fs";
import { sha1, usePrimitives } from "../../../src/crypto/mod.ts";
import { asChunkId, SeededRandom, type SkerryError, toHex } from "../../../src/lib/mod.ts";
import { openNodeStore } from "../../../src/node/keep/node_store.ts";
import { openBunSqlite } from "../../../src/runtime/bun/sqlite.ts";
import { openBlobFilesWith } from "../../../src/runtime/shared/blob_files.ts";
import { systemClock } from "../../../src/runtime/shared/clock.ts";
import { nativePrimitives } from "../../../src/runtime/shared/native_primitives.ts";
import { workerUrl } from "../../../src/workers.ts";

/** Enough to keep the disk busy: a kill shall find writes under way. */
const WRITERS = 16;

usePrimitives(nativePrimitives);
const [dataDir = "", run = "0", quotaBytes = "0", pinBytes = "0"] = process.argv.slice(2);
/** A pipe keeps what was written to it when its writer is killed. */
const say = (line: string): void => void writeSync(1, `${line}\n`);

const { chunks, publications } = await openNodeStore({
  openSqlite: openBunSqlite,
  openBlobFiles: openBlobFilesWith(() => new Worker(workerUrl("storeOnBun"), { type: "module" })),
  clock: systemClock,
  dataDir,
  networkId: new Uint8Array([1, 2, 3, 4]),
  publicKey: new Uint8Array(32),
  quotaBytes: Number(quotaBytes),
  onEvent: (event) => {
    if (event.kind !== "chunks_evicted") say(`event ${event.kind}`);
  },
});
say("ready");

const random = new SeededRandom(Number(run));
const noise = new Uint8Array(2 ** 20);
random.fill(noise);
let pinnedBytes = 0;
let seed = Number(run) * 100_000;

async function write(): Promise<void> {
  for (;;) {
    const isSmall = random.u32() % 3 === 0;
    const length = 4 + random.u32() % (isSmall ? 65_536 : 2 ** 20);
    const bytes = noise.slice(0, length);
    new DataView(bytes.buffer).setUint32(0, ++seed);
    const id = asChunkId(sha1(bytes));
    const pinned = pinnedBytes + length <= Number(pinBytes) && random.u32() % 2 === 0;
    if (pinned) pinnedBytes += length;
    try {
      const onPinned = () => publications.addObject(Number(run), id);
      await chunks.put(id, bytes, { pinned, ...(pinned && { onPinned }) });
      say(`${pinned ? "pinned" : "stored"} ${toHex(id)}`);
      await chunks.read(id, 0, new Uint8Array(length));
    } catch (error) {
      say(`error ${(error as SkerryError).message}`);
    }
  }
}

await Promise.all(Array.from({ length: WRITERS }, write));
