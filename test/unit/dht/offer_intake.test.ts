import { OfferIntake, offerIntakeConfig } from "../../../src/dht/mod.ts";
import { toHex } from "../../../src/lib/mod.ts";
import { at, idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const MIB = 2 ** 20;
const keyOf = (number: number) => idFrom(number.toString(16).padStart(4, "0"));

function fresh(options: { perHour?: number; room?: number } = {}) {
  const held = new Set<string>();
  const guarded = { bytes: 0 };
  const config = offerIntakeConfig(options.perHour ?? 1_200 * MIB, options.room ?? 1_000 * MIB);
  const intake = new OfferIntake<string>({
    config,
    holds: (key) => held.has(toHex(key)),
    wants: (key) => (key[0] ?? 0) < 0x80,
    guardedBytes: () => guarded.bytes,
    now: at(0),
  });
  const answer = (peer: string, number: number, bytes = MIB, ms = 0) =>
    intake.answer(peer, { key: keyOf(number), bytes }, at(ms));
  return { intake, held, guarded, answer };
}

test("what is held is said to be, what comes already too, what is not for us is refused", () => {
  const { intake, held, answer } = fresh();
  held.add(toHex(keyOf(1)));
  expect([answer("a", 1), answer("a", 2), answer("b", 2), answer("a", 0x8000)])
    .toEqual(["held", "wanted", "coming", "refused"]);
  expect(intake.next(at(0))).toMatchObject({ peer: "a", key: keyOf(2), bytes: MIB });
  expect(answer("b", 2)).toBe("coming");
  intake.finished({ key: keyOf(2), bytes: MIB }, false, at(0));
  expect([answer("b", 2), intake.takenBytes]).toEqual(["wanted", 0]);
});

test("no object is larger than a chunk or empty", () => {
  const { answer } = fresh();
  expect([answer("a", 1, 0), answer("a", 2, MIB + 1), answer("a", 3, 1)])
    .toEqual(["refused", "refused", "wanted"]);
});

test("two are fetched at once, in the order of asking, and none twice", () => {
  const { intake, answer } = fresh();
  for (let i = 0; i < 3; i++) answer(`peer ${i}`, i);
  const [first, second, third] = [intake.next(at(0)), intake.next(at(0)), intake.next(at(0))];
  expect([first?.key, second?.key, third]).toEqual([keyOf(0), keyOf(1), undefined]);
  intake.finished({ key: keyOf(1), bytes: MIB }, true, at(0));
  expect([intake.next(at(0))?.key, intake.next(at(0)), intake.takenBytes])
    .toEqual([keyOf(2), undefined, MIB]);
});

test("a peer has one fetch at a time, and all that wait take turns", () => {
  const { intake, answer } = fresh();
  ["a", "a", "a", "b", "b", "c"].forEach((peer, i) => answer(peer, i));
  const order: string[] = [];
  const running = [intake.next(at(0)), intake.next(at(0))];
  for (let pull = running.shift(); pull !== undefined; pull = running.shift()) {
    order.push(pull.peer);
    intake.finished(pull, true, at(0));
    const next = intake.next(at(0));
    if (next !== undefined) running.push(next);
  }
  expect(order).toEqual(["a", "b", "c", "a", "b", "a"]);
  answer("a", 7);
  answer("a", 8);
  expect([intake.next(at(0))?.key, intake.next(at(0))]).toEqual([keyOf(7), undefined]);
});

test("a failed fetch gives back what did not come, and a forgotten peer its places", () => {
  const { intake, answer } = fresh({ perHour: 12 * MIB, room: 4 * MIB });
  for (let i = 0; i < 20; i++) {
    expect(answer("a", i)).toBe("wanted");
    const pull = intake.next(at(0));
    if (pull !== undefined) intake.finished(pull, false, at(0));
  }
  answer("a", 30);
  const pull = intake.next(at(0));
  if (pull !== undefined) intake.finished(pull, false, at(0), MIB);
  expect([1, 2, 3, 4].map((i) => answer("a", i))).toEqual([
    "wanted",
    "wanted",
    "wanted",
    "refused",
  ]);
  intake.forget("a");
  expect([intake.waiting, answer("b", 5)]).toEqual([0, "wanted"]);
});

test("no peer takes all places, nor all of them more than the queue holds", () => {
  const { answer } = fresh();
  const wanted = (peer: string, first: number) =>
    Array.from({ length: 120 }, (_, i) => answer(peer, first + i, 1))
      .filter((word) => word === "wanted").length;
  expect([wanted("a", 0), wanted("b", 200), wanted("c", 400)]).toEqual([96, 96, 0]);
});

test("what waits too long is forgotten, and its place and room are free again", () => {
  const { intake, answer } = fresh({ room: 2 * MIB });
  expect([answer("a", 1), answer("a", 2), answer("a", 3)]).toEqual(["wanted", "wanted", "refused"]);
  expect(answer("a", 3, MIB, 119_999)).toBe("refused");
  expect(answer("a", 3, MIB, 120_000)).toBe("wanted");
  expect([intake.waiting, intake.next(at(240_000))]).toEqual([1, undefined]);
});

test("others' content gets no more room than it is given, promised room included", () => {
  const { intake, guarded, answer } = fresh({ room: 3 * MIB });
  guarded.bytes = MIB;
  expect([answer("a", 1), answer("a", 2), answer("a", 3)]).toEqual(["wanted", "wanted", "refused"]);
  intake.next(at(0));
  intake.finished({ key: keyOf(1), bytes: MIB }, true, at(0));
  guarded.bytes = 2 * MIB;
  expect(answer("a", 3)).toBe("refused");
});

test("an hour's bytes are all that strangers can have fetched in an hour", () => {
  const { intake, answer } = fresh({ perHour: 12 * MIB });
  let fetched = 0;
  for (let second = 0; second < 3_600; second++) {
    answer(`peer ${second % 7}`, second, MIB, 1_000 * second);
    for (let pull = intake.next(at(1_000 * second)); pull !== undefined;) {
      fetched += pull.bytes;
      intake.finished(pull, true, at(1_000 * second));
      pull = intake.next(at(1_000 * second));
    }
  }
  expect(fetched <= (12 + 4) * MIB && fetched >= 12 * MIB).toBe(true); // and a burst of four
});
