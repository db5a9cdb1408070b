import { dhtConfig, type FoundProvider, type LookupId } from "../../../src/dht/mod.ts";
import type { DhtContext } from "../../../src/dht/context.ts";
import { Lookup } from "../../../src/dht/lookup.ts";
import { ProviderSearch, type ProviderSearchOptions } from "../../../src/dht/provider_search.ts";
import type { SearchRun } from "../../../src/dht/search.ts";
import { toHex } from "../../../src/lib/mod.ts";
import type { Message } from "../../../src/wire/mod.ts";
import { at, contactFrom, contextFor, idFrom, peerFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const KEY = idFrom("01");

function fresh(options: Partial<ProviderSearchOptions> = {}) {
  const context = contextFor();
  const found: FoundProvider[] = [];
  const search = new ProviderSearch(context, {
    listing: undefined,
    wanted: 2,
    onFound: (providers) => found.push(...providers),
    ...options,
  });
  const run = { id: 1 as LookupId, lookup: new Lookup(KEY, dhtConfig(false).lookup) };
  return { context, search, run, found };
}

/** Nodes whose ids begin so. */
function addTellers(run: SearchRun, idHex: string, numbers: readonly number[]): void {
  for (const number of numbers) {
    const { key, publicKey, address, idNonce, nodeId } = contactFrom(idHex, { number });
    run.lookup.add({ key, publicKey, address, idNonce, idPrefix: undefined, nodeId });
  }
}

/** As many nodes as make a region share seven bits and more: 64 neighbours of ours. */
function growNetwork(context: DhtContext): void {
  for (let i = 0; i < 64; i++) {
    context.table.offer(contactFrom(`0000${i.toString(16).padStart(2, "0")}`));
  }
}

const providers = (numbers: readonly number[], ttl = 0): Message => ({
  type: "PROVIDERS",
  requestId: 1,
  providers: numbers.map((number) => ({
    publicKey: peerFrom(number).publicKey,
    address: peerFrom(number).address,
    flags: 0,
    factor: 0,
    expiresAt: 1,
  })),
  estimate: numbers.length,
  contacts: [],
  page: 0,
  ttl,
});

test("it has enough once as many with an address are found as wanted, each counted once", () => {
  const { search, run, found } = fresh();
  addTellers(run, "01", [1, 2, 3]);
  search.handleAnswer(run, peerFrom(1), providers([7]));
  search.handleAnswer(run, peerFrom(2), providers([7]));
  expect(search.isEnough).toBe(false);
  search.handleAnswer(run, peerFrom(3), providers([8]));
  expect(search.isEnough).toBe(true);
  expect(found.map(({ publicKey }) => toHex(publicKey)))
    .toEqual([7, 8].map((number) => toHex(peerFrom(number).publicKey)));
});

test("whoever names 24 providers ends no lookup alone, nor do many before the key's region", () => {
  const { search, run, context, found } = fresh({ wanted: 24 });
  growNetwork(context);
  const named = (from: number) => Array.from({ length: 24 }, (_, i) => from + i);
  addTellers(run, "80", [1, 2, 3, 4]); // far away
  for (const teller of [1, 2, 3, 4]) {
    search.handleAnswer(run, peerFrom(teller), providers(named(100 * teller)));
  }
  expect([search.isEnough, found.length]).toEqual([false, 96]); // told all the same
  addTellers(run, "01", [5, 6, 7]);
  const ends = [5, 6, 7].map((teller) => {
    search.handleAnswer(run, peerFrom(teller), providers(named(100 * teller)));
    return search.isEnough;
  });
  expect(ends).toEqual([false, false, true]);
});

test("a copy is for the nearest before the region that knew of nobody, once some are found", () => {
  const { search, run, context } = fresh({ wanted: 24 });
  growNetwork(context);
  for (const [hex, teller] of [["80", 1], ["03", 2], ["40", 3], ["01", 4], ["02", 5]] as const) {
    addTellers(run, hex, [teller]);
  }
  for (const teller of [1, 2, 3, 4]) search.handleAnswer(run, peerFrom(teller), providers([]));
  expect(search.ignorant).toBeUndefined();
  search.handleAnswer(run, peerFrom(5), providers([7])); // nearer than 2, and knows
  expect(search.ignorant?.publicKey).toEqual(peerFrom(2).publicKey);
});

test("it has enough once three storing nodes in a row tell of nobody new", () => {
  const { search, run } = fresh({ wanted: 24 });
  const tell = (teller: number, told: readonly number[]): boolean => {
    const { key, publicKey, address, idNonce, nodeId } = contactFrom("01", { number: teller });
    run.lookup.add({ key, publicKey, address, idNonce, idPrefix: 0x01000000, nodeId });
    search.handleAnswer(run, peerFrom(teller), providers(told));
    return search.isEnough;
  };
  expect([tell(1, [7]), tell(2, [7]), tell(3, [7])]).toEqual([false, false, false]);
  expect([tell(4, [8]), tell(5, [7]), tell(6, []), tell(9, [8])]).toEqual(Array(4).fill(false));
  expect(tell(10, [7, 8])).toBe(true);
});

test("once somebody is found, no more answers are wanted than would agree on it", () => {
  const { search, run } = fresh({ wanted: 24 });
  const tell = (teller: number, told: readonly number[]): number => {
    const { key, publicKey, address, idNonce, nodeId } = contactFrom("01", { number: teller });
    run.lookup.add({ key, publicKey, address, idNonce, idPrefix: 0x01000000, nodeId });
    search.handleAnswer(run, peerFrom(teller), providers(told));
    return search.answersWanted;
  };
  expect(search.answersWanted).toBe(Infinity);
  expect(tell(1, [])).toBe(Infinity);
  expect([tell(2, [7]), tell(3, [7]), tell(4, [7])]).toEqual([3, 2, 1]);
  expect(tell(5, [8])).toBe(3); // news: it may not be the last
  expect(fresh({ wanted: undefined }).search.answersWanted).toBe(Infinity);
});

test("a storing node that knows of nobody hastens a lookup; a teller of somebody does not", () => {
  const { search, run } = fresh({ wanted: 24 });
  for (let i = 0; i < 16; i++) {
    const { key, publicKey, address, idNonce, nodeId } = contactFrom("01", { number: 20 + i });
    run.lookup.add({ key, publicKey, address, idNonce, idPrefix: 0x01000000, nodeId });
  }
  const asked = (): number => {
    let count = 0;
    while (run.lookup.next(at(0)) !== undefined) count++;
    return count;
  };
  expect(asked()).toBe(4);
  search.handleAnswer(run, peerFrom(20), providers([7]));
  expect(asked()).toBe(0);
  const other = fresh({ wanted: 24 });
  other.search.handleAnswer(run, peerFrom(21), providers([]));
  expect(asked()).toBe(4);
});

test("what we store ourselves is found before anybody is asked", () => {
  for (const isNear of [true, false]) {
    const { context, search, run, found } = fresh({ wanted: 1 });
    if (!isNear) growNetwork(context);
    const { publicKey, address: sessionAddress } = peerFrom(7);
    const announcer = { publicKey, sessionAddress, isListedByAddress: true, rank: 0 };
    context.records.store(KEY, announcer, { ttl: 600, flags: 0, factor: 0 }, at(0));
    search.begin(run, at(1));
    expect(found).toMatchObject([{ publicKey, address: sessionAddress }]);
    expect(search.isEnough).toBe(isNear); // a copy that passed by is not the region's word
  }
});

test("that we have it ourselves, or nobody that can be dialled, is no agreement", () => {
  for (const hasAddress of [true, false]) {
    const { context, search, run } = fresh({ wanted: 24 });
    const record = { address: undefined, flags: 0, factor: 0, expiresAt: 1 };
    const own = { ...record, publicKey: context.self.publicKey };
    const other = { ...record, publicKey: peerFrom(7).publicKey };
    const tell = (teller: number, told: Message): void => {
      const { key, publicKey, address, idNonce, nodeId } = contactFrom("01", { number: teller });
      run.lookup.add({ key, publicKey, address, idNonce, idPrefix: 0x01000000, nodeId });
      search.handleAnswer(run, peerFrom(teller), told);
    };
    const telling = providers([]);
    if (telling.type !== "PROVIDERS") throw new Error("no answer");
    if (hasAddress) tell(1, providers([8]));
    for (let teller = 2; teller < 9; teller++) {
      tell(teller, { ...telling, providers: [hasAddress ? own : other] });
    }
    expect(search.isEnough).toBe(false);
  }
});

test("we are listed only at nodes that are near enough to keep the record", () => {
  const listing = { ttl: 600, as: "address" as const, flags: 0 };
  const { context, search, run } = fresh({ listing });
  // 64 neighbours of ours, all near 00…: there are many nodes.
  for (let i = 0; i < 64; i++) {
    context.table.offer(contactFrom(`0000${i.toString(16).padStart(2, "0")}`));
  }
  const candidate = (hex: string) => {
    const { key, publicKey, address, idNonce, nodeId } = contactFrom(hex);
    run.lookup.add({ key, publicKey, address, idNonce, idPrefix: 0, nodeId });
    const added = run.lookup.get(key);
    if (added === undefined) throw new Error("not added");
    return added;
  };
  expect(search.question(run, candidate("0100"))).toMatchObject({ flags: 3, ttl: 600 });
  expect(search.question(run, candidate("f000"))).toMatchObject({ flags: 2, ttl: 0 });
});

test("who confirmed the listing is remembered", () => {
  const { search, run } = fresh({ wanted: undefined });
  search.handleAnswer(run, peerFrom(1), providers([], 600));
  search.handleAnswer(run, peerFrom(2), providers([], 0));
  expect([...search.listedAt]).toEqual([toHex(peerFrom(1).publicKey)]);
  expect(search.isEnough).toBe(false);
});
