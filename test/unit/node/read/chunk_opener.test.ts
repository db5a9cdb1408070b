import { sha1, sha256 } from "../../../../src/crypto/mod.ts";
import { asChunkId, type ChunkId, SkerryError, toHex } from "../../../../src/lib/mod.ts";
import type { OpenChunk } from "../../../../src/node/contract/api.ts";
import { ChunkOpener } from "../../../../src/node/read/chunk_opener.ts";
import { CollisionGuard } from "../../../../src/node/keep/collision_guard.ts";
import { PieceBuffers } from "../../../../src/node/read/piece_buffers.ts";
import { HandClock } from "../../../support/fetch_fixture.ts";
import type { SlotAddress } from "../../../../src/ports/mod.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { PoisonedPool } from "../../../support/poisoned_pool.ts";
import { noise } from "../../../support/small_swarm.ts";

const BYTES = noise(2 ** 20, 4);
const ID = asChunkId(sha1(BYTES));
const ALIAS = asChunkId(sha256(BYTES).subarray(0, 20));

/** @param isHere whether the store has it, until `lose`. @param isPinned published here. */
function setUp(isHere: boolean, isPinned = true) {
  const state = { isHere, isCached: false, reads: 0, fetches: 0 };
  const isNamed = (id: ChunkId): boolean => [toHex(ID), toHex(ALIAS)].includes(toHex(id));
  const store = {
    isPinned: () => isPinned,
    isAlias: (id: ChunkId) => state.isHere && toHex(id) === toHex(ALIAS),
    lengthOf: (id: ChunkId) => state.isHere && isNamed(id) ? BYTES.length : undefined,
    lend: (): SlotAddress | undefined => undefined,
    readNow(_what: { readonly id: ChunkId }, offset: number, into: Uint8Array) {
      if (state.isCached) into.set(BYTES.subarray(offset, offset + into.length));
      return state.isCached;
    },
    read(_id: ChunkId, offset: number, into: Uint8Array) {
      state.reads++;
      into.set(BYTES.subarray(offset, offset + into.length));
      return Promise.resolve(state.isHere);
    },
  };
  const objects = {
    chunk(id: ChunkId) {
      state.fetches++;
      if (toHex(id) !== toHex(ID)) throw new SkerryError("CHUNK_NOT_FOUND", toHex(id));
      return Promise.resolve({ bytes: BYTES, timings: { source: "peer" as const } });
    },
  };
  const memory = new PieceBuffers(new PoisonedPool(2 ** 20, 16));
  const guard = new CollisionGuard(() => {});
  const opener = new ChunkOpener(store, objects, new HandClock(), memory, guard);
  return { state, memory, opener };
}

/** Copies each piece before it asks for the next. */
async function readAll(chunk: OpenChunk, start = 0): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of chunk.read(start, chunk.size, { reusePieces: true })) {
    parts.push(piece.slice());
  }
  return Buffer.concat(parts);
}

describe("ChunkOpener", () => {
  test("a chunk that is here is read as its reader takes it, and no sooner", async () => {
    const { state, memory, opener } = setUp(true);
    const chunk = await opener.open(ID);
    expect([chunk.size, chunk.timings.source, state.reads]).toEqual([2 ** 20, "local", 0]);
    expect(chunk.heldBytes).toBe(0);
    expect(Buffer.compare(await readAll(chunk, 7), BYTES.subarray(7))).toBe(0);
    expect([state.fetches, memory.takenCount]).toEqual([0, 0]);
    await expect(readAll({ ...chunk, size: 2 ** 20 + 1 })).rejects.toThrow(RangeError);
  });

  test("what is in the system's memory is not asked of the disk", async () => {
    const { state, opener } = setUp(true);
    const chunk = await opener.open(ID);
    const { reads } = state;
    state.isCached = true;
    expect(Buffer.compare(await readAll(chunk, 7), BYTES.subarray(7))).toBe(0);
    expect(state.reads).toBe(reads);
  });

  test("a chunk that a manifest brought here is looked at once, before it is opened", async () => {
    const { state, opener } = setUp(true, false);
    await Promise.all([opener.open(ID), opener.open(ID)]);
    await opener.open(ID);
    expect([state.reads, state.fetches]).toEqual([1, 0]);
  });

  test("a thousand slow readers of one chunk hold 64 or 16 KiB each, not all of it", async () => {
    const { memory, opener } = setUp(true);
    const held: number[] = [];
    const readers = await Promise.all(Array.from({ length: 1_000 }, async () => {
      const chunk = await opener.open(ID);
      const pieces = chunk.read(0, chunk.size, { reusePieces: true })[Symbol.asyncIterator]();
      held.push((await pieces.next()).value?.buffer.byteLength ?? 0);
      return pieces;
    }));
    expect(held.reduce((sum, bytes) => sum + bytes)).toBe(
      16 * 2 ** 20 + 256 * 65_536 + 728 * 16_384,
    );
    for (const pieces of readers) await pieces.return?.();
    expect(memory.takenCount).toBe(0);
  });

  test("one from the network is in memory once, however many read it", async () => {
    const { opener } = setUp(false);
    const chunk = await opener.open(ID);
    expect([chunk.timings.source, chunk.heldBytes]).toEqual(["peer", 2 ** 20]);
    for await (const piece of chunk.read(0, chunk.size)) {
      expect(piece.buffer === BYTES.buffer).toBe(true);
    }
    expect(Buffer.compare(await readAll(chunk), BYTES)).toBe(0);
  });

  test("one that goes while it is read comes from the network from there on", async () => {
    const { state, opener } = setUp(true);
    const chunk = await opener.open(ID);
    const pieces = chunk.read(0, chunk.size)[Symbol.asyncIterator]();
    const first = await pieces.next();
    state.isHere = false;
    const parts = [first.value ?? new Uint8Array()];
    for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
      parts.push(next.value);
    }
    expect(Buffer.compare(Buffer.concat(parts), BYTES)).toBe(0);
    expect(state.fetches).toBe(1);
  });

  test("an object that is here under another name is not the chunk of that name", async () => {
    const { opener } = setUp(true);
    await expect(opener.open(ALIAS)).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" });
  });
});
