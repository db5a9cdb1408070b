/** The durable store, as a node uses it: 1 MiB chunks through ChunkStore onto the disk below
 * --dir (default: the system's temporary folder), synced before they are acknowledged.
 * Run on Bun, or on Deno with --allow-all. Options: --chunks N (per run), --runs N, --dir PATH. */
import { randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { asChunkId, type ChunkId } from "../src/lib/mod.ts";
import { sha1, usePrimitives } from "../src/crypto/mod.ts";
import { type NodeStore, openNodeStore } from "../src/node/keep/node_store.ts";
import type { OpenSqlite } from "../src/ports/mod.ts";
import { openBlobFilesWith } from "../src/runtime/shared/blob_files.ts";
import { systemClock } from "../src/runtime/shared/clock.ts";
import { nativePrimitives } from "../src/runtime/shared/native_primitives.ts";
import { workerUrl } from "../src/workers.ts";
import { quantile, report } from "./report.ts";

const MIB = 2 ** 20;
const SLICE_BYTES = 65_536;
/** Enough to keep the disk busy; more only wait for each other, and their latency says so. */
const WRITERS = 4;
const READERS = 8;
const SMALL_BYTES = 32_768;

const { values } = parseArgs({
  options: {
    chunks: { type: "string", default: "1024" },
    runs: { type: "string", default: "5" },
    dir: { type: "string", default: tmpdir() },
  },
});
const chunkCount = Number(values.chunks);

usePrimitives(nativePrimitives);
const isBun = process.versions.bun !== undefined;
const openSqlite: OpenSqlite = isBun
  ? (await import("../src/runtime/bun/sqlite.ts")).openBunSqlite
  : (await import("../src/runtime/deno/sqlite.ts")).openDenoSqlite;
const openBlobFiles = openBlobFilesWith(() =>
  new Worker(workerUrl(isBun ? "storeOnBun" : "storeOnDeno"), { type: "module" })
);

const openIn = (dataDir: string, quotaBytes: number): Promise<NodeStore> =>
  openNodeStore({
    openSqlite,
    openBlobFiles,
    clock: systemClock,
    dataDir,
    networkId: new Uint8Array(4),
    publicKey: new Uint8Array(32),
    quotaBytes,
    onEvent: (event) => {
      if (event.kind !== "chunks_evicted") console.error(event);
    },
  });

/** Gaps between turns of the event loop beyond the 1 ms that was asked for. */
class StallMeter {
  #maxMs = 0;
  #last = performance.now();
  readonly #timer = setInterval(() => {
    const now = performance.now();
    this.#maxMs = Math.max(this.#maxMs, now - this.#last - 1);
    this.#last = now;
  }, 1);

  stop(): number {
    clearInterval(this.#timer);
    return this.#maxMs;
  }
}

/** Runs `deed` so often, `width` at a time. @returns the ms that each took, sorted, and all. */
async function timeAll(count: number, width: number, deed: (n: number) => Promise<unknown>) {
  const each: number[] = [];
  let next = 0;
  const begun = performance.now();
  await Promise.all(Array.from({ length: width }, async () => {
    while (next < count) {
      const before = performance.now();
      await deed(next++);
      each.push(performance.now() - before);
    }
  }));
  const totalMs = performance.now() - begun;
  return { each: each.sort((a, b) => a - b), totalMs };
}

/** Chunks that differ, made before the clock runs: the store is measured, not their making. */
function makeChunks(count: number, length: number): { id: ChunkId; bytes: Uint8Array }[] {
  return Array.from({ length: count }, (_, n) => {
    const bytes = new Uint8Array(length);
    randomFillSync(bytes, 0, Math.min(length, 4096));
    new DataView(bytes.buffer).setUint32(0, n);
    return { id: asChunkId(Uint8Array.from(sha1(bytes))), bytes };
  });
}

const figures = new Map<string, { unit: string; samples: number[] }>();
const note = (name: string, unit: string, sample: number): void => {
  const figure = figures.get(name) ?? { unit, samples: [] };
  figure.samples.push(sample);
  figures.set(name, figure);
};

async function measureWrites(
  name: string,
  store: NodeStore,
  chunks: ReturnType<typeof makeChunks>,
) {
  const meter = new StallMeter();
  const { each, totalMs } = await timeAll(chunks.length, WRITERS, (n) => {
    const chunk = chunks[n];
    if (chunk === undefined) throw new RangeError("more writes than chunks");
    return store.chunks.put(chunk.id, chunk.bytes, { pinned: false });
  });
  note(`store.${name}_stall_max_ms`, "ms", meter.stop());
  note(`store.${name}_mb_s`, "MB/s", chunks.length * MIB / totalMs / 1000);
  note(`store.${name}_p50_ms`, "ms", quantile(each, 0.5));
  note(`store.${name}_p99_ms`, "ms", quantile(each, 0.99));
}

async function measureReads(store: NodeStore, ids: readonly ChunkId[]): Promise<void> {
  const buffers = Array.from({ length: READERS }, () => new Uint8Array(SLICE_BYTES));
  const count = Math.min(32_768, ids.length * 16);
  const reads = await timeAll(count, READERS, (n) => {
    const id = ids[(n * 7919) % ids.length];
    const into = buffers[n % READERS];
    if (id === undefined || into === undefined) throw new RangeError("nothing to read");
    return store.chunks.read(id, SLICE_BYTES * (n % 16), into);
  });
  note("store.read_64k_gb_s", "GB/s", count * SLICE_BYTES / reads.totalMs / 1e6);
  note("store.read_64k_p99_ms", "ms", quantile(reads.each, 0.99));
}

async function measureSmall(store: NodeStore): Promise<void> {
  const objects = makeChunks(512, SMALL_BYTES);
  const { each, totalMs } = await timeAll(objects.length, WRITERS, (n) => {
    const object = objects[n];
    if (object === undefined) throw new RangeError("more writes than objects");
    return store.chunks.put(object.id, object.bytes, { pinned: true });
  });
  note("store.small_put_per_s", "1/s", objects.length / totalMs * 1000);
  note("store.small_put_p99_ms", "ms", quantile(each, 0.99));
}

for (let run = 0; run < Number(values.runs); run++) {
  const dataDir = mkdtempSync(join(values.dir, "skerry-bench-"));
  try {
    const chunks = makeChunks(chunkCount, MIB);
    const store = await openIn(dataDir, 2 * chunkCount * MIB);
    await measureWrites("write", store, chunks);
    await measureReads(store, chunks.map(({ id }) => id));
    await measureSmall(store);
    await store.close();
    const begun = performance.now();
    const again = await openIn(dataDir, chunkCount * MIB / 2 + 64 * MIB);
    note("store.open_ms", "ms", performance.now() - begun);
    await again.chunks.writeRows(() => {}); // the lowered quota is being reached; do not time that
    for (;;) {
      const { bytes, quotaBytes } = again.chunks.usage();
      if (bytes <= quotaBytes) break;
      await new Promise((done) => setTimeout(done, 10));
    }
    await measureWrites("evicting_write", again, makeChunks(chunkCount / 2, MIB));
    await again.close();
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
for (const [name, { unit, samples }] of figures) report(name, unit, samples);
