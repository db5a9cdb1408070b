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

function setUp(body: ReadableBytes | Uint8Array, onRenew = (_: ReadyAnswers): void => {}) {
  const kept = new ReadyAnswers(DEFAULT_OPTIONS);
  kept.take("key", { headers: HEADERS, body, freshMs: 1_000 }, 0);
  let renewals = 0;
  const lending = new Lending(kept, (key) => {
    renewals++;
    if (key === "key") onRenew(kept);
    return Promise.resolve();
  });
  return { kept, lending, renewals: () => renewals };
}

const ask = (from: number, chunks: number, wantsAnswer = true, key = "key") => ({
  key,
  from,
  chunks,
  wantsAnswer,
});

test("a short answer is lent with its bytes, for what is left of its time", async () => {
  const { lending, renewals } = setUp(utf8("hello"));
  const answer = { headers: HEADERS, size: 5, whole: utf8("hello"), freshMs: 700 };
  expect(await lending.lend(ask(0, 1), 300)).toEqual({ answer, pieces: [] });
  expect(renewals()).toBe(0);
  expect(await lending.lend(ask(0, 1, true, "other"), 300)).toBeUndefined();
});

test("before an answer is lent that has little time left every rule is asked again", async () => {
  const body = bodyOf(3);
  const { lending, renewals } = setUp(body, (kept) => {
    kept.take("key", { headers: HEADERS, body, freshMs: 1_000 }, 410);
  });
  const lent = await lending.lend(ask(0, 0), 401);
  expect([renewals(), lent?.answer?.freshMs, lent?.pieces]).toEqual([1, 1_009, []]);
  const refused = setUp(body);
  expect((await refused.lending.lend(ask(0, 0), 900))?.answer?.freshMs).toBe(100);
  expect(await refused.lending.lend(ask(0, 1), 1_000)).toEqual({
    answer: undefined,
    pieces: [{ start: 0, end: 10, in: { segment: 0, slot: 0 } }],
  });
});

test("of a long one the places are lent that were asked for, at most sixteen", async () => {
  const { lending } = setUp(bodyOf(40));
  const lent = await lending.lend(ask(25, 2), 0);
  expect(lent?.answer).toEqual({ headers: HEADERS, size: 400, whole: undefined, freshMs: 1_000 });
  expect(lent?.pieces.map(({ start }) => start)).toEqual([20, 30]);
  expect((await lending.lend(ask(0, 99), 0))?.pieces.length).toBe(16);
  expect((await lending.lend(ask(395, 9), 0))?.pieces.length).toBe(1);
  expect((await lending.lend(ask(400, 2), 0))?.pieces.map(({ start }) => start)).toEqual([0, 10]);
});

test("whoever is in its midst is lent more of what is not fresh; others are not", async () => {
  const { lending } = setUp(bodyOf(3));
  expect(await lending.lend(ask(0, 1), 1_000)).toBeUndefined();
  const { lending: other, renewals } = setUp(bodyOf(3));
  await other.lend(ask(0, 1), 0);
  const later = await other.lend(ask(10, 1, false), 5_000);
  expect([later?.answer, later?.pieces.length, renewals()]).toEqual([undefined, 1, 0]);
});

test("when a rule changes nothing is lent of what was known, nor meanwhile", async () => {
  const { kept, lending } = setUp(bodyOf(3));
  await lending.lend(ask(0, 1), 0);
  kept.clear();
  expect(await lending.lend(ask(0, 1), 0)).toBeUndefined();
  const during = setUp(bodyOf(3, () => during.kept.clear()));
  expect(await during.lending.lend(ask(0, 1), 0)).toBeUndefined();
  const renewed = setUp(bodyOf(3), (its) => {
    its.clear();
    its.take("key", { headers: HEADERS, body: bodyOf(3), freshMs: 1_000 }, 500);
  });
  expect(await renewed.lending.lend(ask(0, 1), 500)).toBeUndefined();
});

test("what cannot be read elsewhere is not lent", async () => {
  const { read, size, heldBytes } = bodyOf(3);
  const { lending } = setUp({ read, size, heldBytes });
  expect(await lending.lend(ask(0, 1), 0)).toBeUndefined();
  const gone = { ...bodyOf(3), lend: () => Promise.resolve(undefined) };
  expect(await setUp(gone).lending.lend(ask(0, 1), 0)).toBeUndefined();
});
