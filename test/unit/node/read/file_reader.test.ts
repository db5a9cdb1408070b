import { sliceHashesOf } from "../../../../src/content/mod.ts";
import { sha1 } from "../../../../src/crypto/mod.ts";
import { asChunkId, type ChunkId, SeededRandom, toHex } from "../../../../src/lib/mod.ts";
import type { ProvenChunk } from "../../../../src/node/fetch/active_fetch.ts";
import { type ChunkedFile, FileReader } from "../../../../src/node/read/file_reader.ts";
import type { SliceProof } from "../../../../src/node/keep/slice_agreements.ts";
import { PieceBuffers } from "../../../../src/node/read/piece_buffers.ts";
import type { SlotAddress } from "../../../../src/ports/mod.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { type Behaviour, holder } from "../../../support/fake_transport.ts";
import { FetchFixture } from "../../../support/fetch_fixture.ts";

const MIB = 2 ** 20;
const SIZE = 12 * MIB + 70_000;
const BYTES = new Uint8Array(SIZE);
new SeededRandom(3).fill(BYTES);

const CHUNKS: ProvenChunk[] = [];
const OBJECTS = new Map<string, Uint8Array>();
for (let at = 0; at < SIZE; at += MIB) {
  const bytes = BYTES.subarray(at, at + MIB);
  const id = asChunkId(sha1(bytes));
  CHUNKS.push({ id, length: bytes.length, sliceHashes: sliceHashesOf(bytes) });
  OBJECTS.set(toHex(id), bytes);
}

function fixture(local: readonly number[], behaviour: Behaviour = "serve") {
  const base = new FetchFixture([holder(1, behaviour, OBJECTS)]);
  const here = new Map(local.map((i) => [toHex((CHUNKS[i] as ProvenChunk).id), i]));
  const damaged = new Set<string>();
  const stuck = new Set<string>();
  const cached = { isCached: false };
  const store = {
    lengthOf: (id: ChunkId) => here.has(toHex(id)) ? OBJECTS.get(toHex(id))?.length : undefined,
    lend: (): SlotAddress | undefined => undefined,
    readNow: ({ id }: Partial<SliceProof>, offset: number, into: Uint8Array) => {
      const bytes = cached.isCached && id !== undefined ? OBJECTS.get(toHex(id)) : undefined;
      if (bytes !== undefined) into.set(bytes.subarray(offset, offset + into.length));
      return bytes !== undefined;
    },
    readProven: ({ id }: SliceProof, offset: number, into: Uint8Array) => {
      const bytes = OBJECTS.get(toHex(id));
      if (stuck.has(toHex(id))) return new Promise<boolean>(() => {});
      if (bytes === undefined || damaged.has(toHex(id))) return Promise.resolve(false);
      into.set(bytes.subarray(offset, offset + into.length));
      return Promise.resolve(true);
    },
  };
  const fetcher = base.addFetcher();
  const opened: number[] = [];
  const file: ChunkedFile = {
    size: SIZE,
    fileKeys: [new Uint8Array(20).fill(1)],
    chunk(index) {
      opened.push(index);
      return Promise.resolve(CHUNKS[index] as ProvenChunk);
    },
  };
  const memory = new PieceBuffers(base.buffers);
  const reader = new FileReader(store, fetcher, base.clock, memory);
  return { base, file, reader, fetcher, opened, damaged, stuck, cached, memory };
}

async function collect(
  base: FetchFixture,
  pieces: AsyncIterable<Uint8Array>,
  keep = (piece: Uint8Array): Uint8Array => piece,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let isDone = false;
  const all = (async () => {
    for await (const piece of pieces) parts.push(keep(piece));
  })().finally(() => isDone = true);
  all.catch(() => {});
  for (let i = 0; i < 60 && !isDone; i++) await base.settle();
  await all;
  return new Uint8Array(Buffer.concat(parts));
}

