import fc from "fast-check";
import {
  type HolderOffer,
  PATIENCE,
  shareOut,
  type ShoppingTerms,
} from "../../../src/swarm/mod.ts";
import { expect, test } from "../../support/harness.ts";

const SLICE = 65_536;
const far: HolderOffer = { room: 16, waitMs: 20, sliceMs: 10, sliceCb: 0 };
const near: HolderOffer = { room: 16, waitMs: 20, sliceMs: 10, sliceCb: 9 * SLICE };
const ANY: ShoppingTerms = { dueMs: undefined, fundsCb: Infinity, shareCb: Infinity, feeCb: 1024 };

const sum = (counts: readonly number[]): number => counts.reduce((total, n) => total + n, 0);

/** When the last of these would be here. */
function endOf(offers: readonly HolderOffer[], counts: readonly number[]): number {
  return Math.max(
    0,
    ...offers.map(({ waitMs, sliceMs }, i) => {
      const count = counts[i] ?? 0;
      return count === 0 ? 0 : waitMs + count * sliceMs;
    }),
  );
}

function costOf(offers: readonly HolderOffer[], counts: readonly number[], feeCb = 0): number {
  return offers.reduce((total, { sliceCb = 0 }, i) => {
    const count = counts[i] ?? 0;
    return total + (count === 0 ? 0 : feeCb + count * sliceCb);
  }, 0);
}

const offer = (room: fc.Arbitrary<number> = fc.constant(16)) =>
  fc.record({
    room,
    waitMs: fc.integer({ min: 0, max: 2_000 }),
    sliceMs: fc.integer({ min: 1, max: 500 }),
    sliceCb: fc.integer({ min: 0, max: 20 }).map((factor) => factor * SLICE),
  });
const offersOf = (one = offer()) => fc.array(one, { minLength: 1, maxLength: 8 });
const counts = fc.integer({ min: 1, max: 16 });

test("of two holders that are as fast, the cheaper gives more, and both give", () => {
  expect(shareOut([near, far], 16)).toEqual([6, 10]);
  expect(shareOut([far, { ...near, waitMs: 500 }], 16)).toEqual([16, 0]);
});

test("who has time buys of the cheaper alone, who has none of both", () => {
  expect(shareOut([near, far], 16, { ...ANY, dueMs: 1_000 })).toEqual([0, 16]);
  expect(shareOut([near, far], 16, { ...ANY, dueMs: 100 })).toEqual([8, 8]);
  expect(shareOut([near, far], 16, { ...ANY, dueMs: -1 })).toEqual([8, 8]);
});

test("a budget buys of the dear holder what it pays for, and waits for the cheap one", () => {
  const slow = { ...far, sliceMs: 1_000 };
  const rich = { ...ANY, fundsCb: 1e9, shareCb: 1e9 };
  expect(shareOut([near, slow], 16, rich)).toEqual([16, 0]);
  const shareCb = 4 * 9 * SLICE + 2 * 1024;
  expect(shareOut([near, slow], 16, { ...rich, shareCb })).toEqual([4, 12]);
  const busy = { ...slow, room: 2 };
  expect(shareOut([near, busy], 16, { ...rich, shareCb })).toEqual([4, 2]);
});

test("a chunk that is dear everywhere may cost more than its share, if there is more", () => {
  const terms = { ...ANY, fundsCb: 40 * 9 * SLICE, shareCb: 1_024 };
  expect(shareOut([near], 16, terms)).toEqual([16]);
  expect(shareOut([near], 16, { ...terms, fundsCb: 5 * 9 * SLICE + 1_024 })).toEqual([5]);
  expect(shareOut([near], 16, { ...terms, fundsCb: 9 * SLICE })).toEqual([0]); // no fee left
  expect(shareOut([far], 16, { ...terms, fundsCb: 1_024 })).toEqual([16]);
});

test("law: no more is asked for than is missing, has room and is paid for", () => {
  const terms = fc.record({
    dueMs: fc.option(fc.integer({ min: -100, max: 10_000 }), { nil: undefined }),
    fundsCb: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 1e8 })),
    shareCb: fc.integer({ min: 0, max: 1e8 }),
    feeCb: fc.constant(1_024),
  });
  const room = fc.integer({ min: 0, max: 20 });
  fc.assert(
    fc.property(offersOf(offer(room)), counts, fc.option(terms, { nil: undefined }), (
      offers,
      count,
      given,
    ) => {
      const shares = shareOut(offers, count, given);
      expect(sum(shares)).toBeLessThanOrEqual(count);
      for (const [i, share] of shares.entries()) {
        expect(share).toBeLessThanOrEqual(offers[i]?.room ?? 0);
        expect(share).toBeGreaterThanOrEqual(0);
      }
      if (given !== undefined) {
        expect(costOf(offers, shares, given.feeCb)).toBeLessThanOrEqual(given.fundsCb);
      }
    }),
  );
});

