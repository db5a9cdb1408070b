import { asChunkId } from "../../../src/lib/mod.ts";
import {
  ACKNOWLEDGE_MS,
  add,
  type AgreedPlace,
  owedByWord,
  UnacknowledgedPlaces,
} from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { accountOf, anyKeyOf, at } from "../../support/market_parts.ts";

/** A publisher that has said to owe that, for places and in all. */
function owing(hostedCb: bigint, signedCb = 150n) {
  const account = accountOf();
  account.state.hostedCb = hostedCb;
  add(account.state.theirsBefore, 0n, signedCb);
  return () => account;
}

const place = (n: number, priceCb = 10n): AgreedPlace => ({
  id: asChunkId(new Uint8Array(20).fill(n)),
  ...{ publisher: anyKeyOf(n), weeks: 4, priceCb, owed: owedByWord(owing(100n)()) },
});

function waiting(...all: AgreedPlace[]): UnacknowledgedPlaces {
  const places = new UnacknowledgedPlaces();
  for (const one of all) places.note(one, at(0));
  return places;
}

test("a place that its publisher does not say to owe is over after a day, once", () => {
  const places = waiting(place(1), place(2));
  const silent = owing(100n);
  expect(places.over(silent, at(ACKNOWLEDGE_MS - 1))).toEqual([]);
  places.note(place(3), at(ACKNOWLEDGE_MS - 1));
  expect(places.over(silent, at(ACKNOWLEDGE_MS))).toEqual([place(1), place(2)]);
  expect([places.over(silent, at(ACKNOWLEDGE_MS)), places.count]).toEqual([[], 1]);
});

test("who has said to owe at least its price keeps it, whatever becomes of the sum later", () => {
  const places = waiting(place(1));
  expect(places.over(owing(110n), at(1))).toEqual([]);
  expect(places.over(owing(0n), at(ACKNOWLEDGE_MS))).toEqual([]);
});

test("who has said to owe less than its price does not owe that one", () => {
  const dear = place(1, 10n), cheap = place(1, 4n);
  expect(waiting(dear, cheap).over(owing(104n, 154n), at(ACKNOWLEDGE_MS))).toEqual([dear]);
});

test("of whose sum begins anew, or is not known, nothing is let go of", () => {
  for (const anew of [owing(99n), () => undefined]) {
    expect(waiting(place(1)).over(anew, at(ACKNOWLEDGE_MS))).toEqual([]);
  }
});

test("who has signed for its price in all keeps it, be it counted as places or not", () => {
  const [owed, silent] = [waiting(place(1)), waiting(place(1))];
  expect([owed.over(owing(100n, 160n), at(1)), owed.count]).toEqual([[], 0]);
  expect(silent.over(owing(100n, 159n), at(ACKNOWLEDGE_MS))).toEqual([place(1)]);
});

test("beyond the bound the oldest is kept", () => {
  const all = Array.from({ length: 4_097 }, (_, i) => place(1, BigInt(i + 1)));
  const over = waiting(...all).over(owing(100n), at(ACKNOWLEDGE_MS));
  expect([over.length, over[0]?.priceCb]).toEqual([4_096, 2n]);
});
