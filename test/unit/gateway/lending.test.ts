import type { ReadableBytes } from "../../../src/gateway/exchange.ts";
import { Lending } from "../../../src/gateway/lending.ts";
import { DEFAULT_OPTIONS } from "../../../src/gateway/mod.ts";
import { ReadyAnswers } from "../../../src/gateway/ready_answers.ts";
import type { LentBytes } from "../../../src/node/mod.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const HEADERS = ["etag", '"a"'];

/** A body of `chunks` pieces of ten bytes, each in a slot. */
function bodyOf(chunks: number, onLend = (_: number): void => {}): ReadableBytes {
  return {
    size: 10 * chunks,
    heldBytes: 0,
    read: () => {
      throw new Error("it is lent, not read");
    },
    lend: (offset): Promise<LentBytes | undefined> => {
      onLend(offset);
      const slot = Math.floor(offset / 10);
      return Promise.resolve({ start: 10 * slot, end: 10 * slot + 10, in: { segment: 0, slot } });
    },
  };
}

function setUp(body: ReadableBytes | Uint8Array) {
  const kept = new ReadyAnswers(DEFAULT_OPTIONS);
  kept.take("key", { headers: HEADERS, body, freshMs: 1_000 }, 0);
  return { kept, lending: new Lending(kept) };
}

test("a short answer is lent with its bytes, for what is left of its time", async () => {
  const { lending } = setUp(utf8("hello"));
  const answer = { headers: HEADERS, size: 5, whole: utf8("hello"), freshMs: 300 };
  expect(await lending.lend({ key: "key", from: 0, chunks: 1 }, 700)).toEqual({
    answer,
    pieces: [],
  });
  expect(await lending.lend({ key: "other", from: 0, chunks: 1 }, 700)).toBeUndefined();
});

test("of a long one the places are lent that were asked for, at most sixteen", async () => {
  const { lending } = setUp(bodyOf(40));
  const lent = await lending.lend({ key: "key", from: 25, chunks: 2 }, 0);
  expect(lent?.answer).toEqual({ headers: HEADERS, size: 400, whole: undefined, freshMs: 1_000 });
  expect(lent?.pieces.map(({ start }) => start)).toEqual([20, 30]);
  expect((await lending.lend({ key: "key", from: 0, chunks: 99 }, 0))?.pieces.length).toBe(16);
  expect((await lending.lend({ key: "key", from: 395, chunks: 9 }, 0))?.pieces.length).toBe(1);
});

test("whoever is in its midst is lent more of what is not fresh; others are not", async () => {
  const { lending } = setUp(bodyOf(3));
  expect(await lending.lend({ key: "key", from: 0, chunks: 1 }, 1_000)).toBeUndefined();
  const { lending: other } = setUp(bodyOf(3));
  await other.lend({ key: "key", from: 0, chunks: 1 }, 0);
  const later = await other.lend({ key: "key", from: 10, chunks: 1 }, 5_000);
  expect([later?.answer, later?.pieces.length]).toEqual([undefined, 1]);
});

test("when a rule changes nothing is lent of what was known, nor meanwhile", async () => {
  const { kept, lending } = setUp(bodyOf(3));
  await lending.lend({ key: "key", from: 0, chunks: 1 }, 0);
  kept.clear();
  expect(await lending.lend({ key: "key", from: 0, chunks: 1 }, 0)).toBeUndefined();
  const during = setUp(bodyOf(3, () => during.kept.clear()));
  expect(await during.lending.lend({ key: "key", from: 0, chunks: 1 }, 0)).toBeUndefined();
});

test("what cannot be read elsewhere is not lent", async () => {
  const { read, size, heldBytes } = bodyOf(3);
  const { lending } = setUp({ read, size, heldBytes });
  expect(await lending.lend({ key: "key", from: 0, chunks: 1 }, 0)).toBeUndefined();
  const gone = { ...bodyOf(3), lend: () => Promise.resolve(undefined) };
  expect(await setUp(gone).lending.lend({ key: "key", from: 0, chunks: 1 }, 0)).toBeUndefined();
});
