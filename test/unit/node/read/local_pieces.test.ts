import { asChunkId, BufferPool } from "../../../../src/lib/mod.ts";
import { localPieces } from "../../../../src/node/read/local_pieces.ts";
import { PieceBuffers } from "../../../../src/node/read/piece_buffers.ts";
import { HandClock } from "../../../support/fetch_fixture.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { PoisonedPool } from "../../../support/poisoned_pool.ts";
import { noise } from "../../../support/small_swarm.ts";

const MIB = 2 ** 20;
const CLOCK = new HandClock();
const BYTES = noise(MIB, 1);
const ID = asChunkId(new Uint8Array(20));

/** Room for whole chunks is taken by others, so that pieces have 64 KiB. @param lostAt reads from
 * there on fail. */
function setUp(lostAt = Infinity) {
  const memory = new PieceBuffers(new BufferPool(MIB, 0));
  for (let i = 0; i < 16; i++) memory.take(MIB);
  const asked: number[] = [];
  const store = {
    read(offset: number, into: Uint8Array) {
      asked.push(offset);
      into.set(BYTES.subarray(offset, offset + into.length));
      return Promise.resolve(offset < lostAt);
    },
  };
  const mine = (): number => memory.takenCount - 16;
  return { memory, store, asked, mine };
}

describe("localPieces", () => {
  test("reads a piece when it is asked for, and holds the memory of one", async () => {
    const { memory, store, asked, mine } = setUp();
    const got = new Uint8Array(MIB - 3);
    let at = 0;
    for await (const piece of localPieces(store.read, ID, 3, MIB, memory, CLOCK, undefined)) {
      expect(asked.at(-1)).toBe(3 + at);
      expect(mine()).toBe(1);
      got.set(piece, at);
      at += piece.length;
    }
    expect(Buffer.compare(got, BYTES.subarray(3))).toBe(0);
    expect(asked.length).toBe(16);
    expect(mine()).toBe(0);
  });

  test("goes on behind a piece whose memory is freed when it is given back", async () => {
    const { store } = setUp();
    const pool = new BufferPool(65_536, 0); // keeps none
    const memory = {
      take: (wanted: number) => pool.take().subarray(0, wanted),
      give: (piece: Uint8Array) => pool.give(piece),
    };
    const got: number[] = [];
    for await (const piece of localPieces(store.read, ID, 0, MIB, memory, CLOCK, undefined)) {
      got.push(piece.length);
      if (got.length > 16) break;
    }
    expect(got).toEqual(Array.from({ length: 16 }, () => 65_536));
  });

  test("what is read at once waits for no clock; a false is the end of it", async () => {
    const { memory, mine } = setUp();
    const read = (offset: number, into: Uint8Array): boolean => {
      into.set(BYTES.subarray(offset, offset + into.length));
      return offset < 3 * 65_536;
    };
    const pieces = localPieces(read, ID, 0, MIB, memory, CLOCK, { timeoutMs: 0 });
    for (let at = 0; at < 3 * 65_536; at += 65_536) {
      const { value } = await pieces.next();
      expect(value).toEqual(BYTES.subarray(at, at + 65_536));
    }
    expect(await pieces.next()).toEqual({ done: true, value: 3 * 65_536 });
    expect(mine()).toBe(0);
  });

  test("tells how far it came when the object has gone", async () => {
    const { memory, store, mine } = setUp(2 * 65_536);
    const pieces = localPieces(store.read, ID, 0, MIB, memory, CLOCK, undefined);
    await pieces.next();
    await pieces.next();
    expect(await pieces.next()).toEqual({ done: true, value: 2 * 65_536 });
    expect(mine()).toBe(0);
  });

  test("a reader that leaves, or a disk that fails, gives the memory back", async () => {
    const { memory, store, mine } = setUp();
    const pieces = localPieces(store.read, ID, 0, MIB, memory, CLOCK, undefined);
    await pieces.next();
    await pieces.return(0);
    expect(mine()).toBe(0);
    const broken = { read: () => Promise.reject(new Error("the disk")) };
    await expect(localPieces(broken.read, ID, 0, 9, memory, CLOCK, undefined).next()).rejects
      .toThrow(
        "the disk",
      );
    expect(mine()).toBe(0);
  });

  test("memory given back is not read any more", async () => {
    const memory = new PieceBuffers(new PoisonedPool(MIB, 1));
    const { store } = setUp();
    for await (const piece of localPieces(store.read, ID, 0, MIB, memory, CLOCK, undefined)) {
      expect(Buffer.compare(piece, BYTES)).toBe(0);
    }
  });
});