describe("FileReader", () => {
  test("a file half here, half in the network is read in order and whole", async () => {
    const { base, file, reader, fetcher } = fixture([0, 3, 4, 12]);
    expect(await collect(base, reader.read(file, 0, SIZE))).toEqual(BYTES);
    expect(fetcher.started).toBe(9);
    expect(fetcher.activeCount).toBe(0);
  });

  test("pieces whose memory is used again are right until the next is asked for", async () => {
    const { base, file, reader, memory, damaged } = fixture([0, 3, 4, 12]);
    damaged.add(toHex((CHUNKS[3] as ProvenChunk).id));
    const pieces = reader.read(file, 5, SIZE, { reusePieces: true });
    const copied = await collect(base, pieces, (piece) => piece.slice());
    expect(Buffer.compare(copied, BYTES.subarray(5))).toBe(0);
    expect(memory.takenCount).toBe(0);
    expect(base.buffers.takenCount).toBe(0);
  });

  test("a reader that leaves amid a chunk gives all memory back", async () => {
    for (const local of [[], [0]]) {
      const { base, file, reader, memory } = fixture(local);
      const pieces = reader.read(file, 0, SIZE, { reusePieces: true });
      const first = pieces.next();
      await base.settle();
      expect((await first).done).toBe(false);
      await pieces.return();
      await base.settle();
      expect([memory.takenCount, base.buffers.takenCount]).toEqual([0, 0]);
    }
  });

  test("a range touches its chunks and slices alone", async () => {
    const { base, file, reader, opened } = fixture([]);
    const start = 5 * MIB + 65_536 * 3 + 10;
    const got = await collect(base, reader.read(file, start, start + 65_536));
    expect(got).toEqual(BYTES.subarray(start, start + 65_536));
    expect(opened).toEqual([5]);
    expect(base.transport.asked).toEqual([{ holder: 1, bitmap: 0b11000 }]);
    expect(await collect(base, reader.read(file, SIZE, SIZE))).toEqual(new Uint8Array());
  });

  test("bytes from memory come in turns with what else the event loop has to do", async () => {
    const { file, reader, cached, stuck } = fixture(CHUNKS.map((_, i) => i));
    cached.isCached = true;
    for (const { id } of CHUNKS) stuck.add(toHex(id)); // the disk is not asked
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const pieces: Uint8Array[] = [];
    for await (const piece of reader.read(file, 5, SIZE)) pieces.push(piece);
    isOver = true;
    expect(Buffer.compare(Buffer.concat(pieces), BYTES.subarray(5))).toBe(0);
    expect(turns).toBeGreaterThanOrEqual(Math.floor(CHUNKS.length / 2) - 1);
  });

  test("works eight chunks ahead of the reader, not more", async () => {
    const { base, file, reader, fetcher } = fixture([]);
    const pieces = reader.read(file, 0, SIZE)[Symbol.asyncIterator]();
    const first = pieces.next();
    await base.settle();
    await first;
    expect(fetcher.started).toBe(8);
    expect(base.holdings.asked).toBe(1); // and what its holder has of the rest
    await pieces.return?.(undefined);
    await base.settle();
    expect(base.requests.openCount).toBe(0);
  });

  test("a chunk found damaged while reading comes from the network instead", async () => {
    const { base, file, reader, damaged, fetcher } = fixture([0]);
    damaged.add(toHex((CHUNKS[0] as ProvenChunk).id));
    const got = await collect(base, reader.read(file, 100, MIB));
    expect(got).toEqual(BYTES.subarray(100, MIB));
    expect(fetcher.started).toBe(1);
  });

  test("a disk that does not answer: FETCH_TIMED_OUT names the chunk", async () => {
    const { base, file, reader, stuck } = fixture([0]);
    const id = toHex((CHUNKS[0] as ProvenChunk).id);
    stuck.add(id);
    const reading = reader.read(file, 0, 10, { timeoutMs: 500 })[Symbol.asyncIterator]().next();
    reading.catch(() => {});
    await base.settle(2);
    base.clock.advance(500);
    await expect(reading).rejects.toMatchObject({ code: "FETCH_TIMED_OUT" });
    await expect(reading).rejects.toThrow(id);
  });

  test("local only: what is not here is NOT_LOCAL and nothing is asked", async () => {
    const { base, file, reader } = fixture([0]);
    const reading = collect(base, reader.read(file, 0, 2 * MIB, { localOnly: true }));
    await expect(reading).rejects.toMatchObject({ code: "NOT_LOCAL" });
    expect(base.lookups).toEqual([]);
  });

  test("a holder that stalls for good: FETCH_TIMED_OUT names the slice", async () => {
    const { base, file, reader, fetcher } = fixture([], "silent");
    const reading = reader.read(file, 0, 10, { timeoutMs: 500 })[Symbol.asyncIterator]().next();
    reading.catch(() => {});
    await base.settle();
    base.clock.advance(500);
    await expect(reading).rejects.toMatchObject({ code: "FETCH_TIMED_OUT" });
    await base.settle();
    expect(fetcher.activeCount).toBe(0);
  });

  test("a manifest that is wrong about a chunk's length is no error of ours", async () => {
    const { base, file, reader } = fixture([12]);
    const last = CHUNKS[12] as ProvenChunk;
    const wrong = { ...last, length: MIB, sliceHashes: sliceHashesOf(new Uint8Array(MIB)) };
    const liar = { ...file, size: MIB, chunk: () => Promise.resolve(wrong) };
    const reading = collect(base, reader.read(liar, 0, MIB));
    await expect(reading).rejects.toMatchObject({ code: "HOLDERS_FAILED" });
  });

  test("nine readers at once, more than there is room for, all get theirs", async () => {
    const { base, file, reader, fetcher } = fixture([]);
    const readers = Array.from({ length: 9 }, (_, i) => {
      const apart: ChunkedFile = {
        ...file,
        // Other hashes for the same bytes make another fetch, as of another file.
        chunk: async (index) => {
          const chunk = await file.chunk(index);
          const tail = new Uint8Array(32).fill(i);
          const sliceHashes = new Uint8Array([...chunk.sliceHashes, ...tail]);
          return { ...chunk, sliceHashes };
        },
      };
      return collect(base, reader.read(apart, 0, 8 * MIB));
    });
    for (const got of await Promise.all(readers)) expect(got.length).toBe(8 * MIB);
    expect(fetcher.activeCount).toBe(0);
  });

  test("a range outside the file is the caller's error", async () => {
    const { file, reader } = fixture([]);
    await expect(reader.read(file, 0, SIZE + 1).next()).rejects.toThrow(RangeError);
  });
});
