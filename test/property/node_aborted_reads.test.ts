import fc from "fast-check";
import { sliceHashesOf } from "../../src/content/mod.ts";
import { sha1 } from "../../src/crypto/mod.ts";
import { asChunkId, assert, equalBytes, SeededRandom, toHex } from "../../src/lib/mod.ts";
import type { ProvenChunk } from "../../src/node/fetch/active_fetch.ts";
import { ChunkFetcher } from "../../src/node/fetch/chunk_fetcher.ts";
import { FileReader } from "../../src/node/read/file_reader.ts";
import { FRESH_MEMORY } from "../../src/node/read/piece_buffers.ts";
import { ObjectFetcher } from "../../src/node/fetch/object_fetcher.ts";
import { CollisionGuard } from "../../src/node/keep/collision_guard.ts";
import { ObjectSource } from "../../src/node/read/object_source.ts";
import { type Behaviour, holder } from "../support/fake_transport.ts";
import { FetchFixture, NotingJudge } from "../support/fetch_fixture.ts";
import { expect, test } from "../support/harness.ts";

const CHUNK_BYTES = 2 ** 20;
const CONTENT = new Uint8Array(3 * CHUNK_BYTES + 70_000);
new SeededRandom(11).fill(CONTENT);
const CHUNKS = [0, 1, 2, 3].map((i) => {
  const bytes = CONTENT.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
  const id = asChunkId(sha1(bytes));
  return { bytes, proven: { id, length: bytes.length, sliceHashes: sliceHashesOf(bytes) } };
});
const OBJECTS = new Map(CHUNKS.map(({ bytes, proven }) => [toHex(proven.id), bytes]));
function provenAt(index: number): ProvenChunk {
  const chunk = CHUNKS[index];
  assert(chunk !== undefined, `chunk ${index} of ${CHUNKS.length}`);
  return chunk.proven;
}
const FILE = {
  size: CONTENT.length,
  fileKeys: [new Uint8Array(20).fill(1)],
  chunk: (index: number) => Promise.resolve(provenAt(index)),
};

const behaviour = fc.constantFrom<Behaviour>(
  ...["serve", "slow", "lie", "unknown", "silent", "unreachable"] as const,
);
/** When a reader leaves, in turns of the loop; whether it reads a file or one object. */
const reader = fc.record({ leavesAfter: fc.nat(12), isObject: fc.boolean(), at: fc.nat(3) });

function world(holders: readonly Behaviour[]) {
  const base = new FetchFixture(holders.map((how, i) => holder(i + 1, how, OBJECTS)));
  const judge = new NotingJudge();
  const { transport, requests, holders: directory, holdings, buffers, clock } = base;
  const doors = { transport, requests, holders: directory, wake: () => {} };
  const { suspect, convict } = judge;
  const hooks = { keep: () => Promise.resolve(true), suspect, convict };
  const chunks = new ChunkFetcher({ ...doors, holdings, buffers, now: clock.now, hooks });
  const objects = new ObjectFetcher({ ...doors, buffers, clock, blame: () => {} });
  base.parts.push(objects, chunks);
  const store = {
    lengthOf: () => undefined,
    isAlias: () => false,
    read: () => Promise.resolve(false),
    lend: () => undefined,
    readNow: () => false,
    readProven: () => Promise.resolve(false),
    put: () => Promise.resolve("stored" as const),
  };
  const told = { onKept: () => {}, onKeepFailed: () => {} };
  const source = new ObjectSource(store, objects, clock, new CollisionGuard(() => {}), told);
  return { base, chunks, source, files: new FileReader(store, chunks, clock, FRESH_MEMORY) };
}

test("law: when all readers have left, nothing is open, armed, leased or waited for", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(behaviour, { minLength: 0, maxLength: 4 }),
      fc.array(reader, { minLength: 1, maxLength: 12 }),
      async (holders, readers) => {
        const { base, chunks, source, files } = world(holders);
        let wrong = 0;
        const leaving = readers.map(({ leavesAfter, isObject, at }) => {
          const abort = new AbortController();
          const options = { signal: abort.signal };
          const read = async (): Promise<void> => {
            if (isObject) await source.chunk(provenAt(at).id, options);
            else {
              for await (const piece of files.read(FILE, at, FILE.size, options)) {
                if (!isOfContent(piece)) wrong++;
              }
            }
          };
          const done = read().catch(() => {});
          return { abort, leavesAfter, done };
        });
        for (let turn = 0; turn <= 12; turn++) {
          for (const { abort, leavesAfter } of leaving) if (leavesAfter === turn) abort.abort();
          base.transport.letSlowOnesSend(5);
          base.clock.advance(300);
          await base.settle(2);
        }
        await Promise.all(leaving.map(({ done }) => done));
        await base.settle(4);
        expect({
          wrong,
          open: base.requests.openCount,
          timers: base.clock.armed,
          fetches: chunks.activeCount,
          buffers: base.buffers.takenCount,
          sets: [...FILE.fileKeys, ...CHUNKS.map(({ proven }) => proven.id)]
            .filter((key) => base.holders.known(key)?.isInUse === true).length,
        }).toEqual({ wrong: 0, open: 0, timers: 0, fetches: 0, buffers: 0, sets: 0 });
      },
    ),
    { numRuns: 25 },
  );
}, 60_000);

function isOfContent(piece: Uint8Array): boolean {
  const at = Buffer.from(CONTENT.buffer).indexOf(piece.subarray(0, 32));
  return piece.length > 0 && at >= 0 &&
    equalBytes(CONTENT.subarray(at, at + piece.length), piece);
}
