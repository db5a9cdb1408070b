import { Spending } from "../../../../src/market/mod.ts";
import { termsOfChunk, termsOfObject } from "../../../../src/node/contract/read_terms.ts";
import { at } from "../../../support/market_parts.ts";
import { expect, test } from "../../../support/harness.ts";

const MIB = 2 ** 20;
const spending = new Spending(1_000);
const place = { readerAt: 0, chunkStart: MIB, chunkEnd: 2 * MIB, readEnd: 5 * MIB };

test("a read without a purchase has no terms", () => {
  expect(termsOfChunk(undefined, place, at(0))).toBeUndefined();
  expect(termsOfObject({}, at(0))).toBeUndefined();
});

test("a chunk has its part of the time and of the money that are left", () => {
  const purchase = { spending, deadlineAt: at(11_000) };
  expect(termsOfChunk({ purchase }, place, at(1_000)))
    .toEqual({ spending, dueAt: at(5_000), share: 1 / 4 });
  expect(termsOfChunk({ purchase, laterBytes: 5 * MIB }, place, at(1_000)))
    .toEqual({ spending, dueAt: at(3_000), share: 1 / 9 });
  const last = { ...place, readerAt: 4 * MIB, chunkStart: 4 * MIB, chunkEnd: 5 * MIB };
  expect(termsOfChunk({ purchase }, last, at(1_000)))
    .toEqual({ spending, dueAt: at(11_000), share: 1 });
});

test("however far the deadline is, no slice is late for its reader", () => {
  const purchase = { spending, deadlineAt: at(86_400_000) };
  expect(termsOfChunk({ purchase }, place, at(0))?.dueAt).toBe(at(30_000)); // the second one
});

test("a manifest is bought in an eighth of the time, with all the money", () => {
  expect(termsOfObject({ purchase: { spending, deadlineAt: at(9_000) } }, at(1_000)))
    .toEqual({ spending, dueAt: at(2_000), share: 1 });
  expect(termsOfObject({ purchase: { spending, deadlineAt: undefined } }, at(1_000)))
    .toEqual({ spending, dueAt: undefined, share: 1 });
});