test("law: without terms all that has room is asked for, little later than it could be", () => {
  const room = fc.integer({ min: 0, max: 16 });
  fc.assert(fc.property(offersOf(offer(room)), counts, (offers, count) => {
    const shares = shareOut(offers, count);
    const free = offers.map((one) => ({ ...one, sliceCb: 0 }));
    const soonest = shareOut(free, count);
    expect(sum(shares)).toBe(Math.min(count, sum(offers.map((one) => one.room))));
    expect(endOf(offers, shares)).toBeLessThanOrEqual(PATIENCE * endOf(offers, soonest));
    expect(costOf(offers, shares)).toBeLessThanOrEqual(costOf(offers, soonest));
  }));
});

test("law: whoever can do it all in time and is cheapest does it all", () => {
  fc.assert(fc.property(offersOf(), counts, fc.nat({ max: 20_000 }), (offers, count, dueMs) => {
    const shares = shareOut(offers, count, { ...ANY, dueMs });
    const least = Math.min(...offers.map(({ sliceCb }) => sliceCb));
    const able = offers.filter(({ sliceCb, waitMs, sliceMs }) =>
      sliceCb === least && waitMs + count * sliceMs <= 0.9 * dueMs
    );
    if (able.length > 0) expect(costOf(offers, shares)).toBe(count * least);
  }));
});

test("law: a tighter deadline never plans for later, nor a looser one for more", () => {
  const due = fc.nat({ max: 20_000 });
  fc.assert(fc.property(offersOf(), counts, due, due, (offers, count, one, other) => {
    const [tight, loose] = [Math.min(one, other), Math.max(one, other)]
      .map((dueMs) => shareOut(offers, count, { ...ANY, dueMs }));
    if (tight === undefined || loose === undefined) throw new Error("two plans");
    expect(endOf(offers, tight)).toBeLessThanOrEqual(endOf(offers, loose));
    expect(costOf(offers, loose)).toBeLessThanOrEqual(costOf(offers, tight));
  }));
});

test("law: a budget that pays for all of it leaves nothing unasked where there is room", () => {
  fc.assert(fc.property(offersOf(), counts, fc.nat({ max: 1e8 }), (offers, count, shareCb) => {
    const shares = shareOut(offers, count, { ...ANY, fundsCb: 1e9, shareCb });
    expect(sum(shares)).toBe(count);
  }));
});

test("a share that no time keeps to costs no sort for each of the times that there are", () => {
  const offers = Array.from({ length: 8 }, (_, i) => ({
    ...{ room: 4, waitMs: 10 + 7.3 * i, sliceMs: 5 + 1.7 * i, sliceCb: (8 + i) * SLICE },
  }));
  const { sort } = Array.prototype;
  let sorts = 0;
  Array.prototype.sort = function (...order) {
    sorts++;
    return sort.apply(this, order);
  };
  try {
    const terms = { ...ANY, fundsCb: 1e9, shareCb: 1_000 };
    expect(shareOut(offers, 16, terms)).toEqual([4, 0, 0, 0, 0, 0, 0, 0]); // the rest waits for it
  } finally {
    Array.prototype.sort = sort;
  }
  expect(sorts).toBeLessThanOrEqual(4);
});

test("law: where no plan keeps to the share, whoever waited longer would not pay less", () => {
  fc.assert(fc.property(offersOf(), counts, fc.nat({ max: 2e7 }), (offers, count, shareCb) => {
    const budget = { ...ANY, fundsCb: 1e9 };
    const shares = shareOut(offers, count, { ...budget, shareCb });
    const cb = costOf(offers, shares, ANY.feeCb);
    if (cb <= shareCb) return;
    // Nothing keeps to it: whatever the time, and at whatever share, slices are not cheaper.
    for (const dueMs of [1_000, 10_000, 1e6]) {
      const late = shareOut(offers, count, { ...budget, dueMs });
      expect(costOf(offers, shares)).toBeLessThanOrEqual(costOf(offers, late));
    }
  }));
});
