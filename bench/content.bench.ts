/** How fast bytes become chunks, trees and manifests, and how fast slices are proven. In memory:
 * what disks and stores cost is measured elsewhere. Run: `make bench-content`. */
import {
  CHUNK_BYTES,
  chunkEntryOf,
  ChunkSplitter,
  FileManifestBuilder,
  HASH_BYTES,
  SLICE_BYTES,
  sliceHashesOf,
  verifySlice,
} from "../src/content/mod.ts";
import { usePrimitives } from "../src/crypto/mod.ts";
import { SeededRandom } from "../src/lib/mod.ts";
import { MemoryStore } from "../test/support/memory_store.ts";
import { publisherOf } from "../test/support/publisher.ts";
import { nativePrimitives } from "../src/runtime/shared/native_primitives.ts";
import { MemoryFiles } from "../test/support/memory_files.ts";
import { report } from "./report.ts";

const RUNS = 7;
const CHUNKS = 64;

usePrimitives(nativePrimitives);
const contents = new Uint8Array(CHUNKS * CHUNK_BYTES);
new SeededRandom(1).fill(contents);

/** Pieces of 64 KiB, as a socket gives them, to a finished manifest. */
function hashFile(): void {
  const builder = new FileManifestBuilder({ name: "bench", mime: "" });
  const buffer = new Uint8Array(CHUNK_BYTES);
  const splitter = new ChunkSplitter(() => buffer);
  for (let at = 0; at < contents.length; at += SLICE_BYTES) {
    for (const chunk of splitter.push(contents.subarray(at, at + SLICE_BYTES))) {
      builder.add(chunkEntryOf(chunk));
    }
  }
  builder.finish();
}

const sliceHashes: Uint8Array[] = [];
for (let at = 0; at < contents.length; at += CHUNK_BYTES) {
  sliceHashes.push(sliceHashesOf(contents.subarray(at, at + CHUNK_BYTES)));
}

function verifyFile(): void {
  for (const [chunk, hashes] of sliceHashes.entries()) {
    for (let slice = 0; slice < hashes.length / HASH_BYTES; slice++) {
      const at = chunk * CHUNK_BYTES + slice * SLICE_BYTES;
      if (!verifySlice(contents.subarray(at, at + SLICE_BYTES), hashes, slice)) {
        throw new Error(`slice ${slice} of chunk ${chunk} is not proven`);
      }
    }
  }
}

function megabytesPerSecond(work: () => void): number {
  const started = performance.now();
  work();
  return contents.length / 1e6 / ((performance.now() - started) / 1_000);
}

/** Longest time that the event loop did not turn while a file was published, ms. */
async function longestStallMs(): Promise<number> {
  const { service } = publisherOf(new MemoryFiles({ "/f": contents }), new MemoryStore());
  let longest = 0;
  let last = performance.now();
  let isRunning = true;
  const watch = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (isRunning) setImmediate(watch);
  };
  watch();
  await service.publishPath("/f");
  isRunning = false;
  return longest;
}

for (const warmUp of [hashFile, verifyFile]) warmUp();
const samples = (work: () => void) => Array.from({ length: RUNS }, () => megabytesPerSecond(work));
report("content.split_hash_tree_mb_s", "MB/s", samples(hashFile));
report("content.verify_slices_mb_s", "MB/s", samples(verifyFile));
const stalls: number[] = [];
for (let run = 0; run < RUNS; run++) stalls.push(await longestStallMs());
report("content.publish_stall_ms", "ms", stalls);
