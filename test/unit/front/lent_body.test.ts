import { LentBody } from "../../../src/front/lent_body.ts";
import { PieceMemory } from "../../../src/front/piece_memory.ts";
import type { LentBytes } from "../../../src/node/mod.ts";
import { SLOT_BYTES, SLOT_LOAN_MS, type SlotAddress } from "../../../src/ports/mod.ts";
import { expect, test } from "../../support/harness.ts";

const SIZE = 2 * SLOT_BYTES + 1_000;

/** A disk on which each slot holds its own number in every byte. */
function setUp(memory = new PieceMemory()) {
  const state = {
    now: 1_000,
    reads: 0,
    /** The system has the bytes in memory. */
    isCached: true,
    isSound: true,
    onRead: () => {},
    asked: [] as [number, number][],
    lent: (from: number): LentBytes[] => {
      const chunk = Math.floor(from / SLOT_BYTES);
      const start = chunk * SLOT_BYTES;
      if (chunk === 2) return [{ start, end: SIZE, in: new Uint8Array(1_000).fill(99) }];
      return [{ start, end: start + SLOT_BYTES, in: { segment: 0, slot: chunk + 1 } }];
    },
  };
  const fill = ({ slot }: SlotAddress, into: Uint8Array): boolean => {
    state.reads++;
    into.fill(slot);
    state.onRead();
    return state.isSound;
  };
  const body = new LentBody(SIZE, {
    files: {
      readSlotNow: (at, _offset, into) => state.isCached && fill(at, into),
      readSlot: (at, _offset, into) => Promise.resolve(fill(at, into)),
    },
    memory,
    now: () => state.now,
    rest: () => Promise.resolve(),
    ask: (from, chunks) => {
      state.asked.push([from, chunks]);
      return Promise.resolve(state.lent(from));
    },
  });
  return { state, body };
}

/** What was read, as [byte, count] in turn, and how it ended. */
async function read(body: LentBody, start = 0, end = SIZE) {
  const runs: [number, number][] = [];
  try {
    for await (const piece of body.read(start, end)) {
      for (const byte of new Set(piece)) {
        const count = piece.filter((one) => one === byte).length;
        const last = runs.at(-1);
        if (last?.[0] === byte) last[1] += count;
        else runs.push([byte, count]);
      }
    }
    return { runs, end: "whole" };
  } catch (error) {
    return { runs, end: String(error) };
  }
}

test("a body is read where its chunks lie, each asked for once while it is lent", async () => {
  const { state, body } = setUp();
  const whole = { runs: [[1, SLOT_BYTES], [2, SLOT_BYTES], [99, 1_000]], end: "whole" };
  expect(await read(body)).toEqual(whole as never);
  expect(state.asked).toEqual([[0, 1], [SLOT_BYTES, 2], [2 * SLOT_BYTES, 1]]);
  state.isCached = false;
  expect(await read(body)).toEqual(whole as never);
  expect(state.asked.length).toBe(3);
  state.now += SLOT_LOAN_MS;
  expect((await read(body, SLOT_BYTES - 10, SLOT_BYTES + 10)).runs).toEqual([[1, 10], [2, 10]]);
  expect(state.asked.length).toBe(5);
});

test("a slot that is used again between reading and sending gives no byte away", async () => {
  for (const isKnown of [false, true]) {
    const { state, body } = setUp();
    const slot = () => state.asked.length === 1 ? 66 : 7;
    state.lent = (from) =>
      [{ start: 0, end: SLOT_BYTES, in: { segment: 0, slot: slot() } }].filter(() => from === 0);
    if (isKnown) expect((await read(body, 0, 10)).runs).toEqual([[66, 10]]);
    let delays = 1;
    state.onRead = () => {
      // The process stands still in the midst of the read; the loan runs out, another chunk comes.
      if (delays-- > 0) state.now += SLOT_LOAN_MS;
    };
    const { runs, end } = await read(body, 0, 1_000);
    expect([runs, end]).toEqual([[[7, 1_000]], "whole"]); // read anew, where it lies now
    expect(state.asked.length).toBe(2);
  }
});

test("a disk that is always too slow, and what is not lent or lost, is the node's", async () => {
  const { state, body } = setUp();
  state.onRead = () => void (state.now += SLOT_LOAN_MS + 1);
  const late = await read(body, 0, 1_000);
  expect([late.runs, state.reads]).toEqual([[], 3]);
  expect(late.end).toContain("not lent");
  state.onRead = () => {};
  state.isSound = false;
  expect((await read(body, 0, 1_000)).runs).toEqual([]);
  state.isSound = true;
  state.lent = () => [];
  state.now += SLOT_LOAN_MS;
  expect((await read(body, 0, 1_000)).runs).toEqual([]);
});

