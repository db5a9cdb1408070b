import { asChunkId, type ChunkId, randomBytes, SeededRandom } from "../../../src/lib/mod.ts";
import {
  DemandBook,
  fetchBudgetCb,
  KeepClock,
  QUERIES_MIN,
  SEARCH_COST_CB,
  SOUGHT_MAX,
  VoteBook,
  worthOf,
} from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { at, MIB } from "../../support/market_parts.ts";

const random = new SeededRandom(0xde3a);
const anyId = (): ChunkId => asChunkId(randomBytes(random, 20));
const ALL = { factorMin: 0, queryIntervalMsMax: Infinity };
const CHEAP = { ...ALL, costFactor: 0, leastWorthPerByte: 0 };
const AT_ONE = { ...CHEAP, costFactor: 1 };

/** A store so large that nothing fades while a test asks. */
const EB = 2 ** 60;

function bookOf(clock = new KeepClock(EB, 0, at(0)), priceFloor = 0): DemandBook {
  return new DemandBook(new VoteBook(7), clock, 7, { priceFloor });
}

/** Queries from as many networks. */
function ask(book: DemandBook, id: ChunkId, queries: number, factor = 4, ms = 0): void {
  for (let i = 0; i < queries; i++) book.noteMissed({ id, factor, voter: `4:${i}` }, at(ms));
}

test("nothing is fetched below three paid queries", () => {
  const book = bookOf();
  const id = anyId();
  ask(book, id, QUERIES_MIN - 1);
  expect(book.opportunities(at(0), CHEAP)).toEqual([]);
  book.noteMissed({ id, factor: 4, voter: "4:another" }, at(0));
  expect(book.opportunities(at(0), CHEAP)).toMatchObject([{ id, factor: 4, queries: 3 }]);
});

test("nothing is fetched for one network alone, however often it asks", () => {
  const book = bookOf();
  const id = anyId();
  for (let i = 0; i < 1000; i++) book.noteMissed({ id, factor: 4, voter: "4:one" }, at(i));
  expect(book.opportunities(at(1000), CHEAP)).toEqual([]);
  expect(book.missedWorth(id)).toBeLessThanOrEqual(worthOf(MIB, 4));
  book.noteMissed({ id, factor: 4, voter: "4:two" }, at(1000));
  expect(book.opportunities(at(1000), CHEAP)).toHaveLength(1);
});

test("very many made-up ids lead to nothing and are not remembered", () => {
  const book = bookOf();
  const id = anyId();
  const view = new DataView(id.buffer);
  for (let i = 0; i < 100_000; i++) {
    view.setUint32(0, i);
    book.noteMissed({ id, factor: 0, voter: "4:one" }, at(i));
  }
  expect(book.size).toBe(0);
  expect(book.opportunities(at(100_000), CHEAP)).toEqual([]);
});

test("what was missed must exceed what it costs to get", () => {
  const book = bookOf();
  const id = anyId();
  ask(book, id, 4, 2); // the first of them is only counted
  const worth = book.missedWorth(id);
  expect(worth).toBeCloseTo(3 * worthOf(MIB, 2), 0);
  const costFactor = (worth - SEARCH_COST_CB - fetchBudgetCb(0)) / MIB;
  expect(book.opportunities(at(0), { ...CHEAP, costFactor })).toEqual([]);
  expect(book.opportunities(at(0), { ...CHEAP, costFactor: costFactor - 0.01 })).toHaveLength(1);
});

test("what was missed must exceed what would have to go for it", () => {
  const book = bookOf();
  ask(book, anyId(), 3, 2);
  const leastWorthPerByte = 2 * worthOf(1, 2);
  expect(book.opportunities(at(0), { ...CHEAP, leastWorthPerByte })).toEqual([]);
  const less = leastWorthPerByte - 0.01;
  expect(book.opportunities(at(0), { ...CHEAP, leastWorthPerByte: less })).toHaveLength(1);
});

test("a missed read is worth what it would sell at, a floor too, and lies as far as it did", () => {
  const floor = 12;
  const halfLifeMs = new KeepClock(EB, 0, at(0)).halfLifeMs(at(0));
  const book = bookOf(new KeepClock(EB, 0, at(0)), floor);
  const [far, near] = [anyId(), anyId()];
  ask(book, far, 4, 2);
  ask(book, near, 4, 14);
  expect(book.missedWorth(far)).toBeCloseTo(3 * worthOf(MIB, floor), 0);
  expect(book.missedWorth(near)).toBeCloseTo(3 * worthOf(MIB, 14), 0);
  const nearer = book.opportunities(at(0), { ...AT_ONE, factorMin: 3 });
  expect(nearer.map(({ id }) => id)).toEqual([near]);
  // by the same reads it is read no more often for being dearer
  for (const [reads, found] of [[2.5, 2], [3.5, 0]] as const) {
    const queryIntervalMsMax = halfLifeMs / Math.LN2 / reads;
    expect(book.opportunities(at(0), { ...AT_ONE, queryIntervalMsMax })).toHaveLength(found);
  }
});

test("missed reads count half when a half-life has passed", () => {
  const clock = new KeepClock(EB, 0, at(0));
  const book = bookOf(clock);
  const id = anyId();
  ask(book, id, 3, 2);
  const worth = book.missedWorth(id);
  const { time } = clock;
  while (clock.time < time + 1) clock.noteAsked(EB / 16, at(0));
  expect(book.missedWorth(id) / worth).toBeCloseTo(0.5, 1);
});

