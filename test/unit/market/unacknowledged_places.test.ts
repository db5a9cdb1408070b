import { asChunkId } from "../../../src/lib/mod.ts";
import { ACKNOWLEDGE_MS, type AgreedPlace, UnacknowledgedPlaces } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { anyKeyOf, at } from "../../support/market_parts.ts";

const place = (n: number, priceCb = 10n, hostedCb = 100n): AgreedPlace => ({
  id: asChunkId(new Uint8Array(20).fill(n)),
  ...{ publisher: anyKeyOf(n), weeks: 4, priceCb, hostedCb },
});

function waiting(...all: AgreedPlace[]): UnacknowledgedPlaces {
  const places = new UnacknowledgedPlaces();
  for (const one of all) places.note(one, at(0));
  return places;
}

test("a place that its publisher does not say to owe is over after a day, once", () => {
  const places = waiting(place(1), place(2));
  const silent = () => 100n;
  expect(places.over(silent, at(ACKNOWLEDGE_MS - 1))).toEqual([]);
  places.note(place(3), at(ACKNOWLEDGE_MS - 1));
  expect(places.over(silent, at(ACKNOWLEDGE_MS))).toEqual([place(1), place(2)]);
  expect([places.over(silent, at(ACKNOWLEDGE_MS)), places.count]).toEqual([[], 1]);
});

test("who has said to owe at least its price keeps it, whatever becomes of the sum later", () => {
  const places = waiting(place(1));
  expect(places.over(() => 110n, at(1))).toEqual([]);
  expect(places.over(() => 0n, at(ACKNOWLEDGE_MS))).toEqual([]);
});

test("who has said to owe less than its price does not owe that one", () => {
  const dear = place(1, 10n), cheap = place(1, 4n);
  expect(waiting(dear, cheap).over(() => 104n, at(ACKNOWLEDGE_MS))).toEqual([dear]);
});

test("of whose sum begins anew, or is not known, nothing is let go of", () => {
  for (const hostedCb of [99n, undefined]) {
    expect(waiting(place(1)).over(() => hostedCb, at(ACKNOWLEDGE_MS))).toEqual([]);
  }
});

test("beyond the bound the oldest is kept", () => {
  const all = Array.from({ length: 4_097 }, (_, i) => place(1, BigInt(i + 1)));
  const over = waiting(...all).over(() => 100n, at(ACKNOWLEDGE_MS));
  expect([over.length, over[0]?.priceCb]).toEqual([4_096, 2n]);
});