test("many readers of one chunk ask once", async () => {
  const { state, body } = setUp();
  await Promise.all(Array.from({ length: 5 }, () => read(body, 0, 1_000)));
  expect(state.asked.length).toBe(1);
});

test("loans that several readers use are renewed in time, by one question", async () => {
  const { state, body } = setUp();
  state.lent = (from) =>
    [0, 1].map((i) => ({
      start: from + i * SLOT_BYTES,
      end: from + (i + 1) * SLOT_BYTES,
      in: { segment: 0, slot: from / SLOT_BYTES + i + 1 },
    }));
  const part = () => read(body, SLOT_BYTES - 1, SLOT_BYTES + 1);
  await part();
  const asked = state.asked.length;
  state.now += SLOT_LOAN_MS - 399;
  await part();
  expect(state.asked.slice(asked)).toEqual([[0, 2]]); // now that there are two
  state.now += SLOT_LOAN_MS - 399 - 2;
  await part();
  expect(state.asked.length).toBe(asked + 1); // nobody else has come since
  state.now += 2;
  await part();
  expect(state.asked.slice(asked + 1)).toEqual([[0, 2]]);
});

test("a loan that is not renewed runs out at its time", async () => {
  const { state, body } = setUp();
  const part = () => read(body, 0, 10);
  await part();
  state.lent = () => [];
  state.now += SLOT_LOAN_MS - 1;
  expect([(await part()).end, state.asked.length]).toEqual(["whole", 2]);
  state.now += 1;
  expect((await part()).end).toContain("not lent");
});

test("a reader goes on behind a piece whose memory is freed when it is given back", async () => {
  const memory = new PieceMemory();
  const others = Array.from({ length: 5 }, () => memory.take(SLOT_BYTES));
  const { body } = setUp(memory);
  const lengths: number[] = [];
  for await (const piece of body.read(0, SIZE)) {
    lengths.push(piece.length);
    for (const other of others.splice(0)) memory.give(other); // as many as are kept
    if (lengths.length > 3) break;
  }
  expect(lengths).toEqual([SLOT_BYTES, SLOT_BYTES, 1_000]);
});

test("a client who takes as fast as is read leaves others their turns", async () => {
  let reads = 0;
  const rests: number[] = [];
  const body = new LentBody(9 * SLOT_BYTES, {
    files: { readSlotNow: () => ++reads > 0, readSlot: () => Promise.resolve(false) },
    memory: new PieceMemory(),
    now: () => 0,
    rest: () => Promise.resolve(void rests.push(reads)),
    ask: (start) =>
      Promise.resolve([{ start, end: start + SLOT_BYTES, in: { segment: 0, slot: 1 } }]),
  });
  for await (const piece of body.read(0, body.size)) expect(piece.length).toBe(SLOT_BYTES);
  expect(rests).toEqual([4, 8]);
});

/** What is asked for by a reader who is through a chunk in so long, of a body that is all lent. */
async function asksOf(chunkMs: number, chunks: number): Promise<number[]> {
  const asked: number[] = [];
  let now = 0;
  const body = new LentBody(chunks * SLOT_BYTES, {
    files: { readSlotNow: () => true, readSlot: () => Promise.resolve(true) },
    memory: new PieceMemory(),
    now: () => now,
    rest: () => Promise.resolve(),
    ask: (from, count) => {
      asked.push(count);
      return Promise.resolve(Array.from({ length: count }, (_, i) => {
        const start = from + i * SLOT_BYTES;
        return { start, end: start + SLOT_BYTES, in: { segment: 0, slot: 1 } };
      }));
    },
  });
  for await (const { length } of body.read(0, body.size)) now += chunkMs * length / SLOT_BYTES;
  return asked;
}

test("a reader has as much lent ahead as it has shown to read while it is lent", async () => {
  const slow = await asksOf(SLOT_LOAN_MS, 16); // it may well go away before the next
  expect(slow).toEqual(Array.from({ length: 16 }, () => 1));
  expect(await asksOf(SLOT_LOAN_MS / 2, 9)).toEqual([1, 2, 2, 2, 2]);
  expect(await asksOf(1, 32)).toEqual([1, 2, 4, 8, 8, 8, 1]);
  // Four run out ahead of it: from the start again.
  expect(await asksOf(SLOT_LOAN_MS / 2.5, 12)).toEqual([1, 2, 4, 1, 2, 3]);
});