test("the most worthwhile comes first, and few are under way at once", () => {
  const book = bookOf();
  const ids = Array.from({ length: 2 * SOUGHT_MAX }, anyId);
  for (const [i, id] of ids.entries()) ask(book, id, 3, 1 + i);
  const first = book.opportunities(at(0), AT_ONE);
  expect(first.map(({ id }) => id)).toEqual(ids.slice(-SOUGHT_MAX).reverse());
  for (const { id } of first) expect(book.seek(id, 1, at(0))).toBe(true);
  expect(book.opportunities(at(0), AT_ONE)).toEqual([]);
  expect(book.seek(ids[0] as ChunkId, 1, at(0))).toBe(false);
  book.found(first[0]?.id as ChunkId, MIB);
  expect(book.opportunities(at(0), AT_ONE)).toHaveLength(1);
});

test("what is too far or too seldom asked for keeps none of the others from being fetched", () => {
  const book = bookOf();
  const near = anyId();
  ask(book, near, 3, 12);
  for (let i = 0; i < 2 * SOUGHT_MAX; i++) ask(book, anyId(), 6, 10); // worth more
  const found = book.opportunities(at(0), { ...AT_ONE, factorMin: 11 });
  expect(found.map(({ id }) => id)).toEqual([near]);

  const often = anyId();
  ask(book, often, 9, 3);
  const halfLifeMs = new KeepClock(EB, 0, at(0)).halfLifeMs(at(0));
  const meanMs = (reads: number) => halfLifeMs / Math.LN2 / reads; // the first is only counted
  const within = { ...AT_ONE, queryIntervalMsMax: meanMs(7) };
  expect(book.opportunities(at(0), within).map(({ id }) => id)).toEqual([often]);
});

test("a search that finds nothing lets the queries count from nothing again", () => {
  const book = bookOf();
  const id = anyId();
  ask(book, id, 5);
  expect(book.seek(id, 1, at(0))).toBe(true);
  book.notFound(id, 0);
  expect(book.missedWorth(id)).toBe(0);
  ask(book, id, QUERIES_MIN - 1);
  expect(book.opportunities(at(0), CHEAP)).toEqual([]);
});

test("searches for what is not there cost no more than queries have paid and the start", () => {
  const book = bookOf();
  const start = book.budgetCb;
  let spent = 0;
  let queries = 0;
  for (let i = 0; i < 2000; i++) {
    const id = anyId();
    ask(book, id, 3, 8);
    queries += 3;
    for (const { id } of book.opportunities(at(0), AT_ONE)) {
      if (!book.seek(id, 1, at(0))) continue;
      const paid = fetchBudgetCb(1); // to holders who sent what proved wrong
      book.notFound(id, paid);
      spent += SEARCH_COST_CB + paid;
    }
  }
  expect(spent).toBeGreaterThan(start / 2);
  expect(spent).toBeLessThanOrEqual(start + queries * 1024);
});

test("who has us buy what nobody then reads gets the budget and no more", () => {
  const book = bookOf();
  const start = book.budgetCb;
  let paid = 0;
  for (let i = 0; i < 1000; i++) {
    const id = anyId();
    ask(book, id, 3, 8);
    for (const { id } of book.opportunities(at(0), AT_ONE)) {
      if (!book.seek(id, 1, at(0))) continue;
      book.found(id, fetchBudgetCb(1));
      paid += SEARCH_COST_CB + fetchBudgetCb(1);
    }
  }
  expect(paid).toBeGreaterThan(start / 2);
  expect(paid).toBeLessThanOrEqual(start + 3000 * 1024);
  const left = book.budgetCb;
  book.noteSold(40 * MIB);
  expect(book.budgetCb).toBe(left + 10 * MIB);
});

test("what came in tells what it was worth, sought or not, and is not wanted any more", () => {
  const book = bookOf();
  const [sought, come] = [anyId(), anyId()];
  ask(book, sought, 3);
  ask(book, come, 3);
  const before = book.budgetCb;
  book.seek(sought, 1, at(0));
  ask(book, sought, 1); // by a network that has asked
  expect(book.found(sought, MIB / 2)).toBeCloseTo(3 * worthOf(MIB, 4), 0);
  expect(book.budgetCb).toBe(before + 1024 - SEARCH_COST_CB - MIB / 2);
  expect(book.found(come, 0)).toBeCloseTo(2 * worthOf(MIB, 4), 0);
  expect(book.size).toBe(0);
  expect(book.found(anyId(), 0)).toBe(0);
});

test("a fetch whose end nobody tells is over after ten minutes", () => {
  const book = bookOf();
  const id = anyId();
  ask(book, id, 3);
  const before = book.budgetCb;
  book.seek(id, 1, at(0));
  book.opportunities(at(600_000), CHEAP);
  expect(book.budgetCb).toBe(before - SEARCH_COST_CB - fetchBudgetCb(1)); // all it may have paid
  expect(book.missedWorth(id)).toBe(0);
});

test("many worthless ids do not drive out one that is wanted", () => {
  const book = bookOf();
  const wanted = anyId();
  ask(book, wanted, 6, 4);
  for (let i = 0; i < 20_000; i++) {
    const id = anyId();
    book.noteMissed({ id, factor: 4, voter: "4:x" }, at(0));
    book.noteMissed({ id, factor: 4, voter: "4:x" }, at(0));
  }
  expect(book.size).toBeLessThanOrEqual(4096);
  expect(book.opportunities(at(0), AT_ONE)[0]?.id).toEqual(wanted);
});

test("an id that is borrowed may be overwritten", () => {
  const book = bookOf();
  const id = anyId();
  const borrowed = id.slice() as ChunkId;
  ask(book, borrowed, 3);
  borrowed.fill(0);
  expect(book.opportunities(at(0), CHEAP)[0]?.id).toEqual(id);
});
